"""Who stands in the way of a statement, found out while it waits: afterwards nobody can tell."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Self

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


class Watch:
    """Looks again and again, from when it is :meth:`late`, who blocks backend ``pid``, and tells of each once.

    The looking is done on a connection of its own, and in a thread, since behind a pooler with one connection to give
    even a look would have to wait for the statement. The thread is not there before it is wanted: starting one takes
    longer than most statements.
    """

    def __init__(self, dsn: str, pid: int, every_seconds: float, tell: Callable[[str], None]) -> None:
        self.every_seconds = every_seconds
        self._dsn = dsn
        self._pid = pid
        self._tell = tell
        self._stop = Event()
        self._thread: Thread | None = None

    def late(self) -> None:
        """Begin: the statement has been at work, or has waited, for ``every_seconds``."""
        if self._thread is None:
            self._thread = Thread(target=self._work, name="blockers", daemon=True)
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_LEAVE_SECONDS)

    def _work(self) -> None:
        told: set[int] = set()
        try:
            with connect(self._dsn) as connection:
                while not self._stop.is_set():
                    for blocker, text in _look(connection, self._pid):
                        if blocker not in told and not self._stop.is_set():
                            self._tell(text)
                        told.add(blocker)
                    self._stop.wait(self.every_seconds)
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
