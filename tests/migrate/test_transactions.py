"""A file and its history row are one transaction, planned under the lock, and nothing of one file reaches the next."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate import script
from tenantstore.migrate.errors import (
    Drift,
    HalfDone,
    InvalidFolder,
    Irreversible,
    MigrationError,
    Refused,
    StatementFailed,
    UnknownVersion,
)
from tests.migrate.conftest import MakeFolder, fingerprint

Connection = psycopg.Connection[Any]
_LEAKS = """
GRANT CREATE ON SCHEMA public TO pg_monitor;
CREATE SCHEMA elsewhere; SET search_path = elsewhere; SET check_function_bodies = off;
CREATE TEMP TABLE b (temporary int);
"""
_STATE = """
SELECT session_user, current_user, current_setting('search_path') AS a, current_setting('check_function_bodies') AS b
"""


def _versions(connection: Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT version FROM migration_history ORDER BY version")]


@pytest.mark.parametrize("text", ["CREATE TABLE b ();\nSELECT 1/0;", "CREATE TABLE b ();\nDROP TABLE a;\nnonsense"])
def test_a_failed_file_leaves_nothing_and_the_files_before_it_stay(
    dsn: str, connection: Connection, folder: MakeFolder, text: str
) -> None:
    where = folder({"1_a": "CREATE TABLE a ();"})
    migrate.up(dsn, where)
    before = fingerprint(connection)

    with pytest.raises(StatementFailed):
        migrate.up(dsn, folder({"2_b": text}))
    assert fingerprint(connection) == before


def test_a_failed_down_file_leaves_all_as_it_was(dsn: str, connection: Connection, folder: MakeFolder) -> None:
    where = folder({"1_a": ("CREATE TABLE a ();", "DROP TABLE a;\nSELECT 1/0;")})
    migrate.up(dsn, where)
    before = fingerprint(connection)

    with pytest.raises(StatementFailed):
        migrate.down(dsn, where)
    assert fingerprint(connection) == before


def test_up_and_down_end_where_they_began(dsn: str, connection: Connection, two: Path) -> None:
    migrate.up(dsn, two, limit=1)
    one = fingerprint(connection)
    migrate.up(dsn, two)
    both = fingerprint(connection)
    steps = [
        [str(done.step) for done in migrate.down(dsn, two)],
        fingerprint(connection) == one,
        [str(done.step) for done in migrate.up(dsn, two, to=2)],
        [str(done.step) for done in migrate.redo(dsn, two)],
        fingerprint(connection) == both,
        [str(done.step) for done in migrate.down(dsn, two, to=0)],
        _versions(connection),
    ]

    assert steps == [["2_b.down"], True, ["2_b.up"], ["2_b.down", "2_b.up"], True, ["2_b.down", "1_a.down"], []]


def test_done_is_told_when_others_can_see_it(dsn: str, connection: Connection, two: Path) -> None:
    seen = []

    def look(event: object) -> None:
        if isinstance(event, migrate.Done):
            seen.append((event.step.migration.version, _versions(connection)))

    migrate.up(dsn, two, options=migrate.Options(report=look))

    assert seen == [(1, [1]), (2, [1, 2])]


def test_what_fails_at_the_commit_is_never_told_done(dsn: str, folder: MakeFolder) -> None:
    events: list[object] = []
    text = "CREATE TABLE a (b int PRIMARY KEY, c int REFERENCES a INITIALLY DEFERRED); INSERT INTO a VALUES (1, 2);"

    with pytest.raises(StatementFailed, match="when it was committed"):
        migrate.up(dsn, folder({"1_a": text}), options=migrate.Options(report=events.append))
    assert [type(event) for event in events] == [migrate.Begun]


@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
@pytest.mark.parametrize("role", ["SET ROLE pg_monitor;", "SET SESSION AUTHORIZATION pg_monitor;"])
def test_settings_and_roles_do_not_reach_the_next_file(
    dsn: str, connection: Connection, folder: MakeFolder, mark: str, role: str
) -> None:
    migrate.up(dsn, folder({"1_a": mark + _LEAKS + role, "2_b": f"CREATE TABLE b AS {_STATE};"}))

    assert connection.execute("SELECT * FROM public.b").fetchall() == [
        ("postgres", "postgres", '"$user", public', "on")
    ]


def test_a_role_set_on_the_way_down_does_not_reach_the_next_file(dsn: str, folder: MakeFolder) -> None:
    gone = "SET ROLE pg_monitor; SET search_path = nowhere;"
    where = folder({"1_a": ("CREATE TABLE a ();", "DROP TABLE a;"), "2_b": ("SELECT 1;", gone)})
    migrate.up(dsn, where)

    assert [str(done.step) for done in migrate.down(dsn, where, to=0)] == ["2_b.down", "1_a.down"]


@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
def test_a_database_that_was_frozen_stays_as_it_is(
    dsn: str, connection: Connection, folder: MakeFolder, mark: str
) -> None:
    where = folder({"1_a": ("CREATE TABLE a ();", "DROP TABLE a;")})
    migrate.up(dsn, where)
    folder({"2_b": (f"{mark}CREATE TABLE b ();", "DROP TABLE b;")})
    before = fingerprint(connection)
    connection.execute(f"ALTER DATABASE {connection.info.dbname} SET default_transaction_read_only = on")

    for run in (migrate.up, migrate.down, migrate.redo):
        with pytest.raises(MigrationError, match=r"SQLSTATE 25006\n(?s:.*)Or has somebody frozen the database\?"):
            run(dsn, where)
    with pytest.raises(Refused, match=r"SQLSTATE 25006\n(?s:.*)Or has somebody frozen the database\?"):
        migrate.stamp(dsn, 2, where)
    assert fingerprint(connection) == before


@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
def test_a_file_that_freezes_its_session_does_not_freeze_the_next(dsn: str, folder: MakeFolder, mark: str) -> None:
    text = f"{mark}SET default_transaction_read_only = on;"
    where = folder({"1_a": (text, text), "2_b": (text, text)})

    assert (len(migrate.up(dsn, where)), len(migrate.down(dsn, where, to=0))) == (2, 2)


@pytest.mark.parametrize("takes", ["DROP TABLE {}", "ALTER TABLE {} RENAME TO other", "DROP SCHEMA public CASCADE"])
def test_a_file_that_takes_the_history_away_is_refused(
    dsn: str, connection: Connection, two: Path, folder: MakeFolder, takes: str
) -> None:
    migrate.up(dsn, two)
    before = fingerprint(connection)
    folder({"3_c": f"CREATE TABLE c (); {takes.format('migration_history')};"})

    with pytest.raises(
        StatementFailed, match=r"3_c\.up\.sql: the file takes the history public\.migration_history away"
    ):
        migrate.up(dsn, two)
    assert fingerprint(connection) == before


def test_a_file_that_ends_the_transaction_all_the_same_fails(
    dsn: str, connection: Connection, folder: MakeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(script, "faults", lambda text, units: [])

    with pytest.raises(StatementFailed, match="the file ended the runner's transaction"):
        migrate.up(dsn, folder({"1_a": "CREATE TABLE a (); COMMIT;"}))


@pytest.mark.parametrize("damage", ["edited", "down edited", "renamed", "down gone", "down new", "gone"])
def test_a_file_that_is_not_what_was_applied_is_drift(dsn: str, connection: Connection, two: Path, damage: str) -> None:
    if damage == "down new":
        (two / "1_a.down.sql").unlink()
        (two / "1_a.up.sql").write_text("-- irreversible: for now\nCREATE TABLE a (b int);")
    migrate.up(dsn, two, limit=1)
    up, down = two / "1_a.up.sql", two / "1_a.down.sql"
    match damage:
        case "edited":
            up.write_text("CREATE TABLE a (b bigint);")
        case "down edited":
            down.write_text("DROP TABLE a CASCADE;")
        case "renamed":
            up.rename(two / "1_z.up.sql")
            down.rename(two / "1_z.down.sql")
        case "down gone":
            down.unlink()
            up.write_text("-- irreversible: lost\nCREATE TABLE a (b int);")
        case "down new":
            up.write_text("CREATE TABLE a (b int);")
            down.write_text("DROP TABLE a;")
        case "gone":
            up.unlink()
            down.unlink()
    before = fingerprint(connection)

    for run in (migrate.up, migrate.down):
        with pytest.raises(Drift):
            run(dsn, two)
    assert fingerprint(connection) == before


def test_drift_says_which_files_and_what_to_do(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    (two / "1_a.up.sql").write_text("CREATE TABLE a (b bigint);")
    (two / "2_b.down.sql").write_text("DROP TABLE b CASCADE;")

    with pytest.raises(Drift) as refused:
        migrate.up(dsn, two)
    assert str(refused.value).replace(f"{two}/", "") == (
        "1_a.up.sql: changed since it was applied\n"
        "2_b.down.sql: changed since the migration was applied\n"
        "Restore it as it was applied. To change what it does: with the old files `down`, then edit, then `up`;"
        " once it is released, write a new one.\n"
        "If the database is right as it is, `repair` takes the new text into the history, and runs nothing"
        " (of several folders, `down` and `repair` take `--dir`)."
    )


def test_a_history_with_other_names_is_another_folders_and_repair_leaves_it(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    for path in sorted(two.glob("2_b.*")):
        path.rename(two / path.name.replace("2_b", "2_orders"))
    (two / "1_a.up.sql").write_text("CREATE TABLE a (b bigint);")
    before = [state.row for state in migrate.status(dsn, two)]
    told = []
    for run in (migrate.up, migrate.down, migrate.redo, migrate.repair):
        with pytest.raises(Drift) as refused:
            run(dsn, two)
        told.append(str(refused.value))

    assert set(told) == {
        f"{two}/2_orders.up.sql: was applied as 2 b\n"
        "If the history is another folder's: take another database, or `--table` names this one's.\n"
        "If the file was renamed, give it back the name it was applied by."
    }
    assert [state.row for state in migrate.status(dsn, two)] == before


def test_repair_takes_the_files_as_they_are(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    (two / "1_a.up.sql").write_text("CREATE TABLE a (b bigint);")

    assert (migrate.repair(dsn, two), migrate.repair(dsn, two), migrate.up(dsn, two)) == (
        [f"{two}/1_a.up.sql: changed since it was applied"],
        [],
        [],
    )


def test_line_ends_a_mark_and_the_last_newline_are_no_drift(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    for path in two.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")

    assert migrate.up(dsn, two) == []


def test_a_late_lower_number_is_drift_unless_it_is_allowed(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    late = {"2_b": "CREATE TABLE b ();"}
    where = folder({"1_a": "CREATE TABLE a ();", "3_c": "CREATE TABLE c ();"})
    allowed = migrate.Options(allow_out_of_order=True)
    migrate.up(dsn, where, options=allowed)

    with pytest.raises(
        Drift, match=r"2_b\.up\.sql: not applied, but 3 is\nGive it the next free number, or run it now"
    ):
        migrate.up(dsn, folder(late))
    assert [str(done.step) for done in migrate.up(dsn, where, options=allowed)] == ["2_b.up"]


def test_a_fault_in_a_later_file_is_refused_before_anything_runs(
    dsn: str, connection: Connection, two: Path, folder: MakeFolder
) -> None:
    with pytest.raises(InvalidFolder, match=r"3_c\.up\.sql:1:1: COMMIT in a migration"):
        migrate.up(dsn, folder({"3_c": "COMMIT;"}))
    assert fingerprint(connection) == []


def test_a_fault_in_a_down_file_is_refused_on_the_way_up_and_on_the_way_down(
    dsn: str, connection: Connection, two: Path, folder: MakeFolder
) -> None:
    migrate.up(dsn, two, limit=1)
    before = fingerprint(connection)
    folder({"1_a": ("CREATE TABLE a (b int);", "DROP TABLE a; COMMIT;"), "2_b": ("SELECT 1;", "\\i other.sql")})
    migrate.repair(dsn, two)

    for run, told in ((migrate.up, r"2_b\.down\.sql:1:1: a backslash"), (migrate.down, r"1_a\.down\.sql:1:15: COMMIT")):
        with pytest.raises(InvalidFolder, match=told):
            run(dsn, two)
    assert fingerprint(connection)[:-1] == before[:-1]


def test_a_missing_way_back_is_refused_before_anything_runs(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    where = folder({"1_a": "-- irreversible: rows are gone\nCREATE TABLE a ();", "2_b": ("SELECT 1;", "SELECT 1;")})
    (where / "1_a.down.sql").unlink()
    migrate.up(dsn, where)
    before = fingerprint(connection)

    with pytest.raises(Irreversible, match=r"1_a\.up\.sql: irreversible: rows are gone"):
        migrate.down(dsn, where, to=0)
    assert fingerprint(connection) == before


def test_an_unknown_version_is_refused_with_the_nearest(dsn: str, two: Path) -> None:
    with pytest.raises(UnknownVersion, match=r"^there is no migration 7\nThe nearest is 2; the newest is 2\.$"):
        migrate.up(dsn, two, to=7)


def test_stamp_adopts_a_database_that_stands_there_already(dsn: str, connection: Connection, two: Path) -> None:
    connection.execute("CREATE TABLE a (b int)")
    stamped = [str(migration) for migration in migrate.stamp(dsn, 1, two)]

    assert (stamped, [str(done.step) for done in migrate.up(dsn, two)]) == (["1_a"], ["2_b.up"])


def test_an_old_release_that_has_nothing_to_do_is_content_with_a_newer_database(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    for path in two.glob("2_*"):
        path.unlink()

    assert migrate.up(dsn, two) == []


def test_half_up_cannot_be_taken_down(dsn: str, folder: MakeFolder) -> None:
    where = folder({"1_a": "-- no-transaction\nCREATE TABLE a ();\nSELECT 1/0;"})
    with pytest.raises(StatementFailed):
        migrate.up(dsn, where)

    with pytest.raises(HalfDone) as refused:
        migrate.down(dsn, where)
    assert str(refused.value) == (
        "1 a stopped on its way up, after 1 of its statements.\nFinish it first: `up` goes on where it stopped."
    )


def test_a_file_whose_first_statement_is_refused_was_never_begun(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    where = folder({"1_a": "-- no-transaction\nSELECT 1/0;\nCREATE TABLE a ();"})
    with pytest.raises(StatementFailed):
        migrate.up(dsn, where)

    assert (_versions(connection), migrate.down(dsn, where)) == ([], [])
