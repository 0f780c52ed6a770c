"""What a migration does to the queries of the release before it, and when those of today begin to hold."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tenantstore.checking import history
from tenantstore.checking.history import Early, Survival
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.migrate.errors import Drift
from tenantstore.queries import CATALOG
from tenantstore.resources import folder
from tests.checking.history.conftest import MODEL, QUERIES, WRITE, NewFolder, queries_of

SHOWN = Path(__file__).parents[1] / "shown"
NULLABLE = "from here on: notes.title may be null"

# The migration, and each finding: its code, what is said of the old query, and where in its file.
BREAKS: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "a column dropped": (
        "ALTER TABLE notes DROP COLUMN state;",
        [
            ("release-refused", "get of then is refused from here on: column n.state does not exist", "get.sql:5:5"),
            (
                "release-columns",
                "list_all of then gives id, tenant_id, title, mood, code from here on,"
                " and gave id, tenant_id, title, state, mood, code",
                "list_all.sql:2:1",
            ),
            (
                "release-refused",
                'write of then is refused from here on: column "state" of relation "notes" does not exist',
                "write.sql:3:5",
            ),
        ],
    ),
    "a column renamed": (
        "ALTER TABLE notes RENAME COLUMN code TO number;",
        [
            (
                "release-refused",
                "by_code of then is refused from here on: column n.code does not exist",
                "by_code.sql:6:7",
            ),
            (
                "release-columns",
                "list_all of then gives id, tenant_id, title, state, mood, number from here on,"
                " and gave id, tenant_id, title, state, mood, code",
                "list_all.sql:2:1",
            ),
            (
                "release-refused",
                'write of then is refused from here on: column "code" of relation "notes" does not exist',
                "write.sql:3:21",
            ),
        ],
    ),
    "a column that is given and taken, of another type": (
        "ALTER TABLE notes ALTER COLUMN code TYPE text;",
        [
            ("release-type", "list_all of then gives code as text from here on, and gave integer", "list_all.sql:2:8"),
        ],
    ),
    "a key that is asked for, of a narrower type": (
        "ALTER TABLE notes ALTER COLUMN code TYPE smallint;",
        [
            (
                "release-parameter",
                "by_code of then takes smallint for :code from here on, and is given integer",
                "by_code.sql:6:16",
            ),
        ],
    ),
    "a text become an enum": (
        "ALTER TABLE notes ALTER COLUMN state TYPE mood USING 'good';",
        [
            ("release-type", "get of then gives state as mood from here on, and gave text", "get.sql:5:5"),
            ("release-type", "list_all of then gives state as mood from here on, and gave text", "list_all.sql:2:8"),
            (
                "release-parameter",
                "write of then takes mood for :state from here on, and is given text",
                "write.sql:3:13",
            ),
        ],
    ),
    "an enum become another": (
        "CREATE TYPE tone AS ENUM ('good'); ALTER TABLE notes ALTER COLUMN mood TYPE tone USING 'good';",
        [
            ("release-type", "get of then gives mood as tone from here on, and gave mood", "get.sql:6:5"),
            ("release-type", "list_all of then gives mood as tone from here on, and gave mood", "list_all.sql:2:8"),
        ],
    ),
    "a text become many": (
        "ALTER TABLE notes ALTER COLUMN state TYPE text[] USING ARRAY[state];",
        [
            ("release-type", "get of then gives state as text[] from here on, and gave text", "get.sql:5:5"),
            ("release-type", "list_all of then gives state as text[] from here on, and gave text", "list_all.sql:2:8"),
            (
                "release-parameter",
                "write of then takes text[] for :state from here on, and is given text",
                "write.sql:3:13",
            ),
        ],
    ),
    "a column that may be null": (
        "ALTER TABLE notes ALTER COLUMN title DROP NOT NULL;",
        [
            ("release-nullable", f"get of then may give a null for title {NULLABLE}", "get.sql:4:5"),
            ("release-nullable", f"list_all of then may give a null for title {NULLABLE}", "list_all.sql:2:8"),
        ],
    ),
    "a function dropped": (
        "DROP FUNCTION length_of;",
        [
            (
                "release-refused",
                "by_code of then is refused from here on: function length_of(character varying) does not exist",
                "by_code.sql:4:5",
            ),
            (
                "release-refused",
                "write of then is refused from here on: function length_of(character varying) does not exist",
                "write.sql:3:28",
            ),
        ],
    ),
    "a function become volatile": (
        "CREATE OR REPLACE FUNCTION length_of(title text) RETURNS integer LANGUAGE sql VOLATILE RETURN 1;",
        [
            (
                "release-unproven",
                "write of then is no longer proven from here on: length_of() is volatile, and decides here what a"
                " change does or which rows it touches",
                "write.sql:3:28",
            )
        ],
    ),
    "a unique constraint dropped": (
        "ALTER TABLE notes DROP CONSTRAINT notes_code_key;",
        [
            (
                "release-many",
                "by_code of then may give a second row from here on: notes_code_key bounded it to one",
                "by_code.sql:2:1",
            )
        ],
    ),
    "a grant revoked": (
        "REVOKE SELECT ON notes FROM notes_tenant;"
        " GRANT SELECT (id, tenant_id, title, state) ON notes TO notes_tenant;",
        [
            (
                "release-denied",
                "get of then is denied to customers from here on: permission denied for table notes",
                "get.sql:2:1",
            )
        ],
    ),
    "a table become a view of one that has no model": (
        "ALTER TABLE notes RENAME TO papers; CREATE VIEW notes AS SELECT p.* FROM papers AS p;"
        " GRANT SELECT ON notes TO notes_tenant;",
        [],
    ),
    "columns added, widened and renamed types": (
        "ALTER TABLE notes ALTER COLUMN title TYPE text, ALTER COLUMN code TYPE bigint, ALTER COLUMN id TYPE bigint;"
        " CREATE DOMAIN word AS text; ALTER TABLE notes ALTER COLUMN state TYPE word; CREATE INDEX ON notes (state);",
        [],
    ),
}


def survive(then: Path, now: Path, scratch_dsn: str) -> Survival:
    folders = [now / "migrations"]
    with history.release("../then", [now / "sql"], folders, now) as old:
        assert old.name == "../then"
        return history.survive(old, queries_of(now), folders, MODEL, scratch_dsn)


def told(found: Survival, then: Path) -> list[tuple[str, str, str]]:
    """Code, problem, and where the old query stands."""
    details = [each.detail.partition(":\n")[0].removeprefix(f"{then}/sql/") for each in found.findings]
    return [
        (each.code, each.problem.replace("../then", "then"), detail)
        for each, detail in zip(found.findings, details, strict=True)
    ]


@pytest.mark.parametrize(("migration", "findings"), BREAKS.values(), ids=BREAKS)
def test_what_a_migration_breaks(
    new_folder: NewFolder, scratch_dsn: str, migration: str, findings: list[tuple[str, str, str]]
) -> None:
    then = new_folder("then", {**QUERIES, "write": WRITE}, {})
    now = new_folder("now", QUERIES, {"002_change.up.sql": f"-- irreversible: a test\n{migration}\n"})

    assert told(survive(then, now, scratch_dsn), then) == findings


# The kinds of findings, each with the case of BREAKS that makes it, as they are shown; the documentation has them.
KINDS = {
    "release-refused": "a column dropped",
    "release-columns": "a column dropped",
    "release-type": "a text become an enum",
    "release-parameter": "a key that is asked for, of a narrower type",
    "release-nullable": "a column that may be null",
    "release-unproven": "a function become volatile",
    "release-many": "a unique constraint dropped",
    "release-denied": "a grant revoked",
}


@pytest.mark.parametrize("code", KINDS)
def test_a_finding_shows_the_migration_and_the_old_query(new_folder: NewFolder, scratch_dsn: str, code: str) -> None:
    then = new_folder("then", {**QUERIES, "write": WRITE}, {})
    change = f"-- irreversible: a test\n{BREAKS[KINDS[code]][0]}\n"
    now = new_folder("now", QUERIES, {"002_change.up.sql": change})

    assert shown(code, survive(then, now, scratch_dsn), now, then) == (SHOWN / f"{code}.txt").read_text()


def shown(code: str, found: Survival, now: Path, then: Path) -> str:
    """The first of that kind, with paths as in a repository whose last release is v1."""
    first = next(str(each) for each in found.findings if each.code == code)
    return f"{first}\n".replace(f"{now}/", "").replace(f"{then}/", "v1:").replace("../then", "v1")


def test_the_first_migration_that_breaks_a_query_is_named_also_where_a_later_one_mends_it(
    new_folder: NewFolder, scratch_dsn: str
) -> None:
    then = new_folder("then", {"get": QUERIES["get"]}, {})
    migrations = {
        "002_more": "ALTER TABLE notes ADD COLUMN body text;",
        "003_drop": "ALTER TABLE notes RENAME COLUMN state TO status;",
        "004_more": "ALTER TABLE notes ADD COLUMN foot text;",
        "005_mend": "ALTER TABLE notes RENAME COLUMN status TO state;",
    }
    files = {f"{name}.up.sql": f"-- irreversible: a test\n{text}\n" for name, text in migrations.items()}
    now = new_folder("now", {"get": QUERIES["get"]}, files)
    found = survive(then, now, scratch_dsn)

    assert [path.name for path in found.steps] == list(files)
    assert [(each.code, each.place and each.place.path.name) for each in found.findings] == [
        ("release-refused", "003_drop.up.sql")
    ]
    # Today's is the same, and so holds on the old schema, but not before it is mended for good.
    assert found.early == (Early("get", now / "migrations/005_mend.up.sql", None),)


def test_queries_of_today_are_told_by_the_migration_that_they_wait_for(new_folder: NewFolder, scratch_dsn: str) -> None:
    body = "-- scope: operator\nSELECT n.body FROM notes AS n ORDER BY n.id;\n"
    then = new_folder("then", {"get": QUERIES["get"]}, {})
    files = {
        "002_body.up.sql": "-- Notes get a body.\nALTER TABLE notes ADD COLUMN body text;\n",
        "002_body.down.sql": "-- Loses bodies.\nALTER TABLE notes DROP COLUMN body;\n",
        "003_filled.up.sql": "-- All have one.\nALTER TABLE notes ALTER COLUMN body SET NOT NULL;\n",
        "003_filled.down.sql": "-- Loses nothing.\nALTER TABLE notes ALTER COLUMN body DROP NOT NULL;\n",
    }
    titled = "-- scope: operator\nSELECT coalesce(n.body, n.title) AS text FROM notes AS n ORDER BY n.id;\n"
    now = new_folder("now", {"get": QUERIES["get"], "bodies": body, "texts": titled}, files)
    found = survive(then, now, scratch_dsn)
    folder = now / "migrations"

    assert (found.findings, found.early) == (
        (),
        (
            Early("bodies", folder / "003_filled.up.sql", folder / "003_filled.down.sql"),
            Early("texts", folder / "002_body.up.sql", folder / "002_body.down.sql"),
        ),
    )


def test_what_is_refused_before_it_is_sent_breaks_nothing(new_folder: NewFolder, scratch_dsn: str) -> None:
    label = "-- scope: operator\nSELECT coalesce(n.state, :label) AS state FROM notes AS n ORDER BY n.id;\n"
    new_folder("then", {"get": label}, {})
    drop = "-- irreversible: a test\nALTER TABLE notes ALTER COLUMN state DROP NOT NULL;\n"
    now = new_folder("now", {"get": label}, {"002_change.up.sql": drop})
    (query,) = queries_of(now)
    codes = []
    for never_none in (frozenset[str](), frozenset({"label"})):
        query.never_none = never_none
        with history.release("../then", [now / "sql"], [now / "migrations"], now) as old:
            found = history.survive(old, [query], [now / "migrations"], MODEL, scratch_dsn)
        codes.append([each.code for each in found.findings])

    assert codes == [["release-nullable"], []]


def test_nothing_since_then_is_nothing_to_survive(new_folder: NewFolder, scratch_dsn: str) -> None:
    then = new_folder("then", QUERIES, {})
    now = new_folder("now", QUERIES, {})

    assert survive(then, now, scratch_dsn) == Survival((), (), ())


def test_an_old_query_that_its_own_schema_refuses_is_a_finding_by_itself(
    new_folder: NewFolder, scratch_dsn: str
) -> None:
    then = new_folder("then", {"get": "-- scope: operator\nSELECT l.id FROM letters AS l;\n"}, {})
    now = new_folder("now", {}, {"002_letters.up.sql": "-- irreversible: a test\nCREATE TABLE letters (id integer);\n"})
    found = survive(then, now, scratch_dsn)

    assert len(found.findings) == 1
    assert shown("release-unusable", found, now, then) == (SHOWN / "release-unusable.txt").read_text()


def test_a_released_migration_that_was_edited_is_refused(new_folder: NewFolder, scratch_dsn: str) -> None:
    then = new_folder("then", QUERIES, {})
    now = new_folder("now", QUERIES, {})
    first = now / "migrations/001_first.up.sql"
    first.write_text(first.read_text().replace("varchar(50)", "varchar(60)"))
    (now / "migrations/002_more.up.sql").write_text("-- irreversible: a test\nSELECT 1;\n")

    with pytest.raises(Drift, match=r"001_first\.up\.sql: changed since it was applied"):
        survive(then, now, scratch_dsn)


def test_a_folder_of_migrations_that_is_new_is_walked_from_its_beginning(
    new_folder: NewFolder, scratch_dsn: str
) -> None:
    then = new_folder("then", QUERIES, {})
    now = new_folder("now", QUERIES, {})
    more = now / "more"
    more.mkdir()
    (more / "001_drop.up.sql").write_text("-- irreversible: a test\nDROP TABLE notes;\n")
    folders = [now / "migrations", more]
    with history.release(str(then), [now / "sql"], folders, now) as old:
        found = history.survive(old, [], folders, None, scratch_dsn)

    assert found.steps == (more / "001_drop.up.sql",)
    assert {each.code for each in found.findings} == {"release-refused"}


def test_ours_of_the_last_commit_survive_what_is_not_committed_yet(scratch_dsn: str) -> None:
    top = folder("sql").parent
    if subprocess.run(["git", "-C", top, "rev-parse", "HEAD"], capture_output=True, check=False).returncode:
        pytest.skip("this is no checkout")
    with history.release("HEAD", [folder("sql")], [folder("migrations")], top) as old:
        found = history.survive(old, list(CATALOG.declared.values()), [folder("migrations")], OWNERSHIP, scratch_dsn)

    assert found.findings == ()


def test_ours_hold_from_the_migrations_that_they_were_written_with(tmp_path: Path, scratch_dsn: str) -> None:
    for name, newest in (("then", 18), ("now", 19)):
        shutil.copytree(folder("sql"), tmp_path / name / "sql")
        shutil.copytree(folder("migrations"), tmp_path / name / "migrations")
        for path in (tmp_path / name / "migrations").iterdir():
            if int(path.name.partition("_")[0]) > newest:
                path.unlink()
    migrations = tmp_path / "now/migrations"
    with history.release("then", [tmp_path / "sql"], [migrations], tmp_path) as old:
        found = history.survive(old, list(CATALOG.declared.values()), [migrations], OWNERSHIP, scratch_dsn)

    waits = Early(
        "connections/replace_all_by_device",
        migrations / "019_device_connections.up.sql",
        migrations / "019_device_connections.down.sql",
    )
    assert waits in found.early
    assert {each.code for each in found.findings} == {"release-unusable"}
