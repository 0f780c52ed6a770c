"""The store on a transaction that is rolled back does what a store does, and leaves nothing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from psycopg.pq import TransactionStatus

from tenantstore import AsyncStore, Store
from tenantstore.errors import Conflict, NotFound, PoolExhausted, TransactionAborted
from tenantstore.repositories import customers, devices
from tenantstore.testing import Server, Tenants
from tenantstore.testing.rolled_back import RolledBack

STATE = "SELECT current_user::text, current_setting('tenantstore.customer_id', true)"


def rename(device_id: Any, customer_id: Any, name: str) -> Any:
    return devices.update_name_description_for_customer(device_id, customer_id, name=name, description="")


@pytest.mark.parametrize("turn", ["first", "second"])
def test_what_one_test_writes_the_next_does_not_see(turn: str, ts_tx: Store) -> None:
    before = ts_tx.operator().run(customers.list_all())
    ts_tx.operator().run(customers.create("Ada", "ada@example.org"))

    assert before == []


def test_a_call_that_fails_leaves_what_was_written_before_it(ts_tx: Store, ts_tenants: Tenants) -> None:
    bob = ts_tenants.bob
    renamed = bob.scope.run(rename(bob.devices[0].id, bob.id, "Rack 1"))
    with pytest.raises(NotFound):
        bob.scope.run(rename(ts_tenants.ada.devices[1].id, bob.id, "mine"))

    assert ts_tx.operator().run(devices.get_by_id(renamed.id)) == renamed


def test_of_several_statements_all_are_undone_where_one_finds_nothing(ts_tx: Store, ts_tenants: Tenants) -> None:
    bob = ts_tenants.bob
    with pytest.raises(NotFound):
        bob.scope.run_all(
            rename(bob.devices[0].id, bob.id, "Rack 1"), rename(ts_tenants.ada.devices[1].id, bob.id, "mine")
        )

    assert ts_tx.operator().run(devices.get_by_id(bob.devices[0].id)) == bob.devices[0]


def test_a_transaction_is_kept_or_undone_as_a_whole(ts_tx: Store, ts_tenants: Tenants) -> None:
    bob = ts_tenants.bob
    with bob.scope.transaction() as transaction:
        kept = transaction.run(rename(bob.devices[0].id, bob.id, "Rack 1"))
    with pytest.raises(ZeroDivisionError), bob.scope.transaction() as transaction:  # noqa: PT012
        transaction.run(rename(bob.devices[1].id, bob.id, "Rack 2"))
        raise ZeroDivisionError
    with pytest.raises(TransactionAborted), ts_tx.operator().transaction() as operator:  # noqa: PT012
        operator.run(customers.create("Cyd", "cyd@example.org"))
        with pytest.raises(Exception, match="customers_email_key"):
            operator.run(customers.create("Cyd", "cyd@example.org"))
    found = [ts_tx.operator().run(devices.get_by_id(device.id)) for device in bob.devices]

    assert found == [kept, bob.devices[1]]
    assert [customer.name for customer in ts_tx.operator().run(customers.list_all())] == ["Ada", "Bob"]


def test_a_conflict_is_one(ts_tx: Store, ts_tenants: Tenants) -> None:
    from tenantstore.repositories import device_shares

    ada, bob = ts_tenants.ada, ts_tenants.bob
    again = device_shares.create_for_customer(ada.devices[0].id, ada.id, shared_with=bob.id)
    with pytest.raises(Conflict):
        ada.scope.run(again)


def test_a_list_is_streamed(ts_tx: Store, ts_tenants: Tenants) -> None:
    bob = ts_tenants.bob
    rows = bob.scope.stream(devices.list_by_customer(bob.id))

    assert list(rows) == bob.scope.run(devices.list_by_customer(bob.id))


def test_after_a_scope_the_connection_is_nobodys(ts_tx: Store, ts_tenants: Tenants, ts_rolled_back: RolledBack) -> None:
    bob = ts_tenants.bob
    bob.scope.run(devices.list_by_customer(bob.id))
    with bob.scope.transaction() as transaction:
        transaction.run(devices.list_by_customer(bob.id))

    assert ts_rolled_back._connection.execute(STATE).fetchone() == ("app", "")


def test_a_second_connection_is_not_to_be_had(ts_tx: Store, ts_tenants: Tenants) -> None:
    bob = ts_tenants.bob
    with bob.scope.transaction(), pytest.raises(PoolExhausted):
        ts_tx.operator().run(customers.list_all())


def test_threads_take_turns(ts_tx: Store) -> None:
    def create(number: int) -> str:
        return ts_tx.operator().run(customers.create(str(number), f"{number}@example.org")).name

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(40)))

    assert made == [str(number) for number in range(40)]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_connection_that_broke_is_replaced(ts_rolled_back: RolledBack, ts_server: Server, is_told: bool) -> None:
    if is_told:
        ts_rolled_back._connection.close()
    else:
        pid = ts_rolled_back._connection.info.backend_pid
        ts_server.connection().execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
    with ts_rolled_back.store() as store:
        assert store.operator().run(customers.list_all()) == []


def test_what_a_test_has_left_running_is_undone_and_not_waited_for(ts_rolled_back: RolledBack) -> None:
    with ts_rolled_back.store() as store:
        store.operator().run(customers.create("Ada", "ada@example.org"))
        ts_rolled_back._connection.pgconn.send_query(b"SELECT pg_sleep(60)")
    with ts_rolled_back.store() as store:
        assert store.operator().run(customers.list_all()) == []


def test_a_test_that_asks_for_nothing_begins_nothing(ts_tx: Store, ts_rolled_back: RolledBack) -> None:
    assert ts_rolled_back._connection.info.transaction_status == TransactionStatus.IDLE


def test_an_async_store_is_one_in_each_of_two_loops(ts_async_store: AsyncStore) -> None:
    operator = ts_async_store.operator()
    made = asyncio.run(operator.run(customers.create("Ada", "ada@example.org")))

    assert asyncio.run(operator.run(customers.list_all())) == [made]


def test_an_async_store_has_ten_connections_and_then_its_callers_wait(ts_async_store: AsyncStore) -> None:
    async def many() -> list[Any]:
        return await asyncio.gather(*(ts_async_store.operator().run(customers.list_all()) for _ in range(40)))

    assert asyncio.run(many()) == [[]] * 40
    assert len(ts_async_store.pool._all) == 10  # type: ignore[attr-defined]
