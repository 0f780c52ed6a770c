"""The store for callers that block."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from psycopg_pool import ConnectionPool

from tenantstore.dsn import connecting, conninfo, pool_options
from tenantstore.observe import Observer
from tenantstore.queries import Statement
from tenantstore.store.core import Core, OwnReading, Pinned, Reading, finish
from tenantstore.store.identity import Identity, Operator, Tenant
from tenantstore.store.runner import Runner
from tenantstore.store.wire import Connection

R = TypeVar("R")
T = TypeVar("T")
Pool = ConnectionPool[psycopg.Connection[Any]]


class Store:
    """Scopes over one connection pool. Thread-safe.

    ``Store(pool)`` works on a pool that the service already has and leaves closing it to the service. ``prepare=False``
    is for transaction pooling by a PgBouncer that does not carry prepared statements (before 1.22). ``timeout_seconds``
    is how long the server may leave one round trip without an answer before the connection is given up. ``observer``
    is told of every statement, transaction and wait for a connection: see :mod:`tenantstore.observe`.
    """

    def __init__(
        self, pool: Pool, *, prepare: bool = True, timeout_seconds: float = 60.0, observer: Observer | None = None
    ) -> None:
        self.pool: Pool = pool
        self._core = Core(_Driver(pool), prepare, timeout_seconds, observer)
        self._close: Callable[[], None] | None = None

    @classmethod
    def open(
        cls,
        dsn: str | None = None,
        *,
        prepare: bool = True,
        timeout_seconds: float = 60.0,
        observer: Observer | None = None,
        **options: Any,
    ) -> Self:
        """A store on a pool of its own.

        :param dsn: falls back to ``TENANTSTORE_DSN``, then to libpq's own variables.
        :param options: for ``psycopg_pool.ConnectionPool``: ``min_size`` (1), ``max_size`` (10), ``timeout`` (10 s), …
        :raises InvalidParameter: when the DSN is none that libpq can read.
        :raises psycopg.OperationalError: when the server cannot be reached or refuses the login.
        """
        target = conninfo(dsn)
        options = pool_options(target, options)
        # A pool that cannot connect only says so in its log; a first connection by hand says why, at once.
        with connecting(target):
            psycopg.connect(target, **options["kwargs"]).close()
        pool: Pool = ConnectionPool(target, **options)
        store = cls(pool, prepare=prepare, timeout_seconds=timeout_seconds, observer=observer)
        store._close = pool.close
        pool.open()
        return store

    def tenant(self, customer_id: UUID) -> "TenantScope":
        """The scope of one customer. Holds no connection; whether they are active is looked up at each use."""
        return TenantScope(self._core, Tenant(customer_id, self._core.prepare))

    def operator(self) -> "Scope":
        """The scope that sees and does everything."""
        return Scope(self._core, Operator())

    def close(self) -> None:
        """Close the pool, if it is this store's own. Connections that are out are closed when they come back."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Scope(Runner):
    """One identity's access to the store. Holds nothing between calls; may be shared by threads."""

    __slots__ = ("_core", "_identity")

    def __init__(self, core: Core, identity: Identity) -> None:
        self._core = core
        self._identity = identity

    def transaction(self) -> "Transaction":
        """A context manager that pins a connection: commits at the end, rolls back on an exception."""
        return Transaction(self._core, self._identity)

    def stream(self, statement: Statement[list[R]]) -> Iterator[R]:
        return _rows(OwnReading(self._core, self._identity, statement))

    def _run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]:
        return finish(self._core.run(self._identity, statements))


class TenantScope(Scope):
    """The scope of one customer."""

    __slots__ = ()
    _identity: Tenant

    @property
    def customer_id(self) -> UUID:
        return self._identity.customer_id


class Transaction(Runner):
    """Statements that commit together. For one thread at a time; over when its block ends."""

    __slots__ = ("_pinned",)

    def __init__(self, core: Core, identity: Identity) -> None:
        self._pinned = Pinned(core, identity)

    def __enter__(self) -> Self:
        finish(self._pinned.begin())
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        finish(self._pinned.end(failed=kind is not None))

    def stream(self, statement: Statement[list[R]]) -> Iterator[R]:
        return _rows(self._pinned.reading(statement))

    def _run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]:
        return finish(self._pinned.run(statements))


def _rows(reading: Reading) -> Iterator[Any]:
    try:
        rows = finish(reading.start())
        while rows:
            yield from rows
            rows = finish(reading.next())
    finally:
        finish(reading.close())


class _Driver:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def timeout(self) -> float:
        return self._pool.timeout

    @property
    def max_size(self) -> int:
        return self._pool.max_size

    def caller(self) -> threading.Thread:
        return threading.current_thread()

    async def get(self) -> Connection:
        return self._pool.getconn()

    async def put(self, connection: Any) -> None:
        self._pool.putconn(connection)

    async def cancel(self, connection: Any, seconds: float) -> None:
        connection.cancel_safe(timeout=seconds)

    async def wait(self, connection: Any, generator: PQGen[T]) -> T:
        result: T = connection.wait(generator)
        return result
