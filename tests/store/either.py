"""The async store with the blocking one's names, so that one test says what both do."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from tenantstore import AsyncStore, Statement, Store
from tenantstore.store import AsyncScope, AsyncTransaction, Scope, Transaction

T = TypeVar("T")


class Awaited:
    """Runs an async scope or transaction from code that blocks."""

    def __init__(self, loop: asyncio.Runner, runner: AsyncScope | AsyncTransaction) -> None:
        self._loop = loop
        self._runner = runner

    def run(self, statement: Statement[T]) -> T:
        return self._loop.run(self._runner.run(statement))

    def run_all(self, *statements: Statement[Any]) -> tuple[Any, ...]:
        return self._loop.run(self._runner.run_all(*statements))

    def stream(self, statement: Statement[list[T]]) -> Iterator[T]:
        return self._rows(self._runner.stream(statement))

    def _rows(self, rows: AsyncIterator[T]) -> Iterator[T]:
        try:
            while (row := self._loop.run(_next(rows))) is not _END:
                yield row
        finally:
            self._loop.run(rows.aclose())  # type: ignore[attr-defined]

    @contextmanager
    def transaction(self) -> Iterator["Awaited"]:
        assert isinstance(self._runner, AsyncScope)
        transaction = self._runner.transaction()
        self._loop.run(transaction.__aenter__())
        try:
            yield Awaited(self._loop, transaction)
        except BaseException as error:
            self._loop.run(transaction.__aexit__(type(error), error, None))
            raise
        self._loop.run(transaction.__aexit__(None, None, None))


_END: Any = object()


async def _next(rows: AsyncIterator[Any]) -> Any:
    return await anext(rows, _END)


Runs = Scope | Transaction | Awaited


class Either:
    """A store of either kind, with the operator's scope and a customer's as tests use them."""

    def __init__(self, store: Store | AsyncStore, loop: asyncio.Runner | None = None) -> None:
        self.store = store
        self._loop = loop

    def tenant(self, customer_id: Any) -> Any:
        scope = self.store.tenant(customer_id)
        return Awaited(self._loop, scope) if isinstance(scope, AsyncScope) and self._loop else scope

    def operator(self) -> Any:
        scope = self.store.operator()
        return Awaited(self._loop, scope) if isinstance(scope, AsyncScope) and self._loop else scope

    @property
    def free(self) -> tuple[int, int]:
        """How many connections the pool has, and how many of these are in it."""
        stats = self.store.pool.get_stats()
        return stats["pool_size"], stats["pool_available"]


@contextmanager
def open_either(kind: str, dsn: str | None, **options: Any) -> Iterator[Either]:
    """Open a store of ``kind``, ``sync`` or ``async``, with one connection unless ``max_size`` says more."""
    options = {"max_size": 1, "timeout": 5.0, **options}
    if kind == "sync":
        with Store.open(dsn, **options) as store:
            store.pool.wait()
            yield Either(store)
        return
    with asyncio.Runner() as loop:
        opened = loop.run(_open(AsyncStore.open(dsn, **options)))
        try:
            yield Either(opened, loop)
        finally:
            loop.run(opened.__aexit__())


async def _open(store: AsyncStore) -> AsyncStore:
    await store.__aenter__()
    await store.pool.wait()
    return store


@contextmanager
def on_a_pool_of_the_service(kind: str, dsn: str) -> Iterator[Either]:
    """A store on a pool that somebody else made, with psycopg's own defaults: not in autocommit."""
    if kind == "sync":
        with ConnectionPool[psycopg.Connection[Any]](dsn, min_size=1, max_size=1) as pool:
            yield Either(Store(pool))
        return
    with asyncio.Runner() as loop:
        async_pool = AsyncConnectionPool[psycopg.AsyncConnection[Any]](dsn, min_size=1, max_size=1, open=False)
        loop.run(async_pool.open())
        try:
            yield Either(loop.run(_store_on(async_pool)), loop)
        finally:
            loop.run(async_pool.close())


async def _store_on(pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]]) -> AsyncStore:
    return AsyncStore(pool)
