"""What the observer of a store is told: each class here stands where there is one, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.abc import PQGen

from tenantstore.errors import ConnectionLost
from tenantstore.observe import Observer, Outcome, PoolWaited, ScopeKind, StatementRan, TransactionEnded, tell
from tenantstore.queries import Query, Shape, Statement
from tenantstore.store.batch import Batch, Cursor
from tenantstore.store.identity import Identity, Tenant
from tenantstore.store.wire import Connection, Link

if TYPE_CHECKING:
    from asyncio import Task
    from threading import Thread

    from tenantstore.store.core import Driver

T = TypeVar("T")

_batches = count(1)


def told(observer: Observer, batch: Batch, running: PQGen[tuple[Any, ...]]) -> PQGen[tuple[Any, ...]]:
    """Run a batch and tell of each of its statements."""
    begun = perf_counter()
    results: tuple[Any, ...] = ()
    error: BaseException | None = None
    try:
        results = yield from running
    except BaseException as caught:
        error = caught
        raise
    finally:
        seconds, number = perf_counter() - begun, next(_batches)
        for position, query in enumerate(batch.queries):
            ran = StatementRan(
                query=query.name,
                command=query.source.command,
                scope=_kind(batch.identity),
                rows=_rows(query, results[position]) if results else 0,
                affected=query.shape is Shape.AFFECTED,
                duration_seconds=seconds,
                batch=number,
                batch_size=len(batch.queries),
                round_trips=batch.round_trips,
                streamed=False,
                error=None if error is None else type(error),
                sqlstate=getattr(error, "sqlstate", None),
            )
            tell(observer, ran)
    return results


class ToldCursor(Cursor):
    """A cursor that tells of its statement when the stream is over."""

    def __init__(self, observer: Observer, identity: Identity, statement: Statement[Any], number: int) -> None:
        super().__init__(identity, statement, number)
        self._observer = observer
        self._number = next(_batches)
        self._seconds = 0.0
        self._rows_seen = self._round_trips = 0
        self._failed: BaseException | None = None

    def open(self, link: Link, seconds: float, begin: bool) -> PQGen[list[Any]]:
        return (yield from self._counting(super().open(link, seconds, begin)))

    def fetch(self, link: Link, seconds: float) -> PQGen[list[Any]]:
        return (yield from self._counting(super().fetch(link, seconds)))

    def close(self, link: Link, seconds: float) -> PQGen[None]:
        yield from self._timing(super().close(link, seconds))

    def over(self, rolled_back: bool) -> None:
        # Where no connection was to be had, nothing was sent.
        if self._round_trips:
            ran = StatementRan(
                query=self.name,
                command=self._query.source.command,
                scope=_kind(self.identity),
                rows=self._rows_seen,
                affected=False,
                duration_seconds=self._seconds,
                batch=self._number,
                batch_size=1,
                round_trips=self._round_trips + rolled_back,
                streamed=True,
                error=None if self._failed is None else type(self._failed),
                sqlstate=getattr(self._failed, "sqlstate", None),
            )
            tell(self._observer, ran)

    def _counting(self, running: PQGen[list[Any]]) -> PQGen[list[Any]]:
        rows = yield from self._timing(running)
        self._rows_seen += len(rows)
        return rows

    def _timing(self, running: PQGen[T]) -> PQGen[T]:
        begun = perf_counter()
        self._round_trips += 1
        try:
            return (yield from running)
        except BaseException as error:
            self._failed = error
            raise
        finally:
            self._seconds += perf_counter() - begun


class ToldTransaction:
    """What is told of a transaction block at its end."""

    def __init__(self, observer: Observer, identity: Identity) -> None:
        self._observer = observer
        self._scope = _kind(identity)
        self._begun = perf_counter()

    @contextmanager
    def beginning(self) -> Iterator[None]:
        """Tells at once of one that cannot be begun."""
        try:
            yield
        except BaseException as error:
            self._tell("rolled back", 1, error)
            raise

    @contextmanager
    def ending(self, commits: bool, in_transaction: bool) -> Iterator[None]:
        """Tells of the outcome; ``in_transaction``: whether there is anything to end with a round trip."""
        trips = 1 + in_transaction
        try:
            yield
        except BaseException as error:
            lost = isinstance(error, ConnectionLost) and error.may_have_happened
            # A task that was cancelled meanwhile has not seen the answer either.
            unseen = commits and not isinstance(error, Exception)
            self._tell("unknown" if lost or unseen else "rolled back", trips, error)
            raise
        self._tell("committed" if commits else "rolled back", trips, None)

    def _tell(self, outcome: Outcome, trips: int, error: BaseException | None) -> None:
        seconds, kind = perf_counter() - self._begun, None if error is None else type(error)
        tell(self._observer, TransactionEnded(self._scope, outcome, seconds, trips, kind))


class ToldDriver:
    """A driver that tells how long the pool kept its callers waiting."""

    def __init__(self, driver: "Driver", observer: Observer) -> None:
        self._driver = driver
        self._observer = observer

    @property
    def timeout(self) -> float:
        return self._driver.timeout

    @property
    def max_size(self) -> int:
        return self._driver.max_size

    def caller(self) -> "Thread | Task[Any] | None":
        return self._driver.caller()

    async def get(self) -> Connection:
        begun = perf_counter()
        try:
            connection = await self._driver.get()
        except BaseException as error:
            tell(self._observer, PoolWaited(perf_counter() - begun, type(error)))
            raise
        try:
            tell(self._observer, PoolWaited(perf_counter() - begun, None))
        except BaseException:
            # Ctrl-C, say. Nobody else knows of the connection yet.
            await self._driver.put(connection)
            raise
        return connection

    async def put(self, connection: Connection) -> None:
        await self._driver.put(connection)

    async def cancel(self, connection: Connection, seconds: float) -> None:
        await self._driver.cancel(connection, seconds)

    async def wait(self, connection: Connection, generator: PQGen[T]) -> T:
        return await self._driver.wait(connection, generator)


def _rows(query: Query[Any], result: Any) -> int:
    if query.shape is Shape.AFFECTED:
        changed: int = result
        return changed
    if query.shape is Shape.MANY:
        return len(result)
    # The one value of a query for one may be null.
    return int(query.shape is Shape.ONE or result is not None)


def _kind(identity: Identity) -> ScopeKind:
    return "tenant" if isinstance(identity, Tenant) else "operator"
