"""Transactions: all or nothing, one thread or task at a time, over when their block ends."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore import AsyncStore, Store
from tenantstore.errors import Conflict, NotAllowed, TransactionAborted
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either


def bodies(either: Either) -> list[str]:
    return [note.body for note in either.operator().run(notes.list_all())]


def test_a_block_that_ends_commits_and_one_that_raises_rolls_back(either: Either, ada: UUID) -> None:
    with either.tenant(ada).transaction() as transaction:
        transaction.run(notes.create_for_customer(ada, "kept"))
    with pytest.raises(KeyError), either.tenant(ada).transaction() as transaction:
        raise KeyError(transaction.run(notes.create_for_customer(ada, "lost")).body)

    assert (bodies(either), either.free) == (["kept"], (1, 1))


def test_a_transaction_sees_its_own_changes_and_others_do_not_until_it_ends(open_store: Open, ada: UUID) -> None:
    either = open_store(max_size=2)
    with either.tenant(ada).transaction() as transaction:
        transaction.run(notes.create_for_customer(ada, "mine"))
        inside = [note.body for note in transaction.run(notes.list_by_customer(ada))]
        outside = bodies(either)

    assert (inside, outside, bodies(either)) == (["mine"], [], ["mine"])


def swallow(transaction: Any, make: Callable[[], Any]) -> None:
    try:
        transaction.run(make())
    except Conflict:
        return


def test_an_error_that_is_swallowed_cannot_look_like_success(either: Either, ada: UUID) -> None:
    def write(scope: Any) -> None:
        with scope.transaction() as transaction:
            transaction.run(notes.create_for_customer(ada, "a"))
            swallow(transaction, lambda: notes.create_for_customer(ada, "a"))

    with pytest.raises(TransactionAborted) as aborted:
        write(either.tenant(ada))

    assert str(aborted.value) == (
        "a statement in the transaction failed, so it was rolled back; let that error leave the block"
    )
    assert (bodies(either), either.free) == ([], (1, 1))


def test_a_transaction_is_not_open_before_or_after_its_block_nor_twice(open_store: Open, kind: str, ada: UUID) -> None:
    store = open_store().store
    told = []
    if isinstance(store, Store):
        transaction = store.tenant(ada).transaction()
        with pytest.raises(NotAllowed) as before:
            transaction.run(notes.list_by_customer(ada))
        with transaction:
            with pytest.raises(NotAllowed) as twice:
                transaction.__enter__()
            transaction.run(notes.create_for_customer(ada, "a"))
        with pytest.raises(NotAllowed) as after:
            transaction.run(notes.list_by_customer(ada))
        told = [str(before.value), str(twice.value), str(after.value)]
        with transaction:
            again = transaction.run(notes.list_by_customer(ada))

        assert (told, [note.body for note in again]) == (
            ["transaction: it is not open", "transaction: it is open already", "transaction: it is not open"],
            ["a"],
        )


def test_a_transaction_is_for_one_thread_at_a_time(dsn: str, ada: UUID) -> None:
    told: list[str] = []
    started = threading.Event()

    def intrude(transaction: Any) -> None:
        started.wait()
        while not told:
            try:
                transaction.run(notes.list_by_customer(ada))
            except NotAllowed as refused:
                told.append(str(refused))

    with Store.open(dsn) as store, store.tenant(ada).transaction() as transaction:
        thread = threading.Thread(target=intrude, args=(transaction,))
        thread.start()
        started.set()
        while not told:
            try:
                transaction.run(notes.wait_for_customer(ada, 0.05))
            except NotAllowed as refused:
                told.append(str(refused))
        thread.join()

        assert set(told) == {"transaction: it is in use by another thread or task"}


def test_a_transaction_is_for_one_task_at_a_time(dsn: str, ada: UUID) -> None:
    async def go() -> list[Any]:
        async with AsyncStore.open(dsn) as store, store.tenant(ada).transaction() as transaction:
            first = asyncio.create_task(transaction.run(notes.wait_for_customer(ada, 0.05)))
            await asyncio.sleep(0)
            second = asyncio.create_task(transaction.run(notes.list_by_customer(ada)))
            return list(await asyncio.gather(first, second, return_exceptions=True))

    waited, refused = asyncio.run(go())

    assert (waited, str(refused)) == (0.05, "transaction: it is in use by another thread or task")


def test_a_scope_is_shared_by_threads_and_each_gets_its_own(dsn: str, ada: UUID, bob: UUID) -> None:
    failed: list[BaseException | str] = []

    def work(store: Store, me: UUID) -> None:
        try:
            for _ in range(50):
                who = store.tenant(me).run(notes.who_for_customer(me))
                if who.customer != str(me):
                    failed.append(f"{who.customer} for {me}")
        except BaseException as error:
            failed.append(error)

    with Store.open(dsn, max_size=3) as store:
        threads = [threading.Thread(target=work, args=(store, me)) for me in (ada, bob) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store.pool.check()

        assert (failed, store.pool.get_stats()["pool_size"] <= 3) == ([], True)


def test_a_transaction_within_another_is_one_of_its_own(open_store: Open, ada: UUID) -> None:
    either = open_store(max_size=2)

    def write(scope: Any) -> None:
        with scope.transaction() as outer:
            outer.run(notes.create_for_customer(ada, "outer"))
            with scope.transaction() as inner:
                inner.run(notes.create_for_customer(ada, "inner"))
            raise KeyError

    with pytest.raises(KeyError):
        write(either.tenant(ada))

    assert bodies(either) == ["inner"]


def test_a_deferred_failure_at_commit_is_told_as_the_scope_tells_it(either: Either, admin: Admin, ada: UUID) -> None:
    admin.execute("ALTER TABLE notes ADD CONSTRAINT once UNIQUE (number) DEFERRABLE INITIALLY DEFERRED")

    def write(scope: Any) -> None:
        with scope.transaction() as transaction:
            transaction.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b"))

    with pytest.raises(Conflict) as tenants:
        write(either.tenant(ada))
    with pytest.raises(psycopg.errors.UniqueViolation) as operators:
        write(either.operator())

    assert (str(tenants.value), operators.value.diag.constraint_name, either.free) == (
        "commit: in conflict with what is there",
        "once",
        (1, 1),
    )
