"""A store on one connection in one transaction, which is rolled back after each test.

What commits elsewhere releases a savepoint here. So a test runs what the service runs: the roles, the policies and the
errors are those of the real thing, and a call that fails leaves the transaction usable.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock, get_ident
from typing import Any, Self, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.generators import fetch_many
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg_pool import PoolTimeout

from tenantstore import Store
from tenantstore.dsn import pool_options
from tenantstore.store.wire import Command, Link, first_failure

_SAVE = Command("SAVEPOINT tenantstore", {}, b"tenantstore_save")
_RELEASE = Command("RELEASE SAVEPOINT tenantstore", {}, b"tenantstore_release")
_UNDO = Command("ROLLBACK TO SAVEPOINT tenantstore", {}, b"tenantstore_undo")
# A savepoint that is released leaves the role and the customer set; the end of a transaction would not.
_LEAVE = Command(
    "SELECT set_config('role', 'none', true), set_config('tenantstore.customer_id', '', true)", {}, b"tenantstore_leave"
)
_START = Command("BEGIN", {}, b"tenantstore_start")
_BEGIN, _COMMIT, _ROLLBACK = ("BEGIN",), ("COMMIT",), ("ROLLBACK",)


class RolledBack:
    """The connection, to be used for one test after the other."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection = self._connect()
        self._link = _SavepointLink(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @contextmanager
    def store(self, **options: Any) -> Iterator[Store]:
        """A store until the block ends, and then nothing of what it did."""
        self._settle()
        try:
            yield Store(cast(Any, _OneConnection(self._connection, self._link)), **options)
        finally:
            self._link.depth = 0
            self._roll_back()

    def _roll_back(self) -> None:
        """Have everything undone, and do not wait for it: by the next test it is."""
        pgconn = self._connection.pgconn
        if pgconn.transaction_status == TransactionStatus.IDLE:
            return
        try:
            pgconn.send_query(b"ROLLBACK")
        except psycopg.Error:
            # Broken, or at something that its test has not waited for: the server undoes that as well.
            self._connection.close()

    def _settle(self) -> None:
        """See that nothing of the test before is left, on a new connection if that one's is of no use any more."""
        with suppress(psycopg.Error):
            self._connection.wait(fetch_many(self._connection.pgconn))
        if self._connection.pgconn.transaction_status != TransactionStatus.IDLE or not self._link.is_alive():
            self._connection.close()
            self._connection = self._connect()
            self._link = _SavepointLink(self._connection)

    def _connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._dsn, **pool_options(self._dsn, {})["kwargs"])


class _SavepointLink(Link):
    """Turns the commands that begin and end a transaction into those for a savepoint."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        super().__init__(connection, prepare=True)
        self.depth = 0

    def exchange(self, commands: Sequence[Command], seconds: float) -> PQGen[list[PGresult]]:
        sent = tuple(command.sql for command in commands)
        if sent == _COMMIT:
            results = yield from self._exchange([_RELEASE, _LEAVE], seconds)
            self.depth = 0
            return results[:1]
        if sent == _ROLLBACK:
            return (yield from self._undo(seconds))[:1]
        if sent[:1] == _BEGIN:
            results = yield from self._exchange([_SAVE, *commands[1:]], seconds)
            self.depth = 1
            return results
        if self.depth:
            return (yield from self._exchange(commands, seconds))
        results = yield from self._exchange([_SAVE, *commands, _RELEASE, _LEAVE], seconds)
        if first_failure(results) is not None:
            # At once, since a batch that met a deadlock or a plan out of date is tried again.
            yield from self._undo(seconds)
        return results[1:-2]

    def _undo(self, seconds: float) -> PQGen[list[PGresult]]:
        self.depth = 0
        return (yield from self._exchange([_UNDO, _RELEASE], seconds))

    def _exchange(self, commands: Sequence[Command], seconds: float) -> PQGen[list[PGresult]]:
        # The test's own transaction begins with the first thing that is done in it.
        if self._pgconn.transaction_status != TransactionStatus.IDLE:
            return (yield from super().exchange(commands, seconds))
        return (yield from super().exchange([_START, *commands], seconds))[1:]


class _OneConnection:
    """What a store needs of a pool: one connection, which looks idle while only the test's own transaction is open.

    A thread waits for its turn; one that has it already would wait for itself.
    """

    timeout = 10.0
    max_size = 1

    def __init__(self, connection: "psycopg.Connection[Any]", link: _SavepointLink) -> None:
        self._connection = _Looking(connection, link)
        self._turn = Lock()
        self._thread: int | None = None

    def getconn(self) -> "_Looking":
        if self._thread == get_ident() or not self._turn.acquire(timeout=self.timeout):
            raise PoolTimeout("ts_tx has one connection")
        self._thread = get_ident()
        return self._connection

    def putconn(self, _connection: "_Looking") -> None:
        self._thread = None
        self._turn.release()


class _Looking:
    """A connection with the transaction status that it would have without the test's own transaction."""

    def __init__(self, connection: "psycopg.Connection[Any]", link: _SavepointLink) -> None:
        self._tenantstore_link = link
        # A store takes the connection from its link, and so does what looks at its state.
        link.connection = cast(Any, self)
        self.pgconn = _LookingPgconn(connection, link)
        self.wait = connection.wait
        self.cancel_safe = connection.cancel_safe


class _LookingPgconn:
    def __init__(self, connection: "psycopg.Connection[Any]", link: _SavepointLink) -> None:
        self._pgconn = connection.pgconn
        self._link = link
        self.finish = connection.pgconn.finish

    @property
    def pipeline_status(self) -> int:
        return self._pgconn.pipeline_status

    @property
    def transaction_status(self) -> int:
        status = self._pgconn.transaction_status
        return TransactionStatus.IDLE if status == TransactionStatus.INTRANS and not self._link.depth else status
