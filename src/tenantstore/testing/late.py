"""An async store for a test that is not running yet, in an event loop that nobody knows yet."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg_pool import PoolTimeout

from tenantstore import AsyncStore
from tenantstore.dsn import pool_options

_Connection = psycopg.AsyncConnection[Any]


class _Connections:
    """What a store needs of a pool, without a task that lives on in the loop.

    A loop that ends while the tasks of psycopg's own pool are in it waits for them for ever, and the plugins that run
    async tests may end theirs before a fixture gets to close its pool. These connections are closed without a loop.
    """

    timeout = 10.0
    max_size = 10

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._kwargs: dict[str, Any] = pool_options(dsn, {})["kwargs"]
        self._all: list[_Connection] = []
        self._idle: list[_Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._opening = 0

    async def getconn(self) -> _Connection:
        deadline = asyncio.get_running_loop().time() + self.timeout
        while not self._idle:
            if len(self._all) + self._opening < self.max_size:
                return await self._open()
            await self._wait(deadline)
        return self._idle.pop()

    async def putconn(self, connection: _Connection) -> None:
        if connection.closed:
            self._all.remove(connection)
        else:
            self._idle.append(connection)
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                break

    def close(self) -> None:
        for connection in self._all:
            connection.pgconn.finish()

    async def _open(self) -> _Connection:
        self._opening += 1
        try:
            connection = await _Connection.connect(self._dsn, **self._kwargs)
        finally:
            self._opening -= 1
        self._all.append(connection)
        return connection

    async def _wait(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        self._waiting.append(waiting)
        try:
            await asyncio.wait_for(waiting, deadline - loop.time())
        except TimeoutError:
            raise PoolTimeout(f"no connection in {self.timeout:g} s") from None


@contextmanager
def late_store(dsn: str, **options: Any) -> Iterator[AsyncStore]:
    """A store whose connections open in the loop that runs the test."""
    connections = _Connections(dsn)
    try:
        yield AsyncStore(cast(Any, connections), **options)
    finally:
        connections.close()
