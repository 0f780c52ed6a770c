"""kill -9, of the runner and of the server's process, between any two messages and inside statements.

Whatever was killed and when, a rerun ends in the same schema and history. With TENANTSTORE_SOAK=1 every message has its
turn, else some.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import ServerGone
from tenantstore.testing import NoProvider, Server, launch
from tests.migrate import dying
from tests.migrate.conftest import MakeFolder, Start, fingerprint, wait_until

_numbers = count(1)

Die = Callable[[str, int, str, str, Path], int]

_STRIDE = 1 if os.environ.get("TENANTSTORE_SOAK") == "1" else 11
_FOLDER = {
    "1_a": ("CREATE TABLE log (b int);\nINSERT INTO log VALUES (1);", "DELETE FROM log;\nDROP TABLE log;"),
    "2_b": (
        "-- no-transaction\nINSERT INTO log VALUES (2);\nCREATE INDEX CONCURRENTLY log_b_idx ON log (b);\n"
        "INSERT INTO log VALUES (3);\nVACUUM log;\nALTER TABLE log ADD COLUMN c int;",
        "-- no-transaction\nALTER TABLE log DROP COLUMN c;\nDROP INDEX CONCURRENTLY log_b_idx;\n"
        "DELETE FROM log WHERE b = 3;\nVACUUM log;",
    ),
    "3_c": ("CREATE TABLE more AS SELECT * FROM log;", "DROP TABLE more;"),
}
_GATED = {
    "transactional": {
        "1_a": (
            "CREATE TABLE log (b int);\nINSERT INTO log SELECT 1 FROM pg_advisory_xact_lock(4711);\nCREATE TABLE c ();",
            "DROP TABLE c;\nDELETE FROM log WHERE pg_advisory_xact_lock(4711) IS NOT NULL;\nDROP TABLE log;",
        )
    },
    "without a transaction": {
        "1_a": (
            "-- no-transaction\nCREATE TABLE log (b int);\nINSERT INTO log VALUES (1);\n"
            "INSERT INTO log SELECT 2 FROM pg_advisory_xact_lock(4711);\nCREATE TABLE c ();",
            "-- no-transaction\nDROP TABLE c;\nDELETE FROM log WHERE pg_advisory_xact_lock(4711) IS NOT NULL;\n"
            "DROP TABLE log;",
        )
    },
}
_CONCURRENTLY = {
    "build": ("CREATE INDEX CONCURRENTLY log_b_idx ON log (b);", "DROP INDEX CONCURRENTLY log_b_idx;"),
    "unique build": ("CREATE UNIQUE INDEX CONCURRENTLY log_b_idx ON log (b);", "DROP INDEX CONCURRENTLY log_b_idx;"),
    "vacuum": ("VACUUM FULL log;", "VACUUM FULL log;"),
}
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND backend_type = 'client backend'"


@pytest.fixture(scope="module", params=["embedded", "local"], ids=["18", "15"])
def mortal(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that nobody else uses: where one process of it is killed, all of it starts anew."""
    try:
        server = launch(request.param, version=15 if request.param == "local" else None)
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture
def dsn(mortal: Server) -> str:
    """An empty database on it, where a commit is one: servers for tests forget the last ones in a crash."""
    name = f"mortal_{next(_numbers)}"
    with psycopg.connect(mortal.dsn(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = on".encode())
    return mortal.dsn(name)


@pytest.fixture(scope="module")
def die() -> Iterator[Die]:
    """Run up or down, and let somebody die at a message."""
    with subprocess.Popen(
        [sys.executable, dying.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        sink, source = process.stdin, process.stdout
        assert sink
        assert source

        def ask(how: str, number: int, direction: str, dsn: str, folder: Path) -> int:
            print(json.dumps([how, number, direction, dsn, str(folder)]), file=sink, flush=True)
            return int(source.readline())

        yield ask
        sink.close()


def _finish(direction: str, dsn: str, where: Path) -> None:
    """Run the same command again, until the server has come back and it goes through."""
    while True:
        try:
            if direction == "up":
                migrate.up(dsn, where)
            else:
                migrate.down(dsn, where, to=0)
        except ServerGone:
            continue
        return


def _look(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return fingerprint(connection)


@pytest.mark.parametrize("how", ["runner", "sent", "backend", "crash"])
def test_a_run_that_dies_between_messages_is_finished_by_the_next(
    die: Die, dsn: str, folder: MakeFolder, how: str
) -> None:
    where = folder(_FOLDER)
    migrate.up(dsn, where)
    whole = _look(dsn)
    migrate.down(dsn, where, to=0)
    killed = -9 if how in {"runner", "sent"} else 1
    codes: set[int] = set()
    for number in count(1, _STRIDE if how != "sent" else 1):
        up = die(how, number, "up", dsn, where)
        _finish("up", dsn, where)
        assert _look(dsn) == whole
        down = die(how, number, "down", dsn, where)
        _finish("down", dsn, where)
        assert _look(dsn) == []
        codes |= {up, down}
        # A program that fails in another way does so for ever.
        assert codes <= {0, killed}
        if (up, down) == (0, 0):
            break

    assert killed in codes


@pytest.mark.parametrize("victim", ["runner", "backend", "crash"])
@pytest.mark.parametrize("pairs", _GATED.values(), ids=_GATED)
def test_a_run_that_dies_inside_a_statement_is_finished_by_the_next(
    dsn: str, folder: MakeFolder, start: Start, pairs: dict[str, tuple[str, str]], victim: str
) -> None:
    where = folder(pairs)
    migrate.up(dsn, where)
    whole = _look(dsn)
    migrate.down(dsn, where)

    for direction, end in (("up", whole), ("down", [])):
        with psycopg.connect(dsn, autocommit=True) as gate:
            gate.execute("SELECT pg_advisory_lock(4711)")
            process = start(direction, "--dsn", dsn, "--dir", where, "--lock-timeout", "1m")
            wait_until(gate, _WAITING)
            _kill(victim, process, gate)
        _finish(direction, dsn, where)
        assert _look(dsn) == end


@pytest.mark.parametrize("victim", ["runner", "backend", "crash"])
@pytest.mark.parametrize("texts", _CONCURRENTLY.values(), ids=_CONCURRENTLY)
def test_a_run_that_dies_in_what_shares_no_transaction_is_finished_by_the_next(
    dsn: str, folder: MakeFolder, start: Start, texts: tuple[str, str], victim: str
) -> None:
    up, down = (f"-- no-transaction\n{text}" for text in texts)
    where = folder({"1_a": ("CREATE TABLE log (b int);", "DROP TABLE log;"), "2_b": (up, down)})
    migrate.up(dsn, where)
    whole = _look(dsn)
    migrate.down(dsn, where)

    for direction, end in (("up", whole), ("down", [])):
        with closing(psycopg.connect(dsn)) as writer, psycopg.connect(dsn, autocommit=True) as observer:
            writer.execute("LOCK TABLE log IN ROW EXCLUSIVE MODE")
            process = start(direction, "--dsn", dsn, "--dir", where)
            wait_until(observer, _WAITING)
            _kill(victim, process, observer)
        _finish(direction, dsn, where)
        assert _look(dsn) == end


def _kill(victim: str, process: "subprocess.Popen[str]", observer: psycopg.Connection[Any]) -> None:
    """Kill one end; the other one finds out by itself."""
    (pid,) = observer.execute(_WAITING).fetchone() or (0,)
    if victim == "runner":
        process.kill()
    else:
        os.kill(pid, signal.SIGKILL if victim == "crash" else signal.SIGTERM)
    process.communicate()
    assert process.returncode == (-9 if victim == "runner" else 1)
