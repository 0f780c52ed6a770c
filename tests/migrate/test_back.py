"""The way back from the command line: what is undone, and what is advised where it stops in the middle."""

import signal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import Drift
from tests.migrate.conftest import MakeFolder, Run, Start, wait_until


@pytest.mark.parametrize(("applied", "are"), [("1", "1 is"), ("2", "2 are")])
def test_down_of_more_files_than_are_applied_undoes_none(
    run: Run, given: list[str | Path], applied: str, are: str
) -> None:
    run("up", applied, *given)
    told = [run("down", *more, *given) for more in (["3"], ["3", "--dry-run"], [applied], ["3"])]

    error = (
        f"error: 3 are to be undone, and only {are} applied: nothing is undone.\n"
        "All of them: `--to 0`. All above version V: `--to V`.\n"
    )
    assert [*told[:2], told[2][0], told[3]] == [(2, "", error), (2, "", error), 0, (0, "nothing to do\n", "")]


@pytest.mark.parametrize(
    ("command", "mend"),
    [(["redo"], "run `up` again."), (["down", "2"], "run `down` again (a number counts from this file on).")],
)
def test_what_has_undone_a_file_and_then_failed_does_not_advise_to_be_run_again(
    run: Run, given: list[str | Path], folder: MakeFolder, command: list[str], mend: str
) -> None:
    folder({"1_a": ("SELECT 1;", "SELECT 1/0;"), "2_b": ("CREATE TABLE b ();", "SELECT 1;")})
    run("up", *given)
    code, _, err = run(*command, *given)

    assert (code, err.splitlines()[-1]) == (1, f"Nothing of this file stays. Mend it, and {mend}")


def test_redo_that_is_interrupted_says_where_to_look(
    connection: psycopg.Connection[Any], given: list[str | Path], folder: MakeFolder, start: Start, run: Run
) -> None:
    folder({"3_c": "SELECT pg_advisory_xact_lock(4711);"})
    run("up", *given)
    connection.execute("SELECT pg_advisory_lock(4711)")
    process = start("redo", *given, "--lock-timeout", "1m")
    wait_until(connection, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")
    process.send_signal(signal.SIGINT)

    assert process.communicate()[1].splitlines()[-1] == (
        "interrupted: `status` shows what is undone, and `up` or `down` goes on from there"
    )


def test_the_advice_on_drift_leads_to_what_the_new_text_says(
    dsn: str, two: Path, connection: psycopg.Connection[Any]
) -> None:
    migrate.up(dsn, two)
    files = [two / f"2_b.{direction}.sql" for direction in ("up", "down")]
    old = [path.read_text() for path in files]
    new = ["CREATE TABLE other ();", "DROP TABLE other;"]
    for path, text in zip(files, new, strict=True):
        path.write_text(text)
    with pytest.raises(Drift, match="with the old files `down`, then edit, then `up`"):
        migrate.up(dsn, two)

    for path, text in zip(files, old, strict=True):
        path.write_text(text)
    migrate.down(dsn, two)
    for path, text in zip(files, new, strict=True):
        path.write_text(text)
    migrate.up(dsn, two)

    found = connection.execute("SELECT to_regclass('b')::text, to_regclass('other')::text").fetchone()
    assert found == (None, "other")
