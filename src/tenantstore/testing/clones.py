"""Copies of the template, made before a test asks for one and dropped after it has gone on.

A thread does each, so that a test waits for neither: a copy takes 7 to 12 ms, a drop 3 to 5. On a server that lives on,
the second begins with what killed runs have left there.
"""

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any

from tenantstore.testing.template import Ready

if TYPE_CHECKING:
    from tenantstore.testing.server import Server

_AHEAD = 2
# Beyond this, making waits for dropping: the databases of a fast run would pile up in memory.
_LEFT = 8
_PREFIX = "ts_run_"
_KEPT = "kept until "
_LEFT_BEHIND = (
    "SELECT datname, coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database"
    " WHERE datname LIKE 'ts\\_run\\_%'"
)
_CACHED = (
    "SELECT (pg_stat_file(format('base/%%s/pg_internal.init', oid), true)).size > 0 FROM pg_database WHERE datname = %s"
)
# Of these settings, several values stand in one string, each quoted where it must be.
_LISTS = ("search_path", "session_preload_libraries", "local_preload_libraries", "temp_tablespaces")


class Clones:
    """The databases of one process's tests, named by the run and the process."""

    def __init__(self, server: "Server", template: Ready, run: str, process: str) -> None:
        self._server = server
        self._template = template
        self._prefix = f"{_PREFIX}{run}_{process}_"
        self._made = 0
        self._ready: deque[str] = deque()
        self._left: deque[str] = deque()
        self._changed = Condition()
        self._error: BaseException | None = None
        self._ends = False
        # As long as the server's connection lives, nobody takes what is made here for a dead run's.
        server.connection().execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 2))", [run])
        self._dropper = server.another()
        self._threads = [Thread(target=self._work, args=[each], daemon=True) for each in (self._make, self._drop)]
        for thread in self._threads:
            thread.start()

    def take(self) -> str:
        """The name of a database that is nobody else's.

        :raises psycopg.Error: when none can be made.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ready or self._error)
            if self._error is not None:
                raise self._error
            name = self._ready.popleft()
            self._changed.notify_all()
        return name

    def drop(self, name: str) -> None:
        """Have a database dropped, soon; who is connected to it then gets half a second."""
        with self._changed:
            self._left.append(name)
            self._changed.notify_all()

    def keep(self, name: str, seconds: float) -> None:
        """Leave a database on the server, for whoever comes to clean up there later."""
        from psycopg.sql import SQL, Identifier, Literal

        until = Literal(f"{_KEPT}{time.time() + seconds:.0f}")
        self._server.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), until))

    def close(self) -> None:
        """Drop what is left; on a server that ends now there is no need to."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        self._dropper.close()
        if self._server.provider == "dsn":
            for name in (*self._ready, *self._left):
                _drop(self._server, name)

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _wait(self, wanted: Callable[[], bool]) -> bool:
        """Whether there is something to do, as soon as there is; False at the end."""
        self._changed.wait_for(lambda: self._ends or wanted())
        return not self._ends

    def _make(self) -> None:
        while True:
            with self._changed:
                if not self._wait(lambda: len(self._ready) < _AHEAD and len(self._left) <= _LEFT):
                    return
            self._make_one()
            if self._made == 1:
                self._cache()

    def _drop(self) -> None:
        if self._server.provider == "dsn":
            self._clean_up()
        while True:
            with self._changed:
                if not self._wait(lambda: bool(self._left)):
                    return
                name = self._left.popleft()
                self._changed.notify_all()
            _drop(self._dropper, name)

    def _make_one(self) -> None:
        name = f"{self._prefix}{self._made}"
        self._made += 1
        self._server.create_database(name, self._template.name)
        for role, settings in self._template.settings:
            for each in settings:
                self._set(name, role, *each.split("=", 1))
        with self._changed:
            self._ready.append(name)
            self._changed.notify_all()

    def _cache(self) -> None:
        """Have the server write its relation cache into the template, from where each copy has it.

        Without it, the first connection to a copy takes 2.5 ms more. A server that starts removes it.
        """
        import psycopg

        # Who may not look at files just connects.
        with suppress(psycopg.errors.InsufficientPrivilege):
            if self._server.connection().execute(_CACHED, [self._template.name]).fetchone() == (True,):
                return
        with suppress(psycopg.Error):
            self._server.admin(self._template.name).close()

    def _set(self, database: str, role: str, name: str, value: str) -> None:
        from psycopg.sql import SQL, Identifier, Literal

        whose = SQL("ROLE {} IN DATABASE {}").format(Identifier(role), Identifier(database))
        target = whose if role else SQL("DATABASE {}").format(Identifier(database))
        text = SQL(value) if name in _LISTS else Literal(value)
        self._server.execute(SQL("ALTER {} SET {} TO {}").format(target, Identifier(*name.split(".")), text))

    def _clean_up(self) -> None:
        """Drop the databases of runs that are over, but those that are kept for somebody to look at."""
        with self._server.admin() as admin:
            for name, comment in admin.execute(_LEFT_BEHIND).fetchall():
                run = name.removeprefix(_PREFIX).partition("_")[0]
                if comment.startswith(_KEPT) and float(comment.removeprefix(_KEPT)) > time.time():
                    continue
                if _is_over(admin, run):
                    # Another run may clean up as well.
                    with suppress(Exception):
                        self._dropper.drop_database(name)


def _drop(server: "Server", name: str) -> None:
    """Drop a database, unless its test has done so; what cannot be dropped is in no other test's way."""
    import psycopg

    with suppress(psycopg.Error):
        server.drop_database(name)


def _is_over(admin: Any, run: str) -> bool:
    """Whether no process of the run has its lock any more."""
    if admin.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 2))", [run]).fetchone() != (True,):
        return False
    admin.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 2))", [run])
    return True
