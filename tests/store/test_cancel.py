"""Tasks that are cancelled in the middle leave a connection that is clean or closed, and no statement running."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from tenantstore import AsyncStore
from tenantstore.store import AsyncTenantScope
from tenantstore.testing.faults import Faults
from tests.store import notes
from tests.store.conftest import Admin, Clock

SLEEPING = (
    "SELECT FROM pg_stat_activity WHERE usename = 'app' AND datname = current_database() AND wait_event = 'PgSleep'"
)
Act = Callable[[AsyncTenantScope], Awaitable[Any]]


async def _write_in_a_transaction(ada: AsyncTenantScope) -> None:
    async with ada.transaction() as transaction:
        await transaction.run(notes.create_for_customer(ada.customer_id, "a"))
        await transaction.run(notes.wait_for_customer(ada.customer_id, 60))


async def _think_in_a_transaction(ada: AsyncTenantScope) -> None:
    async with ada.transaction() as transaction:
        await transaction.run(notes.create_for_customer(ada.customer_id, "a"))
        await asyncio.sleep(60)


async def _think_in_a_stream(ada: AsyncTenantScope) -> None:
    async for _ in ada.stream(notes.list_by_customer(ada.customer_id)):
        await asyncio.sleep(60)


ACTS: dict[str, Act] = {
    "a read": lambda ada: ada.run(notes.wait_for_customer(ada.customer_id, 60)),
    "a write": lambda ada: ada.run(notes.write_and_wait_for_customer(ada.customer_id, "a", 60)),
    "a statement in a transaction": _write_in_a_transaction,
    "between two statements": _think_in_a_transaction,
    "between two rows": _think_in_a_stream,
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_a_call_that_is_cancelled_leaves_nothing_behind(dsn: str, admin: Admin, ada: UUID, act: Act) -> None:
    async def go() -> tuple[list[str], dict[str, int]]:
        async with AsyncStore.open(dsn, max_size=1, timeout=5) as store:
            await store.operator().run(notes.create(ada, "there"))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await act(store.tenant(ada))
            listed = await store.tenant(ada).run(notes.list_by_customer(ada))
            return [note.body for note in listed], store.pool.get_stats()

    bodies, stats = asyncio.run(go())
    looks = 20_000
    # It was told to stop, and has a minute to go.
    while looks and admin.execute(SLEEPING).rowcount:
        looks -= 1

    assert (bodies, stats["pool_available"], looks > 0) == (["there"], 1, True)


def test_a_task_that_is_cancelled_while_it_cleans_up_gives_its_connection_back(
    faults: Faults, clock: Clock, ada: UUID
) -> None:
    async def go() -> list[notes.Note]:
        async with AsyncStore.open(faults.dsn, max_size=1, timeout=5) as store:
            await store.tenant(ada).run(notes.list_by_customer(ada))
            faults.stall()
            # No answer comes, so the server is told to stop, and does not answer that either.
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.6):
                    await store.tenant(ada).run(notes.list_by_customer(ada))
            clock.heal()
            return await store.tenant(ada).run(notes.list_by_customer(ada))

    assert asyncio.run(go()) == []


def test_a_pool_outlives_any_number_of_cancellations(dsn: str, ada: UUID) -> None:
    choose = random.Random(7)

    async def call(store: AsyncStore) -> None:
        if choose.random() < 0.5:
            await store.tenant(ada).run(notes.list_by_customer(ada))
        else:
            async with store.tenant(ada).transaction() as transaction:
                await transaction.run(notes.list_by_customer(ada))

    async def go() -> tuple[int, int]:
        async with AsyncStore.open(dsn, min_size=3, max_size=3, timeout=10) as store:
            tasks = [asyncio.create_task(call(store)) for _ in range(300)]
            for task in tasks:
                await asyncio.sleep(choose.choice([0, 0, 0.001]))
                if choose.random() < 0.5:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            held = [store.tenant(ada).transaction() for _ in range(3)]
            for transaction in held:
                await transaction.__aenter__()
            for transaction in held:
                await transaction.__aexit__(None)
            return len(await store.tenant(ada).run(notes.list_by_customer(ada))), store.pool.get_stats()["pool_size"]

    assert asyncio.run(go()) == (0, 3)
