"""What an observer of the runner is told: every file that a run applied, undid, or failed at."""

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import InvalidFolder, LockedOut, StatementFailed
from tenantstore.observe import Event, MigrationRan
from tests.migrate.conftest import MakeFolder

_FIRST = ("CREATE TABLE a ();", "DROP TABLE a;")
_SECOND = ("-- no-transaction\nCREATE TABLE b ();\nVACUUM b;", "DROP TABLE b;")


def in_short(heard: list[Event]) -> list[tuple[int, str, str, bool, str | None, str | None]]:
    return [
        (e.version, e.name, e.direction, e.duration_seconds > 0, e.error.__name__ if e.error else None, e.sqlstate)
        for e in heard
        if isinstance(e, MigrationRan)
    ]


def test_each_file_that_is_applied_or_undone_is_told(dsn: str, folder: MakeFolder) -> None:
    where, heard = folder({"1_first": _FIRST, "2_second": _SECOND}), list[Event]()
    options = migrate.Options(observer=heard.append)
    migrate.up(dsn, where, options=options)
    migrate.up(dsn, where, options=options)
    migrate.redo(dsn, where, options=options)
    migrate.down(dsn, where, to=0, options=options)

    assert in_short(heard) == [
        (1, "first", "up", True, None, None),
        (2, "second", "up", True, None, None),
        (2, "second", "down", True, None, None),
        (2, "second", "up", True, None, None),
        (2, "second", "down", True, None, None),
        (1, "first", "down", True, None, None),
    ]


@pytest.mark.parametrize("head", ["", "-- no-transaction\n"], ids=["transaction", "no transaction"])
def test_a_file_that_fails_is_told_with_its_sqlstate(dsn: str, folder: MakeFolder, head: str) -> None:
    where, heard = folder({"1_first": _FIRST, "2_bad": f"{head}SELECT 1/0;", "3_after": "SELECT 1;"}), list[Event]()
    with pytest.raises(StatementFailed):
        migrate.up(dsn, where, options=migrate.Options(observer=heard.append))

    assert in_short(heard) == [
        (1, "first", "up", True, None, None),
        (2, "bad", "up", True, "StatementFailed", "22012"),
    ]


def test_a_folder_that_is_refused_and_a_file_that_another_run_has_taken_are_told_of_nothing(
    dsn: str, connection: psycopg.Connection[tuple[object]], folder: MakeFolder
) -> None:
    where, heard = folder({"1_first": "\\d\n"}), list[Event]()
    with pytest.raises(InvalidFolder):
        migrate.up(dsn, where, options=migrate.Options(observer=heard.append))
    folder({"1_first": _FIRST})

    def overtake(event: object) -> None:
        if isinstance(event, migrate.Begun):
            migrate.up(dsn, where)

    done = migrate.up(dsn, where, options=migrate.Options(observer=heard.append, report=overtake))

    assert (done, heard) == ([], [])


def test_a_lock_that_does_not_come_free_is_told(dsn: str, folder: MakeFolder) -> None:
    where, heard = folder({"1_first": "DO $$ BEGIN RAISE NOTICE 'mine'; END $$;"}), list[Event]()

    def compete(event: object) -> None:
        if event == migrate.Note("NOTICE: mine"):
            with pytest.raises(LockedOut):
                migrate.up(dsn, where, options=migrate.Options(observer=heard.append, wait_seconds=0))

    migrate.up(dsn, where, options=migrate.Options(report=compete))

    assert in_short(heard) == [(1, "first", "up", True, "LockedOut", None)]


def test_an_observer_that_raises_stops_no_migration(
    dsn: str, folder: MakeFolder, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("the observer's own trouble")

    done = migrate.up(dsn, folder({"1_first": _FIRST}), options=migrate.Options(observer=fail))

    assert ([str(each.step) for each in done], [each.getMessage() for each in caplog.records]) == (
        ["1_first.up"],
        ["an observer failed at MigrationRan"],
    )
