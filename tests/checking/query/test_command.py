"""The checker's command line: what it prints, where, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tenantstore.cli import main
from tenantstore.queries import CATALOG
from tenantstore.testing import Server

# The fixtures of the service that is not ours.
from tests.checking.service.conftest import copy as copy
from tests.checking.service.conftest import forget, replace
from tests.checking.service.conftest import library as library

Run = Callable[..., tuple[int, str, str]]

NULLABLE = (
    "library/sql/books/get.sql:7:5: nullable: subtitle may be null, and str is never None: books.subtitle may be null\n"
    "  7 |     b.subtitle,\n"
    "    |     ^\n"
    "library/books.py:22:\n"
    "  22 |     subtitle: str\n"
    "Annotate `str | None`, or say why it never is: `-- not-null: subtitle: reason`.\n"
)


UNDECLARED = (
    "library/loans.py:41:54: declaration: "
    "loans/finish needs :laon_id, and has no parameter :loan_id; did you mean laon_id?\n"
    "  41 |         return _FINISH(customer_id=self.customer_id, loan_id=loan_id, returned_at=returned_at)\n"
    "     |                                                      ^\n"
    "Its module did not load: other queries there, and in modules that import it, were not looked at.\n"
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return lambda *arguments: (main(["check", *map(str, arguments)]), *capsys.readouterr())


@pytest.fixture
def nullable(copy: Path) -> Path:
    """The service with one fault."""
    replace(copy / "library/books.py", "subtitle: str | None", "subtitle: str")
    replace(copy / "library/sql/books/list_by_keywords.sql", "b.subtitle", "coalesce(b.subtitle, '') AS subtitle")
    return copy


def test_without_a_project_it_is_our_own_queries(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert run() == (0, f"no findings in {len(list(CATALOG))} queries\n", "")


def test_findings_are_4(run: Run, nullable: Path, library: str) -> None:
    assert run("--dsn", library) == (4, NULLABLE, "")


def test_a_scratch_database_is_made_of_the_projects_migrations(run: Run, nullable: Path, server: Server) -> None:
    code, out, err = run("--scratch-dsn", server.dsn())
    with psycopg.connect(server.dsn()) as admin:
        left = admin.execute("SELECT FROM pg_database WHERE datname ~ 'scratch'").fetchall()

    assert (code, out, err, left) == (4, NULLABLE, "", [])


def test_a_project_may_be_named_without_a_file(run: Run, nullable: Path, library: str) -> None:
    (nullable / "pyproject.toml").unlink()

    assert run("library", "--model", "library.tenancy:MODEL", "--dsn", library) == (4, NULLABLE, "")


def test_folders_of_migrations_are_applied_in_their_order(run: Run, copy: Path, server: Server) -> None:
    more = copy / "more"
    more.mkdir()
    (more / "1_subtitle.up.sql").write_text("ALTER TABLE books ALTER subtitle SET NOT NULL;")
    (more / "1_subtitle.down.sql").write_text("ALTER TABLE books ALTER subtitle DROP NOT NULL;")
    replace(copy / "library/books.py", "subtitle: str | None", "subtitle: str")

    assert run("--migrations", "migrations", "--migrations", "more", "--scratch-dsn", server.dsn())[0] == 0


def test_json_has_every_part_of_a_finding(run: Run, nullable: Path, library: str) -> None:
    code, out, _ = run("--json", "--dsn", library)

    assert (code, json.loads(out)) == (
        4,
        {
            "findings": [
                {
                    "code": "nullable",
                    "query": "books/get",
                    "file": "library/sql/books/get.sql",
                    "line": 7,
                    "column": 5,
                    "source": "    b.subtitle,",
                    "problem": "subtitle may be null, and str is never None: books.subtitle may be null",
                    "detail": "",
                    "advice": "Annotate `str | None`, or say why it never is: `-- not-null: subtitle: reason`.",
                    "sqlstate": None,
                    "python": {"file": "library/books.py", "line": 22, "source": "    subtitle: str"},
                }
            ]
        },
    )


def test_sarif_is_written_beside_what_is_shown(run: Run, nullable: Path, library: str) -> None:
    code, out, _ = run("--sarif", "check.sarif", "--dsn", library)
    log = json.loads((nullable / "check.sarif").read_text())
    (found,) = log["runs"][0].pop("results")
    rules = [each["id"] for each in log["runs"][0]["tool"]["driver"].pop("rules")]

    assert (code, out, rules[found["ruleIndex"]], found["ruleId"], found["level"]) == (
        4,
        NULLABLE,
        "nullable",
        "nullable",
        "error",
    )
    assert [found["locations"][0], found["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"]] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "library/sql/books/get.sql", "uriBaseId": "ROOT"},
                "region": {"startLine": 7, "startColumn": 5, "snippet": {"text": "    b.subtitle,"}},
            }
        },
        "library/books.py",
    ]
    assert (log["version"], log["runs"][0]["originalUriBaseIds"]) == ("2.1.0", {"ROOT": {"uri": f"file://{nullable}/"}})


def test_a_snapshot_is_written_and_then_asked(run: Run, nullable: Path, library: str) -> None:
    updated = run("--update", "--dsn", library)
    offline = run("--offline")
    replace(nullable / "library/sql/books/get.sql", "b.number = :number", "b.number <> :number")
    code, out, _ = run("--offline")

    assert (updated, offline) == ((4, NULLABLE, ""), (4, NULLABLE, ""))
    assert (code, out.splitlines()[0]) == (
        4,
        "library/sql/books/get.sql:3:1: stale-snapshot: is not the statement that the snapshot is about",
    )


def test_while_a_module_does_not_load_nothing_is_gone_and_nothing_is_written(
    run: Run, copy: Path, library: str
) -> None:
    run("--update", "--dsn", library)
    kept = (copy / "check.snapshot.json").read_text()
    forget()
    replace(copy / "library/sql/loans/finish.sql", ":loan_id", ":laon_id")
    found, offline, updated = run("--dsn", library), run("--offline"), run("--update", "--dsn", library)

    assert (found, offline) == ((4, UNDECLARED, ""), (4, UNDECLARED, ""))
    assert updated == (
        2,
        "",
        "error: nothing is written while a module does not load: the queries that it declares would be left out\n"
        + UNDECLARED,
    )
    assert (copy / "check.snapshot.json").read_text() == kept


def test_of_a_query_with_a_fault_the_snapshot_is_not_told(run: Run, copy: Path, library: str) -> None:
    run("--update", "--dsn", library)
    replace(copy / "library/sql/books/get.sql", "b.subtitle", "b.subtitel")
    # A change that is no fault, in a file that comes before.
    replace(copy / "library/sql/books/count.sql", "count(*)", "count(*) + 1")
    code, out, _ = run("--dsn", library)
    heads = [line.split(": ")[:2] for line in out.splitlines() if line.startswith("library/sql")]

    assert (code, heads) == (
        4,
        [["library/sql/books/get.sql:7:5", "refused"], ["library/sql/books/count.sql:3:1", "stale-snapshot"]],
    )


def test_uses_are_listed_and_no_failure(run: Run, nullable: Path, library: str) -> None:
    assert run("--uses", "books.subtitle", "--dsn", library) == (
        0,
        "library/sql/books/get.sql:7:7: reads (tenant)\nlibrary/sql/books/list_by_keywords.sql:7:16: reads (tenant)\n",
        "",
    )


def test_the_audit_follows_the_findings(run: Run, copy: Path, library: str) -> None:
    assert run("--audit", "--dsn", library) == (
        0,
        "no findings in 7 queries\n\n"
        "Queries of the operator, which may cross customers: 2\n"
        "library/sql/books/count.sql:3: books/count: reads books\n"
        "    How many books there are, in all branches: the licence is paid by that.\n"
        "library/sql/books/oldest_title.sql:3: books/oldest_title: reads books\n"
        "    A title that comes first, of one branch or of all: for the front page.\n\n"
        "Claimed in a header, and not proven: 0\n\n"
        "Never null in any query, and annotated as if it might be: 0\n",
        "",
    )


def test_plans_are_held_against_those_that_are_committed(run: Run, copy: Path, server: Server) -> None:
    healthy = run("--plans", "--scratch-dsn", server.dsn())
    replace(copy / "migrations/1_tables.up.sql", "CREATE INDEX loans_book_id_idx ON loans (book_id);\n", "")
    code, out, _ = run("--plans", "--scratch-dsn", server.dsn())
    updated = run("--plans", "--update", "--scratch-dsn", server.dsn())
    rewritten = (copy / "plans/loans/list_due.plan").read_text()

    assert (healthy, code) == ((0, "no findings in 7 queries\n", ""), 4)
    assert [line.split(": ")[:2] for line in out.splitlines() if ".sql:" in line] == [
        ["library/sql/loans/list_due.sql:3:1", "plan-changed"],
        ["library/sql/loans/list_due.sql:10:6", "plan-scan"],
    ]
    assert "\n-    Index Scan using loans_book_id_idx on loans l\n" in out
    assert (updated[0], "plan-changed" in updated[1], "Seq Scan on loans" in rewritten) == (4, False, True)


def test_plans_need_a_workload(run: Run, copy: Path, server: Server) -> None:
    replace(copy / "pyproject.toml", 'workload = "library.workload:WORKLOAD"\n', "")

    assert run("--plans", "--scratch-dsn", server.dsn()) == (
        2,
        "",
        "error: there is no workload to make plans for\n--workload names one, or pyproject.toml does.\n",
    )


def test_a_database_without_the_tables_is_one_error(run: Run, copy: Path, database: str) -> None:
    assert run("--dsn", database) == (
        2,
        "",
        'error: the database has none of the tables of these queries: relation "books" does not exist\n'
        "Is it migrated? `tenantstore migrate status` tells.\n",
    )


def test_no_server_is_5_and_the_password_stays_unsaid(run: Run, copy: Path) -> None:
    code, out, err = run("--json", "--dsn", "host=127.0.0.1 port=1 password=hidden dbname=x")

    assert (code, json.loads(out)["error"]["kind"], "hidden" in out + err) == (5, "Unreachable", False)


MISTAKES: dict[str, tuple[str, str]] = {
    "nowhere": (
        "",
        "nowhere cannot be imported\nModuleNotFoundError: No module named 'nowhere'\n"
        "It is neither in {here} nor installed in this environment: mend the name, or install it.",
    ),
    "needing": (
        "import nowhere\n",
        "needing cannot be imported\n  {here}/needing.py:1: import nowhere\n"
        "ModuleNotFoundError: No module named 'nowhere'\nIs it installed in this environment?",
    ),
    "--model nowhere.tenancy:MODEL": (
        "",
        "nowhere.tenancy cannot be imported\nModuleNotFoundError: No module named 'nowhere'\n"
        "It is neither in {here} nor installed in this environment: mend the name, or install it.",
    ),
    "broken": (
        "1 / 0\n",
        "broken cannot be imported\n  {here}/broken.py:1: 1 / 0\nZeroDivisionError: division by zero",
    ),
    "empty": ("x = 1\n", "no query is declared in empty\nA query is declared with a Catalog."),
    "--model library.books:get": (
        "",
        "library.books:get is no TenantModel\nIt is named as `package.module:NAME`.",
    ),
    "--migrations nowhere": (
        "",
        "{here}/nowhere: no such folder of migrations\n`tenantstore` names those of the library.",
    ),
    "--offline": ("", "{here}/check.snapshot.json: there is no snapshot\n`tenantstore check --update` makes one."),
    "--dsn nonsense": (
        "",
        "the DSN is not one that libpq can read\n"
        'Write "postgresql://user@host:5432/database", with a password percent-encoded, or "host=… dbname=… user=…".',
    ),
}


@pytest.mark.parametrize("arguments", MISTAKES)
def test_a_mistake_is_2_and_told(run: Run, copy: Path, arguments: str) -> None:
    text, told = MISTAKES[arguments]
    if text:
        (copy / f"{arguments}.py").write_text(text)

    assert run(*arguments.split()) == (2, "", f"error: {told.format(here=copy)}\n")


def test_a_snapshot_that_cannot_be_written_is_2(run: Run, copy: Path, library: str) -> None:
    assert run("--update", "--snapshot", "nowhere/s.json", "--dsn", library) == (
        2,
        "",
        f"error: {copy}/nowhere/s.json: the snapshot cannot be written: No such file or directory\n",
    )


PROJECTS = {
    "[tool.tenantstore.check]\nmodule = 1": "[tool.tenantstore.check] has no key 'module'; did you mean modules?",
    "[tool.tenantstore.check]\nmodules = 'a'": "[tool.tenantstore.check] modules is a list of texts",
    "[tool.tenantstore.check]\nmodel = []": "[tool.tenantstore.check] model is a text",
    "[tool.tenantstore]\ncheck = 3": "[tool.tenantstore.check] is no table",
    "[tool]\ntenantstore = 3": "[tool.tenantstore.check] is no table",
    "tool = 3": "[tool.tenantstore.check] is no table",
    "[tool.tenantstore.check]\nmigrations = []": "[tool.tenantstore.check] names no modules\n"
    'modules = ["shop"], or whatever yours is.',
    "[tool": "Expected ']' at the end of a table declaration (at end of document)",
}


@pytest.mark.parametrize("text", PROJECTS)
def test_a_table_that_is_none_is_told(run: Run, copy: Path, text: str) -> None:
    (copy / "pyproject.toml").write_text(text)

    assert run() == (2, "", f"error: {copy}/pyproject.toml: {PROJECTS[text]}\n")


@pytest.mark.parametrize(
    "arguments",
    ["--offline --update", "--offline --plans", "--offline --base x", "--dsn x --plans", "--offline --dsn x"],
)
def test_what_excludes_each_other_is_2(run: Run, arguments: str) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        run(*arguments.split())


def test_ctrl_c_is_130_and_no_traceback(run: Run, copy: Path, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_query: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenantstore.checking.query.check.Asked", interrupt)

    assert run("--dsn", library) == (130, "", "interrupted\n")
