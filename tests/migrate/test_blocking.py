"""Somebody holds the table: each try lets go again in time for the readers, says who it is, and a later one wins."""

import re
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import Blocked
from tests.migrate.conftest import MakeFolder

Connection = psycopg.Connection[Any]
_READ = "SELECT count(*) AS passwords FROM log WHERE 'password=hunter2' <> ''"


class _Watcher:
    """Hears what the run tells; between two tries it reads as anybody might, and after the second lets go."""

    def __init__(self, reader: Connection, other: Connection) -> None:
        self.notes: list[str] = []
        self.reads = 0
        self._reader = reader
        self._other = other

    def __call__(self, event: object) -> None:
        if isinstance(event, migrate.Note):
            self.notes.append(event.text)
            if "tried again" in event.text:
                # Nobody may stand in the queue for the table now, or this would fail at once.
                self._other.execute("SET lock_timeout = '1ms'; SELECT FROM log")
                self.reads += 1
                if self.reads == 2:
                    self._reader.commit()


@pytest.mark.parametrize(("mark", "what"), [("", "all of the file"), ("-- no-transaction\n", "the statement")])
def test_a_reader_is_waited_for_in_short_tries_and_named(dsn: str, folder: MakeFolder, mark: str, what: str) -> None:
    change = "ALTER TABLE log ADD COLUMN c text DEFAULT current_setting('lock_timeout');\nINSERT INTO log VALUES (1);"
    where = folder({"1_a": "CREATE TABLE log (b int);", "2_b": mark + change})
    migrate.up(dsn, where, limit=1)
    with psycopg.connect(dsn) as reader, psycopg.connect(dsn, autocommit=True) as other:
        reader.execute(_READ)
        watcher = _Watcher(reader, other)
        migrate.up(dsn, where, options=migrate.Options(lock_timeout_seconds=0.5, report=watcher))
        rows = other.execute("SELECT * FROM log").fetchall()

    assert rows == [(1, "500ms")]
    assert watcher.reads == 2
    assert {re.sub(r"pid \d+|\d+ s|\d\.\d s", "N", note) for note in watcher.notes} == {
        "waits for N (postgres, idle in transaction, in its transaction for N): "
        "SELECT count(*) AS passwords FROM log WHERE 'password=*******' <> ''",
        f"2_b.up: canceling statement due to lock timeout; {what} is tried again in N",
    }


def test_the_blocker_is_named_by_its_pid(dsn: str, folder: MakeFolder) -> None:
    notes: list[object] = []
    where = folder({"1_a": "ALTER TABLE log ADD COLUMN c text;"})
    with psycopg.connect(dsn) as reader:
        reader.execute("CREATE TABLE log ()")
        reader.commit()
        reader.execute("SELECT FROM log")
        with pytest.raises(Blocked):
            migrate.up(dsn, where, options=migrate.Options(wait_seconds=0, lock_timeout_seconds=1, report=notes.append))
        pid = reader.info.backend_pid

    assert [n.text.split(" (")[0] for n in notes if isinstance(n, migrate.Note)] == [f"waits for pid {pid}"]


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_history_that_others_hold_is_waited_for_in_short_tries(dsn: str, folder: MakeFolder, direction: str) -> None:
    where = folder({"1_a": ("CREATE TABLE log ();", "DROP TABLE log;"), "2_b": ("SELECT 1;", "SELECT 2;")})
    migrate.up(dsn, where, limit=1 if direction == "up" else 2)
    notes: list[str] = []
    with psycopg.connect(dsn) as other:
        other.execute("LOCK TABLE migration_history IN SHARE MODE")

        def report(event: object) -> None:
            if isinstance(event, migrate.Note):
                notes.append(event.text)
                other.commit()

        options = migrate.Options(lock_timeout_seconds=0.2, report=report)
        run = migrate.up if direction == "up" else migrate.down
        done = run(dsn, where, options=options)

    assert [str(each.step) for each in done] == [f"2_b.{direction}"]
    refused = "the history public.migration_history: canceling statement due to lock timeout; all of the file"
    assert notes[0].startswith(f"2_b.{direction}: {refused}")


@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
def test_a_deadlock_is_tried_again(dsn: str, folder: MakeFolder, mark: str) -> None:
    # A sequence goes on counting where all else is rolled back.
    deadlock = (
        "DO $$ BEGIN IF nextval('tries') < 3 THEN RAISE 'deadlock detected' USING ERRCODE = '40P01'; END IF; END $$;"
    )
    notes: list[object] = []
    where = folder({"1_a": "CREATE SEQUENCE tries;", "2_b": f"{mark}{deadlock}"})
    done = migrate.up(dsn, where, options=migrate.Options(report=notes.append))

    assert len(done) == 2
    assert [n.text.split("; ")[0] for n in notes if isinstance(n, migrate.Note)] == ["2_b.up: deadlock detected"] * 2


@pytest.mark.parametrize("seconds", [0, 0.0001, -1])
def test_a_lock_timeout_without_a_limit_is_refused(seconds: float) -> None:
    with pytest.raises(migrate.errors.Misconfigured, match="the lock timeout must be 1 ms or more"):
        migrate.Options(lock_timeout_seconds=seconds)
