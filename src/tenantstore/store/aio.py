"""The store for callers that await. All but the waiting is in :mod:`tenantstore.store.core`, shared with ``Store``."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Self, TypeVar
from uuid import UUID

import psycopg
from psycopg.abc import PQGen
from psycopg_pool import AsyncConnectionPool

from tenantstore.dsn import connecting, conninfo, pool_options
from tenantstore.observe import Observer
from tenantstore.queries import Statement
from tenantstore.store.core import Core, OwnReading, Pinned, Reading
from tenantstore.store.identity import Identity, Operator, Tenant
from tenantstore.store.runner import AsyncRunner
from tenantstore.store.wire import Connection

R = TypeVar("R")
T = TypeVar("T")
Pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]]


class AsyncStore:
    """Scopes over one async connection pool. See :class:`~tenantstore.Store`.

    An own pool belongs to the event loop in which ``async with`` opens it.
    """

    def __init__(
        self, pool: Pool, *, prepare: bool = True, timeout_seconds: float = 60.0, observer: Observer | None = None
    ) -> None:
        self.pool: Pool = pool
        self._core = Core(_Driver(pool), prepare, timeout_seconds, observer)
        self._connect: tuple[str, dict[str, Any]] | None = None

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
        """A store on a pool of its own, which ``async with`` opens. Parameters and errors as of ``Store.open``."""
        target = conninfo(dsn)
        options = pool_options(target, options)
        pool: Pool = AsyncConnectionPool(target, **options)
        store = cls(pool, prepare=prepare, timeout_seconds=timeout_seconds, observer=observer)
        store._connect = target, options["kwargs"]
        return store

    def tenant(self, customer_id: UUID) -> "AsyncTenantScope":
        """The scope of one customer. Holds no connection; whether they are active is looked up at each use."""
        return AsyncTenantScope(self._core, Tenant(customer_id, self._core.prepare))

    def operator(self) -> "AsyncScope":
        """The scope that sees and does everything."""
        return AsyncScope(self._core, Operator())

    async def close(self) -> None:
        """Close the pool, if it is this store's own. Connections that are out are closed when they come back."""
        if self._connect is not None:
            await self.pool.close()

    async def __aenter__(self) -> Self:
        if self._connect is not None:
            # A pool that cannot connect only says so in its log; a first connection by hand says why, at once.
            target, kwargs = self._connect
            with connecting(target):
                await (await psycopg.AsyncConnection.connect(target, **kwargs)).close()
            await self.pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncScope(AsyncRunner):
    """One identity's access to the store. Holds nothing between calls; may be shared by tasks."""

    __slots__ = ("_core", "_identity")

    def __init__(self, core: Core, identity: Identity) -> None:
        self._core = core
        self._identity = identity

    def transaction(self) -> "AsyncTransaction":
        """An async context manager that pins a connection: commits at the end, rolls back on an exception."""
        return AsyncTransaction(self._core, self._identity)

    def stream(self, statement: Statement[list[R]]) -> AsyncIterator[R]:
        return _rows(OwnReading(self._core, self._identity, statement))

    async def _run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]:
        return await self._core.run(self._identity, statements)


class AsyncTenantScope(AsyncScope):
    """The scope of one customer."""

    __slots__ = ()
    _identity: Tenant

    @property
    def customer_id(self) -> UUID:
        return self._identity.customer_id


class AsyncTransaction(AsyncRunner):
    """Statements that commit together. For one task at a time; over when its block ends."""

    __slots__ = ("_pinned",)

    def __init__(self, core: Core, identity: Identity) -> None:
        self._pinned = Pinned(core, identity)

    async def __aenter__(self) -> Self:
        await self._pinned.begin()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        await self._pinned.end(failed=kind is not None)

    def stream(self, statement: Statement[list[R]]) -> AsyncIterator[R]:
        return _rows(self._pinned.reading(statement))

    async def _run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]:
        return await self._pinned.run(statements)


async def _rows(reading: Reading) -> AsyncIterator[Any]:
    try:
        rows = await reading.start()
        while rows:
            for row in rows:
                yield row
            rows = await reading.next()
    finally:
        await reading.close()


class _Driver:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._returning: set[asyncio.Task[None]] = set()

    @property
    def timeout(self) -> float:
        return self._pool.timeout

    @property
    def max_size(self) -> int:
        return self._pool.max_size

    def caller(self) -> asyncio.Task[Any] | None:
        return asyncio.current_task()

    async def get(self) -> Connection:
        return await self._pool.getconn()

    async def put(self, connection: Any) -> None:
        # In a task of its own: cancelled half-way, it would leave the pool one connection short for ever.
        returning = asyncio.create_task(self._pool.putconn(connection))
        self._returning.add(returning)
        returning.add_done_callback(self._returning.discard)
        await asyncio.shield(returning)

    async def cancel(self, connection: Any, seconds: float) -> None:
        await connection.cancel_safe(timeout=seconds)

    async def wait(self, connection: Any, generator: PQGen[T]) -> T:
        result: T = await connection.wait(generator)
        return result
