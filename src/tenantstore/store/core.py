"""What a store does with its pool, written once for callers that block and for callers that await.

The coroutines here wait only through their :class:`Driver`. The blocking driver's methods never suspend, so ``finish``
runs such a coroutine to its end in one step; the async store awaits the same coroutines.
"""

import os
from asyncio import Task
from collections.abc import Callable, Coroutine
from contextlib import suppress
from itertools import count
from threading import Thread
from time import monotonic
from typing import Any, Protocol, TypeVar

from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from tenantstore.errors import ConnectionLost, NotAllowed, PoolExhausted, TransactionAborted
from tenantstore.observe import Observer
from tenantstore.queries import Statement
from tenantstore.store.batch import Batch, Cursor, begin, commit, rollback
from tenantstore.store.identity import Identity
from tenantstore.store.pool import Hold, describe, in_transaction, is_active, is_clean, link_of
from tenantstore.store.told import ToldCursor, ToldDriver, ToldTransaction, told
from tenantstore.store.wire import Connection, Link

T = TypeVar("T")

_CANCEL_SECONDS = 1.0


class Driver(Protocol):
    """The few operations that wait."""

    @property
    def timeout(self) -> float: ...
    @property
    def max_size(self) -> int: ...
    def caller(self) -> Thread | Task[Any] | None: ...
    async def get(self) -> Connection: ...
    async def put(self, connection: Connection) -> None: ...
    async def cancel(self, connection: Connection, seconds: float) -> None: ...
    async def wait(self, connection: Connection, generator: PQGen[T]) -> T: ...


def finish(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    raise AssertionError("a blocking driver suspended")


class Core:
    """A pool and what is known of its connections."""

    def __init__(self, driver: Driver, prepare: bool, seconds: float, observer: Observer | None = None) -> None:
        self.driver: Driver = driver if observer is None else ToldDriver(driver, observer)
        self.seconds = seconds
        self.observer = observer
        self._pid = os.getpid()
        self.prepare = prepare
        self._holds: dict[Connection, Hold] = {}

    async def run(self, identity: Identity, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]:
        """One batch, in one round trip."""
        batch = Batch(identity, statements)
        link = await self.acquire(batch, identity)
        connection = link.connection
        try:
            running = batch.run(link, self.seconds)
            if self.observer is not None:
                running = told(self.observer, batch, running)
            return await self.driver.wait(connection, running)
        finally:
            await self.release(connection)

    async def acquire(self, what: object, identity: Identity) -> Link:
        """A live connection out of the pool, with what is known of it, held for ``what``.

        :raises PoolExhausted: when none comes free within the pool's timeout.
        :raises ConnectionLost: when all that came had been lost.
        :raises NotAllowed: in a fork of the process that made the store, which shares its sockets.
        """
        if os.getpid() != self._pid:
            raise NotAllowed(str(what), "the store was opened before this process was forked: open another here")
        # As many may be dead as the pool holds, after a restart of the server; then a new one is made.
        for dead in count():
            try:
                connection = await self.driver.get()
            except PoolTimeout:
                holders = describe(self._holds.copy().values())
                raise PoolExhausted(self.driver.timeout, holders, self.driver.max_size) from None
            link = self.link(connection)
            if link.is_alive():
                break
            connection.pgconn.finish()
            await self.driver.put(connection)
            if dead >= self.driver.max_size:
                raise ConnectionLost(
                    str(what), "the server ended every connection of the pool", may_have_happened=False
                )
        self._holds[connection] = Hold(what, identity, self.driver.caller(), monotonic())
        return link

    async def release(self, connection: Connection) -> None:
        """Give it back: a transaction rolled back, a connection in any other state closed for the pool to replace."""
        self._holds.pop(connection, None)
        clean = is_clean(connection)
        try:
            if not clean:
                await self._clean(connection)
        finally:
            # Also when this very task is cancelled while it cleans up.
            if not clean and not is_clean(connection):
                connection.pgconn.finish()
            await self.driver.put(connection)

    async def _clean(self, connection: Connection) -> None:
        with suppress(Exception):
            if in_transaction(connection):
                await self.driver.wait(connection, rollback(self.link(connection), self.seconds))
            elif is_active(connection):
                # No answer came in time. The server would go on with the statement, holding its locks, to its end.
                await self.driver.cancel(connection, _CANCEL_SECONDS)

    def cursor(self, identity: Identity, statement: Statement[Any], number: int = 1) -> Cursor:
        """A cursor, which tells the observer of itself where there is one."""
        if self.observer is None:
            return Cursor(identity, statement, number)
        return ToldCursor(self.observer, identity, statement, number)

    def link(self, connection: Connection) -> Link:
        return link_of(connection, self.prepare)


class Reading(Protocol):
    """The rows of a stream, some at a time; no rows are the end. ``close`` is called in any case."""

    async def start(self) -> list[Any]: ...
    async def next(self) -> list[Any]: ...
    async def close(self) -> None: ...


class OwnReading:
    """A stream outside a transaction of the caller's: it opens one of its own with its first fetch."""

    def __init__(self, core: Core, identity: Identity, statement: Statement[list[Any]]) -> None:
        self._cursor = core.cursor(identity, statement)
        self._pinned = Pinned(core, identity, f"stream {self._cursor.name}")

    async def start(self) -> list[Any]:
        return await self._pinned.begin_with(self._cursor)

    async def next(self) -> list[Any]:
        return await self._pinned.fetch(self._cursor)

    async def close(self) -> None:
        rolls_back = self._pinned.is_in_transaction
        try:
            # Nothing was written, so a rollback is the cheapest end.
            if self._pinned.is_open:
                await self._pinned.end(failed=True)
        finally:
            self._cursor.over(rolls_back)


class PinnedReading:
    """A stream inside a transaction that goes on after it."""

    def __init__(self, pinned: "Pinned", cursor: Cursor) -> None:
        self._pinned = pinned
        self._cursor = cursor
        self._open = False

    async def start(self) -> list[Any]:
        rows = await self._pinned.open_cursor(self._cursor)
        self._open = True
        return rows

    async def next(self) -> list[Any]:
        return await self._pinned.fetch(self._cursor)

    async def close(self) -> None:
        try:
            # A transaction that is over, or has failed, has closed its cursors.
            if self._open and self._pinned.is_sound:
                await self._pinned.close_cursor(self._cursor)
        finally:
            self._cursor.over(rolled_back=False)


class Pinned:
    """A connection that is held for a transaction."""

    def __init__(self, core: Core, identity: Identity, what: str = "transaction") -> None:
        self._core = core
        self._identity = identity
        self._what = what
        self._connection: Connection | None = None
        self._link: Link
        self._busy = False
        self._wrote = False
        self._streams = 0
        self._told: ToldTransaction | None = None

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    @property
    def is_sound(self) -> bool:
        """Whether it is open and no statement in it has failed."""
        return self._connection is not None and self._connection.pgconn.transaction_status == TransactionStatus.INTRANS

    @property
    def is_in_transaction(self) -> bool:
        """Whether there is one for the server to end."""
        return self._connection is not None and in_transaction(self._connection)

    async def begin(self) -> None:
        """Open the transaction and enter the scope."""
        if self._core.observer is None or self._connection is not None:
            return await self._enter()
        self._told = ToldTransaction(self._core.observer, self._identity)
        with self._told.beginning():
            return await self._enter()

    async def _enter(self) -> None:
        await self._begin(lambda link: begin(self._identity, link, self._core.seconds))

    async def begin_with(self, cursor: Cursor) -> list[Any]:
        """The same, with a cursor's first rows, in one round trip."""
        cursor.hand_over()
        return await self._begin(lambda link: cursor.open(link, self._core.seconds, begin=True))

    async def end(self, failed: bool) -> None:
        """Commit, or roll back when the block ``failed``.

        :raises TransactionAborted: when a statement had failed and the block ended all the same.
        """
        if self._told is None or self._connection is None:
            return await self._end(failed)
        with self._told.ending(not failed, self.is_in_transaction):
            return await self._end(failed)

    async def _end(self, failed: bool) -> None:
        connection, sound = self._require(), self.is_sound
        try:
            if sound and not failed:
                await self._wait(commit(self._identity, self._link, self._core.seconds, self._wrote))
        finally:
            self._connection = None
            await self._core.release(connection)
        if not sound and not failed:
            raise TransactionAborted

    async def run(self, statements: tuple[Statement[Any], ...]) -> tuple[Any, ...]:
        batch = Batch(self._identity, statements)
        self._require()
        self._wrote |= batch.may_write
        running = batch.run_within(self._link, self._core.seconds)
        if self._core.observer is not None:
            running = told(self._core.observer, batch, running)
        return await self._wait(running)

    def reading(self, statement: Statement[list[Any]]) -> PinnedReading:
        self._streams += 1
        return PinnedReading(self, self._core.cursor(self._identity, statement, self._streams))

    async def open_cursor(self, cursor: Cursor) -> list[Any]:
        cursor.hand_over()
        self._require()
        return await self._wait(cursor.open(self._link, self._core.seconds, begin=False))

    async def fetch(self, cursor: Cursor) -> list[Any]:
        self._require()
        return await self._wait(cursor.fetch(self._link, self._core.seconds))

    async def close_cursor(self, cursor: Cursor) -> None:
        await self._wait(cursor.close(self._link, self._core.seconds))

    async def _begin(self, opening: Callable[[Link], PQGen[T]]) -> T:
        if self._connection is not None:
            raise NotAllowed(self._what, "it is open already")
        self._link = await self._core.acquire(self._what, self._identity)
        connection = self._link.connection
        try:
            result = await self._core.driver.wait(connection, opening(self._link))
        except BaseException:
            await self._core.release(connection)
            raise
        self._connection = connection
        return result

    def _require(self) -> Connection:
        if self._connection is None:
            raise NotAllowed(self._what, "it is not open")
        return self._connection

    async def _wait(self, generator: PQGen[T]) -> T:
        connection = self._require()
        if self._busy:
            raise NotAllowed(self._what, "it is in use by another thread or task")
        self._busy = True
        try:
            return await self._core.driver.wait(connection, generator)
        finally:
            self._busy = False
