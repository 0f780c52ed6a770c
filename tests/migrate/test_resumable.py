"""A file without a transaction goes on where it stopped, and leaves no INVALID index unsaid."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import (
    Drift,
    HalfDone,
    InvalidFolder,
    InvalidIndex,
    LockLost,
    MigrationError,
    StatementFailed,
)
from tests.migrate.conftest import MakeFolder, fingerprint, wait_until

Connection = psycopg.Connection[Any]
_TABLE = "CREATE TABLE log (b int); INSERT INTO log VALUES (1), (2);"
_INDEX = "-- no-transaction\nCREATE INDEX CONCURRENTLY log_b_idx ON log (b);"
_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('log_b_idx')"
_BUILDS = (
    "SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%%' AND wait_event_type = 'Lock' AND datname = %s"
)
_POLLS = "SELECT FROM pg_stat_activity WHERE application_name = 'poller' AND query ~ 'ROLLBACK|pg_locks'"


@contextmanager
def _writer(dsn: str) -> Iterator[Connection]:
    """Somebody who writes to the table, and does not end: CREATE INDEX CONCURRENTLY waits for them."""
    with psycopg.connect(dsn) as connection:
        connection.execute("INSERT INTO log VALUES (3)")
        yield connection


@contextmanager
def _in_background(dsn: str, where: Path, options: migrate.Options) -> Iterator[list[object]]:
    """Run ``up`` beside the test; what came of it, when the block is left."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.extend(str(done.step) for done in migrate.up(dsn, where, options=options))
        except MigrationError as error:
            outcome.append(error)

    thread = Thread(target=run)
    thread.start()
    try:
        yield outcome
    finally:
        thread.join()


def test_the_rest_is_run_when_the_failed_statement_is_mended(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    text = "-- no-transaction\nCREATE TABLE log (b int);\nINSERT INTO log VALUES (1);\n{};\nINSERT INTO log VALUES (3);"
    with pytest.raises(StatementFailed):
        migrate.up(dsn, folder({"1_a": text.format("INSERT INTO log VALUES (1/0)")}))
    notes: list[object] = []
    migrate.up(
        dsn, folder({"1_a": text.format("INSERT INTO log VALUES (2)")}), options=migrate.Options(report=notes.append)
    )

    assert (connection.execute("SELECT b FROM log ORDER BY b").fetchall(), notes[1]) == (
        [(1,), (2,), (3,)],
        migrate.Note("1_a.up: goes on after 2 of 4 statements"),
    )


def test_the_way_down_goes_on_as_well(dsn: str, connection: Connection, folder: MakeFolder) -> None:
    down = "-- no-transaction\nDELETE FROM log WHERE b = 1;\n{};\nDROP TABLE log;"
    migrate.up(dsn, folder({"1_a": (_TABLE, down.format("SELECT 1"))}))
    migrate.repair(dsn, folder({"1_a": (_TABLE, down.format("SELECT 1/0"))}))
    with pytest.raises(StatementFailed):
        migrate.down(dsn, folder({"1_a": (_TABLE, down.format("SELECT 1/0"))}))
    (state,) = migrate.status(dsn, folder({"1_a": (_TABLE, down.format("SELECT 1"))}))
    migrate.down(dsn, folder({"1_a": (_TABLE, down.format("SELECT 1"))}))

    assert (state.standing, fingerprint(connection)) == ("half down", [])


def test_what_is_done_may_not_change(dsn: str, folder: MakeFolder) -> None:
    text = "-- no-transaction\n{};\nSELECT 1/0;"
    with pytest.raises(StatementFailed):
        migrate.up(dsn, folder({"1_a": text.format("CREATE TABLE a ()")}))

    with pytest.raises(Drift) as refused:
        migrate.up(dsn, folder({"1_a": text.format("CREATE TABLE b ()")}))
    assert str(refused.value).endswith(
        "/1_a.up.sql: changed in the 1 statements that an earlier run has done\n"
        "Restore them. What comes after them may be mended.\n"
        "If the database is right as it is, `repair` takes their new text into the history (of several folders,"
        " with `--dir`)."
    )


@pytest.mark.parametrize(
    ("mended", "told", "tables"),
    [
        (
            "CREATE TABLE b ();\nCREATE TABLE c ()",
            "2 statements count as done, as they are now: `{}` goes on in line 4",
            "d",
        ),
        ("CREATE TABLE b ()", "2 statements count as done, as they are now: `{}` runs nothing more of it", ""),
        (None, "1 statements count as done, as they are now: `{}` runs nothing more of it", ""),
    ],
)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_repair_takes_the_new_text_of_what_is_done(
    dsn: str,
    connection: Connection,
    folder: MakeFolder,
    direction: str,
    mended: str | None,
    told: str,
    tables: str,
) -> None:
    def write(text: str) -> Path:
        marked = f"-- no-transaction\n{text};"
        return folder({"1_a": (marked, "SELECT 1;") if direction == "up" else ("SELECT 1;", marked)})

    run = migrate.up if direction == "up" else migrate.down
    where = write("CREATE TABLE a ();\nSELECT 1;\nSELECT 1/0")
    if direction == "down":
        migrate.up(dsn, where)
    with pytest.raises(StatementFailed):
        run(dsn, where)
    where = write(f"{mended};\nCREATE TABLE d ()" if mended else "CREATE TABLE b ()")
    with pytest.raises(Drift, match="`repair` takes their new text"):
        run(dsn, where)
    repaired, again = migrate.repair(dsn, where), migrate.repair(dsn, where)
    done = [str(done.step) for done in run(dsn, where)]
    made = connection.execute("SELECT relname FROM pg_class WHERE relname IN ('b', 'c', 'd')").fetchall()

    assert (repaired, again, done, made) == (
        [f"{where}/1_a.{direction}.sql: its first {told.format(direction)}"],
        [],
        [f"1_a.{direction}"],
        [(name,) for name in tables],
    )


@pytest.mark.parametrize("statement", ["DISCARD ALL", "SELECT pg_advisory_unlock_all()"])
def test_a_file_that_gives_up_the_lock_is_told_so(
    dsn: str, connection: Connection, folder: MakeFolder, statement: str
) -> None:
    text = "-- no-transaction\nCREATE TABLE a ();\n{};\nCREATE TABLE b ();"
    where = folder({"1_a": text.format(statement)})
    with pytest.raises(LockLost) as lost:
        migrate.up(dsn, where)
    told = str(lost.value).removeprefix(f"{where}/")
    folder({"1_a": text.format("SELECT 1")})
    if statement != "DISCARD ALL":
        migrate.repair(dsn, where)

    assert (told, [str(done.step) for done in migrate.up(dsn, where)]) == (
        "1_a.up.sql: the session has lost the migration lock, which keeps other runs out\n"
        "DISCARD ALL, pg_advisory_unlock_all() or pg_advisory_unlock() in the file may have given it up: take it out,\n"
        "and run `up` again: it goes on where it stopped.",
        ["1_a.up"],
    )


_OWN = "PREPARE p AS SELECT 1; EXECUTE p; DECLARE c CURSOR WITH HOLD FOR SELECT 1; SELECT pg_advisory_lock(42);"
_HAS_A_LOCK = "SELECT 1 / count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND pid = pg_backend_pid()"


@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
def test_a_session_is_as_new_for_each_file(dsn: str, folder: MakeFolder, mark: str) -> None:
    own, other = f"{mark}{_OWN}", f"-- no-transaction\n{_OWN}"
    where = folder({"1_a": (own, "SELECT 1;"), "2_b": (other, other)})
    migrate.up(dsn, where)
    migrate.redo(dsn, where)
    folder({"3_c": f"-- no-transaction\n{_HAS_A_LOCK};"})

    with pytest.raises(StatementFailed, match="division by zero"):
        migrate.up(dsn, where)


@pytest.mark.parametrize("name", ["i" * 70, '"I' + "é" * 40 + '"'], ids=["plain", "quoted"])
def test_an_index_whose_name_is_too_long_is_found_by_the_name_that_it_has(
    dsn: str, folder: MakeFolder, name: str
) -> None:
    text = f"-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY {{}} {name} ON public.log (b);"
    table = _TABLE + "INSERT INTO log VALUES (2);"
    for when in ("", "IF NOT EXISTS"):
        where = folder({"1_a": table, "2_b": text.format(when)})
        with pytest.raises((StatementFailed, InvalidIndex), match="An INVALID index is left"):
            migrate.up(dsn, where)


def test_repair_reads_no_half_done_file_that_has_a_fault(dsn: str, folder: MakeFolder) -> None:
    with pytest.raises(StatementFailed):
        migrate.up(dsn, folder({"1_a": "-- no-transaction\nSELECT 1;\nSELECT 1/0;"}))

    with pytest.raises(InvalidFolder, match="unterminated string"):
        migrate.repair(dsn, folder({"1_a": "-- no-transaction\nSELECT 'a;"}))


@pytest.mark.parametrize("direction", ["up", "down"])
def test_what_is_half_done_is_not_stamped(dsn: str, folder: MakeFolder, direction: str) -> None:
    half = "-- no-transaction\nSELECT 1;\nSELECT 1/0;"
    where = folder({"1_a": (half, "SELECT 1;") if direction == "up" else ("SELECT 1;", half), "2_b": "SELECT 1;"})
    if direction == "down":
        migrate.up(dsn, where, limit=1)
    with pytest.raises(StatementFailed):
        (migrate.up if direction == "up" else migrate.down)(dsn, where)

    with pytest.raises(HalfDone) as refused:
        migrate.stamp(dsn, 2, where)
    assert str(refused.value) == (
        f"1 a stopped on its way {direction}, after 1 of its statements.\n"
        f"Finish it first: `{direction}` goes on where it stopped."
    )


@pytest.mark.parametrize("setting", ["SET search_path = s", "SELECT set_config('search_path', 's', false)"])
def test_what_a_done_statement_has_set_holds_for_the_rest(
    dsn: str, connection: Connection, folder: MakeFolder, setting: str
) -> None:
    text = "-- no-transaction\nCREATE SCHEMA s;\n{};\n{};\nCREATE TABLE a ();"
    with pytest.raises(StatementFailed):
        migrate.up(dsn, folder({"1_a": text.format(setting, "SELECT 1/0")}))
    migrate.up(dsn, folder({"1_a": text.format(setting, "SELECT 1")}))

    assert connection.execute("SELECT to_regclass('s.a') IS NOT NULL").fetchone() == (True,)


def test_a_statement_that_needs_no_transaction_may_stand_among_others(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    text = (
        "-- no-transaction\nCREATE TYPE mood AS ENUM ('sad');\nALTER TYPE mood ADD VALUE 'ok';\n"
        "CREATE TABLE log (b mood);\nINSERT INTO log VALUES ('ok');\nVACUUM log;\n"
        "DO $$ BEGIN INSERT INTO log VALUES ('sad'); COMMIT; INSERT INTO log VALUES ('ok'); END $$;\n"
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS \"Odd name\" ON ONLY public.log (b) WHERE b = 'sad';"
    )
    migrate.up(dsn, folder({"1_a": (text, '-- no-transaction\nDROP INDEX CONCURRENTLY IF EXISTS public."Odd name";')}))
    built = (
        connection.execute("SELECT count(*) FROM log").fetchall()
        + connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = '\"Odd name\"'::regclass").fetchall()
    )
    migrate.down(dsn, folder({}))

    assert (built, connection.execute("SELECT to_regclass('\"Odd name\"')").fetchone()) == ([(3,), (True,)], (None,))


def test_an_index_that_could_not_be_built_is_dropped_and_built_by_the_next_run(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    where = folder({"1_a": _TABLE + "INSERT INTO log VALUES (2);", "2_b": _INDEX.replace("INDEX", "UNIQUE INDEX", 1)})
    with pytest.raises(StatementFailed, match="An INVALID index is left"):
        migrate.up(dsn, where)
    left = connection.execute(_VALID).fetchall()
    connection.execute("DELETE FROM log WHERE ctid = (SELECT max(ctid) FROM log)")
    notes: list[object] = []
    migrate.up(dsn, where, options=migrate.Options(report=notes.append))

    assert (left, connection.execute(_VALID).fetchall(), notes[1]) == (
        [(False,)],
        [(True,)],
        migrate.Note("2_b.up: drops public.log_b_idx, which an earlier run left INVALID"),
    )


def test_an_invalid_index_of_others_is_never_dropped_but_named(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    where = folder({"1_a": _TABLE, "2_b": _INDEX.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS")})
    migrate.up(dsn, where, limit=1)
    connection.execute("CREATE INDEX log_b_idx ON log (b)")
    connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'log_b_idx'::regclass")

    for _ in range(2):
        with pytest.raises(
            InvalidIndex, match=r"Drop it before the next run:\nDROP INDEX CONCURRENTLY public.log_b_idx;"
        ):
            migrate.up(dsn, where)
    assert connection.execute(_VALID).fetchall() == [(False,)]


def test_concurrent_work_outlasts_the_lock_timeout(dsn: str, connection: Connection, folder: MakeFolder) -> None:
    where = folder({"1_a": _TABLE, "2_b": _INDEX})
    migrate.up(dsn, where, limit=1)
    options = migrate.Options(lock_timeout_seconds=0.05)
    with _writer(dsn) as writer, _in_background(dsn, where, options) as outcome:
        wait_until(connection, f"{_BUILDS} AND clock_timestamp() - query_start > '0.2 s'", connection.info.dbname)
        writer.commit()

    assert (outcome, connection.execute(_VALID).fetchall()) == (["2_b.up"], [(True,)])


def test_a_limit_that_the_file_sets_itself_is_kept(dsn: str, folder: MakeFolder) -> None:
    where = folder({"1_a": _TABLE, "2_b": _INDEX.replace("CREATE", "SET lock_timeout = '60ms';\nCREATE", 1)})
    migrate.up(dsn, where, limit=1)

    with (
        _writer(dsn),
        pytest.raises(StatementFailed, match=r"2_b\.up\.sql:3:1: canceling statement due to lock timeout"),
    ):
        migrate.up(dsn, where, options=migrate.Options(wait_seconds=0))


def test_a_run_that_waits_for_the_lock_stands_in_no_index_build_s_way(
    dsn: str, connection: Connection, folder: MakeFolder
) -> None:
    where = folder({"1_a": _TABLE, "2_b": _INDEX})
    migrate.up(dsn, where, limit=1)
    with _writer(dsn) as writer, _in_background(dsn, where, migrate.Options()) as first:
        wait_until(connection, _BUILDS, connection.info.dbname)
        with _in_background(f"{dsn}&application_name=poller", where, migrate.Options()) as second:
            wait_until(connection, _POLLS)
            writer.commit()

    assert (first, second, connection.execute(_VALID).fetchall()) == (["2_b.up"], [], [(True,)])


def test_only_the_runner_s_own_invalid_indexes_fail_it(dsn: str, connection: Connection, folder: MakeFolder) -> None:
    connection.execute(_TABLE + "CREATE INDEX other_idx ON log (b)")
    connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'other_idx'::regclass")

    assert [str(done.step) for done in migrate.up(dsn, folder({"1_a": _INDEX}))] == ["1_a.up"]
