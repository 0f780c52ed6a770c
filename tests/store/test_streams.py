"""Streams: rows as they are wanted, through a server-side cursor, with a connection held no longer than that."""

import asyncio
import gc
import tracemalloc
import warnings
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tenantstore import AsyncStore
from tenantstore.errors import InvalidParameter, NotAllowed, PoolExhausted
from tenantstore.testing.faults import Faults
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either


def test_a_stream_gives_the_rows_of_the_list_in_order(either: Either, ada: UUID) -> None:
    either.operator().run(notes.fill(ada, 2500))
    listed = either.tenant(ada).run(notes.list_by_customer(ada))
    with either.tenant(ada).transaction() as transaction:
        within = list(transaction.stream(notes.list_by_customer(ada)))
        after = transaction.run(notes.list_by_customer(ada))

    assert len(listed) == 2500
    assert [list(either.tenant(ada).stream(notes.list_by_customer(ada))), within, after] == [listed] * 3
    assert either.free == (1, 1)


def test_a_stream_asks_for_a_thousand_rows_at_a_time_and_not_before(
    open_store: Open, faults: Faults, ada: UUID
) -> None:
    either = open_store(faults.dsn)
    either.operator().run(notes.fill(ada, 2500))
    faults.count()
    stream = either.tenant(ada).stream(notes.list_by_customer(ada))
    counts = [faults.count()[1]]
    for rows in (1, 999, 1, 1499):
        for _ in range(rows):
            next(stream)
        counts.append(faults.count()[1])
    stream.close()

    assert (counts, either.free) == ([0, 1, 0, 1, 1], (1, 1))


def test_memory_stays_flat_however_many_rows_there_are(either: Either, ada: UUID) -> None:
    either.operator().run(notes.fill(ada, 6000))
    tracemalloc.start()
    total = sum(len(note.body) for note in either.operator().stream(notes.list_all()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # The rows are 6 MB, a thousand of them one.
    assert (total > 6_000_000, peak < 4_000_000) == (True, True)


def test_a_stream_that_is_left_early_gives_its_connection_back(either: Either, ada: UUID) -> None:
    either.operator().run(notes.fill(ada, 2500))
    for _ in range(3):
        stream = either.tenant(ada).stream(notes.list_by_customer(ada))
        next(stream)
        stream.close()

    assert (len(either.operator().run(notes.list_all())), either.free) == (2500, (1, 1))


async def first(rows: AsyncIterator[Any]) -> Any:
    async for row in rows:
        return row
    return None


def test_an_async_stream_that_is_dropped_gives_its_connection_back(dsn: str, ada: UUID) -> None:
    async def go() -> int:
        async with AsyncStore.open(dsn, max_size=1, timeout=5) as store:
            await store.operator().run(notes.fill(ada, 2500))
            await first(store.operator().stream(notes.list_all()))
            return len(await store.operator().run(notes.list_all()))

    assert asyncio.run(go()) == 2500


def test_two_streams_of_one_transaction_take_turns(either: Either, ada: UUID) -> None:
    either.operator().run(notes.fill(ada, 2100))
    with either.tenant(ada).transaction() as transaction:
        pairs = zip(
            transaction.stream(notes.list_by_customer(ada)),
            transaction.stream(notes.list_by_customer(ada)),
            strict=True,
        )

        assert sum(one == other for one, other in pairs) == 2100


def test_a_stream_ends_with_its_transaction(either: Either, ada: UUID) -> None:
    either.operator().run(notes.fill(ada, 1500))
    with either.tenant(ada).transaction() as transaction:
        stream = transaction.stream(notes.list_by_customer(ada))
        next(stream)
    with pytest.raises(NotAllowed, match="transaction: it is not open"):
        list(stream)

    assert either.free == (1, 1)


def test_an_error_in_the_middle_of_a_stream_is_told_and_cleaned_up(either: Either, admin: Admin, ada: UUID) -> None:
    either.operator().run(notes.fill(ada, 1500))
    stream = either.tenant(ada).stream(notes.list_by_customer(ada))
    next(stream)
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
    with pytest.raises(Exception, match=r"notes/list_by_customer: connection lost, nothing was committed: ") as lost:
        list(stream)

    assert type(lost.value).__name__ == "ConnectionLost"
    assert len(either.tenant(ada).run(notes.list_by_customer(ada))) == 1500


def test_only_a_list_that_is_only_read_is_streamed(either: Either, ada: UUID) -> None:
    told = []
    for statement in (notes.who(), notes.delete_all_for_customer(ada)):
        with pytest.raises(InvalidParameter) as refused:
            either.operator().stream(statement)
        told.append(str(refused.value))

    assert told == [
        "notes/who cannot be streamed: it is not a list that is only read",
        "notes/delete_all_for_customer cannot be streamed: it is not a list that is only read",
    ]


def test_a_stream_that_nobody_reads_warns_as_a_statement_that_nobody_runs(kind: str, either: Either) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        either.store.operator().stream(notes.list_all())

    assert [str(each.message) for each in heard] == ["statement notes/list_all was never run"]


def test_a_stream_that_cannot_begin_is_told_why_and_nothing_else(open_store: Open, ada: UUID) -> None:
    scope = open_store(timeout=0.1).tenant(ada)
    # What other tests have left is not heard.
    gc.collect()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        with scope.transaction() as transaction, pytest.raises(PoolExhausted):
            list(scope.stream(notes.list_by_customer(ada)))
        with pytest.raises(NotAllowed):
            list(transaction.stream(notes.list_by_customer(ada)))
        gc.collect()

    assert [str(each.message) for each in heard] == []
