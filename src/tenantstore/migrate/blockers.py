"""Who stands in the way of a statement, found out while it waits: afterwards nobody can tell."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import psycopg

from tenantstore.migrate.connect import Connection, connect
from tenantstore.migrate.errors import MigrationError, starred
from tenantstore.migrate.shown import one_line

_LEAVE_SECONDS = 0.5
_QUERY_LENGTH = 200
_BLOCKING = """
SELECT
    b.pid,
    a.usename,
    a.state,
    extract(epoch FROM clock_timestamp() - a.xact_start)::integer,
    a.query
FROM unnest(pg_blocking_pids(%s)) AS b (pid)
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
ORDER BY b.pid
"""


@contextmanager
def watching(dsn: str, pid: int, every_seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
    """While the block runs, look again and again who blocks backend ``pid``, and tell of each once.

    The looking is done on a connection of its own, opened when the first look is due, and in a thread, since behind a
    pooler with one connection to give even a look would have to wait for the statement.
    """
    stop = Event()
    thread = Thread(target=_watch, args=(dsn, pid, every_seconds, tell, stop), name="blockers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_LEAVE_SECONDS)


def _watch(dsn: str, pid: int, every_seconds: float, tell: Callable[[str], None], stop: Event) -> None:
    if stop.wait(every_seconds):
        return
    told: set[int] = set()
    try:
        with connect(dsn) as connection:
            while not stop.is_set():
                for blocker, text in _look(connection, pid):
                    if blocker not in told and not stop.is_set():
                        tell(text)
                    told.add(blocker)
                if stop.wait(every_seconds):
                    return
    except (psycopg.Error, MigrationError):
        # Who blocks stays unknown; the run itself says what became of it.
        return


def _look(connection: Connection, pid: int) -> list[tuple[int, str]]:
    return [(row[0], _described(*row)) for row in connection.execute(_BLOCKING, [pid])]


def _described(pid: int, user: str | None, state: str | None, seconds: int | None, query: str | None) -> str:
    if pid == 0:
        return "waits for a prepared transaction: see pg_prepared_xacts"
    since = f" for {seconds} s" if seconds is not None else ""
    told = starred(" ".join((query or "").split()))
    shown = told if len(told) <= _QUERY_LENGTH else f"{told[:_QUERY_LENGTH]}…"
    return f"waits for pid {pid} ({one_line(str(user))}, {state}, in its transaction{since}): {shown}"
