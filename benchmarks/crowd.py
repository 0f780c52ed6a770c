"""A tenant's get by key by many at once, beside bare psycopg with as many: statements a second.

Eight threads, or 64 tasks, on a pool of eight connections each; slices of half a second take turns.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target
from tenantstore import AsyncStore, Store
from tenantstore.repositories import devices
from tenantstore.repositories.devices import Device

THREADS, TASKS, CONNECTIONS = 8, 64, 8
OURS, BARE = "tenant's run", "bare psycopg, no policies"
_OPTIONS: dict[str, Any] = {"min_size": CONNECTIONS, "max_size": CONNECTIONS}
_KWARGS = {"autocommit": True}
_CURSOR: dict[str, Any] = {"binary": True, "row_factory": class_row(Device)}


def measure_threads(dsn: str, size: Size) -> Samples:
    known, text = fleet.known(dsn), fleet.for_psycopg("devices/get_by_id").encode()
    with (
        Store.open(fleet.app(dsn), **_OPTIONS) as store,
        ConnectionPool(dsn, kwargs=_KWARGS, **_OPTIONS) as pool,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        scope = store.tenant(known.customer_id)
        store.pool.wait()
        pool.wait()

        def ours() -> Any:
            return scope.run(devices.get_by_id_for_customer(known.device_id, known.customer_id))

        def bare() -> Any:
            with pool.connection() as connection, connection.cursor(**_CURSOR) as cursor:
                return cursor.execute(text, {"device_id": known.device_id}).fetchone()

        def rate(call: Callable[[], Any]) -> float:
            end = perf_counter() + size.of(500, 200) / 1000

            def work(_: int) -> int:
                done = 0
                while perf_counter() < end:
                    call()
                    done += 1
                return done

            begun = perf_counter()
            return sum(threads.map(work, range(THREADS))) / (perf_counter() - begun)

        assert ours() == bare()
        return _slices({OURS: lambda: rate(ours), BARE: lambda: rate(bare)}, size)


def measure_tasks(dsn: str, size: Size) -> Samples:
    return asyncio.run(_measure_tasks(dsn, size))


async def _measure_tasks(dsn: str, size: Size) -> Samples:
    known, text = fleet.known(dsn), fleet.for_psycopg("devices/get_by_id").encode()
    async with (
        AsyncStore.open(fleet.app(dsn), **_OPTIONS) as store,
        AsyncConnectionPool[psycopg.AsyncConnection[Any]](dsn, kwargs=_KWARGS, open=False, **_OPTIONS) as pool,
    ):
        scope = store.tenant(known.customer_id)
        await store.pool.wait()
        await pool.wait()

        async def ours() -> Any:
            return await scope.run(devices.get_by_id_for_customer(known.device_id, known.customer_id))

        async def bare() -> Any:
            async with pool.connection() as connection, connection.cursor(**_CURSOR) as cursor:
                await cursor.execute(text, {"device_id": known.device_id})
                return await cursor.fetchone()

        assert await ours() == await bare()
        found: dict[str, list[float]] = {OURS: [], BARE: []}
        for turn in range(size.of(25, 6)):
            for name, call in ((OURS, ours), (BARE, bare))[:: 1 if turn % 2 else -1]:
                found[name].append(await _rate(call, size))
        return found


async def _rate(call: Callable[[], Awaitable[Any]], size: Size) -> float:
    end = perf_counter() + size.of(500, 200) / 1000

    async def work() -> int:
        done = 0
        while perf_counter() < end:
            await call()
            done += 1
        return done

    begun = perf_counter()
    return sum(await asyncio.gather(*(work() for _ in range(TASKS)))) / (perf_counter() - begun)


def _slices(rates: dict[str, Callable[[], float]], size: Size) -> Samples:
    found: dict[str, list[float]] = {name: [] for name in rates}
    for turn in range(size.of(25, 6)):
        for name in list(rates)[:: 1 if turn % 2 else -1]:
            found[name].append(rates[name]())
    return found


_UNIT = "statements/s"
ROWS = [
    Row("threads", "a tenant's get by key by 8 threads", _UNIT, measure_threads, [Target(OURS, BARE, at_least=0.7)]),
    Row("tasks", "a tenant's get by key by 64 tasks", _UNIT, measure_tasks, [Target(OURS, BARE, at_least=0.7)]),
]
