"""``lint``: what a finding looks like, what excuses it, the rules for tenants' tables, and squawk's part."""

import json
import re

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tenantstore.migrate.errors import Misconfigured, StatementFailed
from tenantstore.migrate.lint import Report, lint, squawk
from tenantstore.testing import Server
from tests.migrate.conftest import MakeFolder, Start

_TABLES = (
    "CREATE TABLE t (id integer PRIMARY KEY, a integer);\nCREATE TABLE u (id integer PRIMARY KEY, name text UNIQUE);\n"
)
_FORCED = "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
_MISPLACED = "Take it out, or put it before the statement it is about."
_SPLIT = f"-- no-transaction\n{_FORCED};\n"
_UNIQUE = f"{_SPLIT}CREATE UNIQUE INDEX CONCURRENTLY ON t"


def codes(report: Report) -> list[tuple[str, int | None, str]]:
    return [(each.problem.path.name, each.problem.line, each.code) for each in report.findings]


@pytest.mark.parametrize(
    ("statement", "text", "advice"),
    [
        (
            "ALTER TABLE t ALTER a TYPE bigint;",
            "table-rewrite: public.t is written anew while nobody can read or write it",
            "Add a column of the new type beside the old one, let a trigger keep it, fill it in steps "
            "(`-- no-transaction`), then change over.",
        ),
        (
            "ALTER TABLE t ADD x uuid DEFAULT gen_random_uuid();",
            "table-rewrite: public.t is written anew while nobody can read or write it",
            "Add the column without a default, SET DEFAULT after it, and fill it in steps (`-- no-transaction`); a "
            "constant is free.",
        ),
        (
            "ALTER TABLE t ALTER a SET NOT NULL;",
            "table-scan: public.t is read from end to end while nobody can read or write it",
            "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID; VALIDATE CONSTRAINT in the next migration; "
            "after that\nSET NOT NULL finds it proved.",
        ),
        (
            "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u;",
            "table-scan: public.t is read from end to end while nobody can write to it",
            "Add it NOT VALID, and VALIDATE CONSTRAINT in the next migration: that keeps nobody waiting.",
        ),
        (
            "LOCK TABLE t IN SHARE MODE; SELECT count(*) FROM t;",
            "table-scan: public.t is read from end to end while nobody can write to it",
            "Read the table in a migration of its own, without the lock.",
        ),
        (
            "CREATE INDEX k ON t (a);",
            "index-build: an index of public.t is built while nobody can write to it",
            "CREATE INDEX CONCURRENTLY, in a file that begins with `-- no-transaction`.",
        ),
        (
            "ALTER TABLE t ADD UNIQUE (a);",
            "index-build: an index of public.t is built while nobody can read or write it",
            "CREATE UNIQUE INDEX CONCURRENTLY in a file that begins with `-- no-transaction`; "
            "then ADD CONSTRAINT … USING\nINDEX in the next.",
        ),
        (
            'ALTER TABLE u ALTER name TYPE text COLLATE "C";',
            "index-build: an index of public.u is built while nobody can read or write it",
            "Add a column of the new type beside the old one, let a trigger keep it, fill it in steps "
            "(`-- no-transaction`), then change over.",
        ),
        (
            "ALTER TABLE t ADD x integer; ALTER TABLE u ADD x integer;",
            "several-tables: waits for public.u while nobody can read or write public.t (locked since line 2)",
            "A migration for each table: each is then locked for a moment, and nobody waits for one because of "
            "another.",
        ),
    ],
)
def test_a_finding_says_where_what_and_what_to_do_instead(
    server: Server, folder: MakeFolder, statement: str, text: str, advice: str
) -> None:
    where = folder({"001_tables": _TABLES, "002_change": f"-- Why.\n{statement}\n"})

    (found,) = lint(where, server.dsn()).findings

    column = statement.rindex(";", 0, -1) + 3 if ";" in statement[:-1] else 1
    assert str(found) == (
        f"{where / '002_change.up.sql'}:2:{column}: {text}\n  2 | {statement}\n    | {' ' * (column - 1)}^\n{advice}"
    )


def test_a_column_that_no_row_can_have_is_advised_to_begin_otherwise(server: Server, folder: MakeFolder) -> None:
    where = folder({"001_tables": _TABLES, "002_change": "ALTER TABLE t ADD x integer NOT NULL;"})

    found = lint(where, server.dsn()).findings

    assert [(each.code, each.problem.advice.partition("\n")[0]) for each in found] == [
        (
            "table-scan",
            "Where the table has rows it fails. Give it a DEFAULT, a constant one is free; or add it without NOT NULL,",
        ),
        ("adding-required-field", "Make the field nullable or add a non-VOLATILE DEFAULT"),
    ]


def test_an_excuse_covers_its_own_statement_and_code_only(server: Server, folder: MakeFolder) -> None:
    change = (
        "-- lint: table-scan it is small\n"
        "ALTER TABLE t ALTER a SET NOT NULL;\n"
        "ALTER TABLE t ADD CHECK (a > 0);\n"
        "-- lint: table-scam it is small\n"
        "ALTER TABLE t ADD CHECK (a > 1);\n"
        "-- lint: table-rewrite it is small\n"
        "SELECT 1;\n"
        "-- lint: table-scan it is small\n"
    )
    where = folder({"001_tables": _TABLES, "002_change": change})

    found = lint(where, server.dsn()).findings

    assert [(each.problem.line, each.code, each.problem.text, each.problem.advice) for each in found[1:]] == [
        (4, "unused-excuse", "`table-scam` is not found in this statement", "Did you mean `table-scan`?"),
        (5, "table-scan", found[0].problem.text, found[0].problem.advice),
        (6, "unused-excuse", "`table-rewrite` is not found in this statement", _MISPLACED),
        (8, "unused-excuse", "`table-scan` is not found in this statement", _MISPLACED),
    ]


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ("SELECT 1", [("001_t.up.sql", 1, "row-security")]),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", [("001_t.up.sql", 1, "row-security")]),
        (_FORCED, []),
        (f"{_FORCED}; CREATE POLICY p ON t USING (true)", [("002_more.up.sql", 1, "policy-check")]),
        (f"{_FORCED}; CREATE POLICY p ON t FOR UPDATE USING (true)", [("002_more.up.sql", 1, "policy-check")]),
        (f"{_FORCED}; CREATE POLICY p ON t FOR INSERT", [("002_more.up.sql", 1, "policy-check")]),
        (f"{_FORCED}; CREATE POLICY p ON t FOR SELECT USING (true)", []),
        (f"{_FORCED}; CREATE POLICY p ON t FOR DELETE USING (true)", []),
        (f"{_FORCED}; CREATE POLICY p ON t USING (true) WITH CHECK (true)", []),
        (f"{_UNIQUE} (email)", [("002_more.up.sql", 3, "unique-customer")]),
        (f"{_UNIQUE} (email, customer_id)", []),
        (f"{_UNIQUE} (email, made_by)", []),
        (f"{_UNIQUE} (lower(email))", [("002_more.up.sql", 3, "unique-customer")]),
        (f"{_SPLIT}CREATE INDEX CONCURRENTLY ON t (email)", []),
    ],
)  # fmt: skip
def test_a_tenant_s_table_is_held_to_its_customer(
    any_server: Server, folder: MakeFolder, statements: str, found: list[tuple[str, int, str]]
) -> None:
    columns = "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id uuid, email text, made_by uuid"
    table = f"CREATE TABLE t ({columns});"

    report = lint(folder({"001_t": table, "002_more": f"{statements};"}), any_server.dsn())

    assert codes(report) == found


def test_a_partition_has_a_barrier_of_its_own_and_its_table_s_indexes(server: Server, folder: MakeFolder) -> None:
    text = (
        "CREATE TABLE t (customer_id uuid, at date, email text) PARTITION BY RANGE (at);\n"
        "CREATE TABLE t_2020 PARTITION OF t FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');\n"
        "CREATE UNIQUE INDEX t_key ON t (email, at);\n"
        f"{_FORCED};\n"
    )

    report = lint(folder({"001_t": text}), server.dsn())

    assert codes(report) == [("001_t.up.sql", 2, "row-security"), ("001_t.up.sql", 3, "unique-customer")]


def test_squawk_s_findings_have_their_place_in_characters(server: Server, folder: MakeFolder) -> None:
    where = folder(
        {"001_tables": _TABLES, "002_drop": 'SELECT 1 AS "ü€";\nALTER TABLE t ADD "ü€" text; ALTER TABLE t DROP a;\n'}
    )

    (found,) = lint(where, server.dsn()).findings

    assert str(found).splitlines() == [
        f"{where / '002_drop.up.sql'}:2:44: ban-drop-column: Dropping a column may break existing clients",
        '  2 | ALTER TABLE t ADD "ü€" text; ALTER TABLE t DROP a;',
        "    | " + " " * 43 + "^",
        "When no release that still runs minds: `-- lint: ban-drop-column reason` before the statement.",
    ]


def test_without_squawk_the_result_says_so_and_its_excuses_stand(
    server: Server, folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop = "-- lint: ban-drop-column nobody reads it any more\nALTER TABLE t DROP a;\n"
    where = folder({"001_tables": _TABLES, "002_drop": drop})
    monkeypatch.setattr(squawk, "program", lambda: None)

    report = lint(where, server.dsn())

    assert (report.findings, report.notes) == (
        (),
        ("squawk is not installed, and its rules were left out: python -m pip install squawk-cli",),
    )


def test_a_squawk_that_fails_is_told_of(server: Server, folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(squawk, "program", lambda: "false")

    assert lint(folder({"001_tables": _TABLES}), server.dsn()).notes == (
        "squawk failed, and its rules were left out: ",
    )


def test_a_refused_statement_is_named_and_the_scratch_database_goes(server: Server, folder: MakeFolder) -> None:
    where = folder({"001_tables": f"{_TABLES}ALTER TABLE t ADD CHECK (b > 0);"})

    with pytest.raises(StatementFailed, match=re.escape('001_tables.up.sql:3:1: column "b" does not exist')):
        lint(where, server.dsn())
    with psycopg.connect(server.dsn()) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'tenantstore_scratch%'"
        ).fetchall()
    assert left == []


def test_a_server_that_does_not_count_scans_is_refused(server: Server, folder: MakeFolder) -> None:
    dsn = make_conninfo(server.dsn(), options="-c track_counts=off")

    with pytest.raises(Misconfigured, match="track_counts is off on the scratch server"):
        lint(folder({"001_tables": _TABLES}), dsn)


def test_the_command_exits_4_on_findings_and_tells_the_rest_as_json(
    server: Server, folder: MakeFolder, start: Start
) -> None:
    where = folder({"001_tables": _TABLES, "002_scan": "ALTER TABLE t ALTER a SET NOT NULL;"})
    process = start("lint", "--dir", where, "--json", "--scratch-dsn", server.dsn())

    output, log = process.communicate(timeout=60)

    result = json.loads(output)
    assert (
        process.returncode,
        log,
        [each["code"] for each in result["findings"]],
        result["observed"],
        result["notes"],
    ) == (
        4,
        "",
        ["table-scan"],
        [
            {
                "file": str(where / "002_scan.up.sql"),
                "line": 1,
                "locks": {"public.t": "AccessExclusiveLock"},
                "rewritten": [],
                "scanned": ["public.t"],
                "emptied": [],
                "built": [],
            }
        ],
        [],
    )


def test_our_own_migrations_are_clean(any_server: Server) -> None:
    report = lint(None, any_server.dsn())

    assert (report.findings, report.notes) == ((), ())
