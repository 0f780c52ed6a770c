"""A deploy waits for its database, and for another run, and says so; whoever only looks is told at once."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.cli import main
from tenantstore.migrate.errors import LockedOut
from tenantstore.migrate.history import History
from tests.migrate.conftest import MakeFolder

_NOBODY = "host=/nowhere dbname=x"


def test_up_says_that_it_waits(folder: MakeFolder, capsys: pytest.CaptureFixture[str]) -> None:
    where = folder({"1_a": "SELECT 1;"})
    code = main(["migrate", "up", "--dir", str(where), "--dsn", _NOBODY, "--wait", "10ms"])
    lines = capsys.readouterr().err.splitlines()

    assert (code, lines[0].partition(" no connection")[0]) == (5, "waiting for the database, up to 0.01 s:")
    assert [line for line in lines if line.startswith("error: no connection within 0.01 s: ")] != []


@pytest.mark.parametrize("command", [["status"], ["plan"], ["down"], ["up", "--dry-run"], ["repair"], ["redo"]])
def test_other_commands_try_once(folder: MakeFolder, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    where: Path = folder({"1_a": "SELECT 1;"})
    code = main(["migrate", *command, "--dir", str(where), "--dsn", _NOBODY])
    err = capsys.readouterr().err

    assert (code, err.startswith("error: no connection: "), "waiting" in err) == (5, True, False)


def test_who_has_named_no_database_is_told_what_was_tried(
    folder: MakeFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENANTSTORE_DSN", raising=False)
    monkeypatch.setenv("PGHOST", "/nowhere")
    unnamed = main(["migrate", "status", "--dir", str(folder({"1_a": "SELECT 1;"}))])
    told = capsys.readouterr().err.splitlines()[-1]
    named = main(["doctor", "--dsn", _NOBODY])

    assert (unnamed, named, "TENANTSTORE_DSN" in capsys.readouterr().err) == (5, 5, False)
    assert told == (
        "No DSN was given, by --dsn or TENANTSTORE_DSN, so libpq's PG* variables and its defaults were taken."
        ' For development, `eval "$(tenantstore db up)"` starts a server and sets it.'
    )


@pytest.mark.parametrize("direction", ["up", "down"])
def test_who_waited_for_the_lock_reads_the_history_again(dsn: str, two: Path, direction: str) -> None:
    run = migrate.up if direction == "up" else migrate.down
    if direction == "down":
        migrate.up(dsn, two)
    other: list[list[migrate.Done]] = []
    with psycopg.connect(dsn, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [History("public", "migration_history").lock_key])

        def overtake(event: object) -> None:
            # The plan was made, and now waits: another run does all of it first.
            if isinstance(event, migrate.Note) and not other:
                holder.close()
                other.append(run(dsn, two, options=migrate.Options()))

        mine = run(dsn, two, options=migrate.Options(report=overtake))

    assert (len(mine), len(other[0])) == (0, 2 if direction == "up" else 1)


@pytest.mark.parametrize(
    ("run", "again"),
    [(migrate.up, "run `up` again"), (migrate.down, "run `down` again (a number counts from this file on)")],
    ids=["up", "down"],
)
def test_a_lock_held_for_too_long_is_told_with_its_holder(
    dsn: str, two: Path, run: Callable[..., object], again: str
) -> None:
    if run is migrate.down:
        migrate.up(dsn, two)
    notes: list[object] = []
    with psycopg.connect(dsn, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [History("public", "migration_history").lock_key])
        with pytest.raises(LockedOut) as refused:
            run(dsn, two, options=migrate.Options(wait_seconds=0.1, report=notes.append))
        held = f"pid {holder.info.backend_pid} (postgres, local)"
    assert (str(refused.value), notes[-1]) == (
        f"another run held the migration lock for 0.1 s\n  held by {held}\n"
        f"When it is done, {again}; --wait waits for longer.",
        migrate.Note(f"another run holds the migration lock: {held}"),
    )


def test_nothing_to_do_takes_no_lock(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    with psycopg.connect(dsn) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [History("public", "migration_history").lock_key])
        holder.execute("LOCK TABLE migration_history IN SHARE ROW EXCLUSIVE MODE")

        assert migrate.up(dsn, two, options=migrate.Options(wait_seconds=0)) == []
