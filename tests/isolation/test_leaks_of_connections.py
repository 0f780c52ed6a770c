"""Leak classes, second half: what outlives a scope, what runs at the same time, and what is true only for a while.

Through the public API, on a fleet of the test's own.
"""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenantstore import AsyncStore, Store
from tenantstore.errors import Conflict, CustomerNotActive, NotAllowed, NotFound, TransactionAborted
from tenantstore.repositories import connections, customers, device_shares, devices, pairing_codes
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tenantstore.testing.session import Database
from tests.fix_fleet import Admin, NewDevice, Share
from tests.isolation.leaks import CLASSES, COVERED, leak

STATE = "SELECT current_user, current_setting('role'), coalesce(current_setting('tenantstore.customer_id', true), '')"
SOON = datetime.now(UTC) + timedelta(hours=1)


def state(store: Store) -> list[tuple[Any, ...] | None]:
    """Who each idle connection of the pool is, when nobody has claimed it."""
    with ExitAll(store) as held:
        return [connection.execute(STATE).fetchone() for connection in held]


class ExitAll:
    """All the connections that a store's pool may have, so that none is made meanwhile."""

    def __init__(self, store: Store) -> None:
        self._pool = store.pool
        self._held: list[psycopg.Connection[Any]] = []

    def __enter__(self) -> list[psycopg.Connection[Any]]:
        self._held = [self._pool.getconn() for _ in range(self._pool.max_size)]
        return self._held

    def __exit__(self, *_: object) -> None:
        for connection in self._held:
            self._pool.putconn(connection)


@leak("session setting left on a pooled connection", "setting outside a transaction", "empty setting cast")
def test_a_scope_leaves_no_role_and_no_setting(store: Store, ada: TenantScope, shared_device: Device) -> None:
    ada.run(devices.list_by_customer(ada.customer_id))
    ada.run(devices.update_name_description_for_customer(shared_device.id, ada.customer_id, "n", "d"))
    with ada.transaction() as transaction:
        transaction.run(devices.list_by_customer(ada.customer_id))
    list(ada.stream(devices.list_by_customer(ada.customer_id)))
    store.operator().run(devices.list_all())

    assert set(state(store)) == {("app", "none", "")}


@leak("temp table left on a pooled connection")
def test_a_temp_table_that_hides_a_real_one_is_an_error_and_no_answer(store: Store, ada: TenantScope) -> None:
    with ExitAll(store) as held:
        for connection in held:
            connection.execute(
                "CREATE TEMP TABLE customers (id uuid, name text, email text, active boolean, created_at timestamptz,"
                " updated_at timestamptz, email_verified boolean, google_email text)"
            )

    with pytest.raises(NotAllowed, match="the tenant role lacks a privilege"):
        ada.run(customers.get_for_customer(ada.customer_id))


@leak("held cursor left on a pooled connection")
def test_a_stream_leaves_no_cursor(store: Store, ada: TenantScope, new_device: NewDevice) -> None:
    for _ in range(3):
        new_device(ada)
    stream = ada.stream(devices.list_by_customer(ada.customer_id))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    with ExitAll(store) as held:
        cursors = [connection.execute("SELECT name FROM pg_cursors WHERE name <> ''").fetchall() for connection in held]

    assert cursors == [[]] * len(cursors)


@leak("connection returned in a transaction", "pipeline error that leaves the connection in error")
def test_a_failure_leaves_the_connection_idle(store: Store, ada: TenantScope, shared_device: Device) -> None:
    for statement in (
        devices.update_name_description_for_customer(shared_device.id, ada.customer_id, "n" * 300, "d"),
        device_shares.create_for_customer(shared_device.id, ada.customer_id, ada.customer_id),
    ):
        with pytest.raises((psycopg.Error, NotAllowed)):
            ada.run(statement)
    with suppress(NotFound), ada.transaction() as transaction:
        transaction.run(devices.update_auto_rotate_for_customer(ada.customer_id, ada.customer_id, 1))
    with pytest.raises(TransactionAborted), ada.transaction() as transaction, suppress(NotAllowed):
        transaction.run(device_shares.create_for_customer(shared_device.id, ada.customer_id, ada.customer_id))
    with ExitAll(store) as held:
        idle = {connection.info.transaction_status for connection in held}

    assert (idle, ada.run(devices.list_by_customer(ada.customer_id))) == (
        {psycopg.pq.TransactionStatus.IDLE},
        [shared_device],
    )


@leak("plan cached under one scope reused under another")
def test_a_plan_of_one_scope_does_not_serve_another(
    store: Store, operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, new_device: NewDevice
) -> None:
    bobs = new_device(bob)
    asked = [
        (scope, scope.run(devices.list_by_customer(customer.customer_id)))
        for _ in range(8)
        for scope, customer in ((operator, ada), (ada, ada), (bob, bob), (operator, bob))
    ]

    assert [found for _, found in asked] == [[shared_device], [shared_device], [bobs], [bobs]] * 8


@leak("superuser")
def test_a_service_that_logs_in_as_a_superuser(
    ts_database: Database, admin: Admin, ada: TenantScope, bob: TenantScope, shared_device: Device
) -> None:
    admin.execute("GRANT tenantstore_tenant, tenantstore_operator TO CURRENT_USER")
    with Store.open(ts_database.admin_dsn) as rooted:
        seen = rooted.tenant(bob.customer_id).run(devices.get_by_id_for_customer(shared_device.id, bob.customer_id))
        role = rooted.tenant(ada.customer_id)
        with role.transaction() as transaction:
            connection = transaction._pinned._require()
            assert isinstance(connection, psycopg.Connection), "blocking"
            who = connection.execute(
                "SELECT current_user, row_security_active('devices'), count(*) FROM devices"
            ).fetchone()

    assert (seen, who) == (None, ("tenantstore_tenant", True, 1))


@leak("suspended customer's own scope")
def test_a_suspended_customers_own_scope(operator: Scope, ada: TenantScope, shared_device: Device) -> None:
    operator.run(customers.update_active(ada.customer_id, active=False))
    with pytest.raises(CustomerNotActive):
        ada.run(devices.list_by_customer(ada.customer_id))
    with pytest.raises(CustomerNotActive), ada.transaction():
        raise AssertionError("the block is not entered")
    with pytest.raises(CustomerNotActive):
        next(ada.stream(devices.list_by_customer(ada.customer_id)))

    operator.run(customers.update_active(ada.customer_id, active=True))
    assert ada.run(devices.list_by_customer(ada.customer_id)) == [shared_device]


@leak("write after revoke", "write after suspension")
@pytest.mark.parametrize("ending", ["revoke", "suspend"])
def test_a_write_that_waits_for_the_end_of_its_permission(
    store: Store, operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share, ending: str
) -> None:
    given = share(shared_device, bob, "can_rename")
    rename = devices.update_name_description_for_customer(shared_device.id, bob.customer_id, "Bob's", "")
    with ThreadPoolExecutor(1) as pool:
        with operator.transaction() as transaction:
            if ending == "revoke":
                transaction.run(device_shares.delete(given.id))
            else:
                transaction.run(customers.update_active(ada.customer_id, active=False))
            late = pool.submit(bob.run, rename)
            _until_somebody_waits(store)
        with pytest.raises(NotFound):
            late.result(timeout=30)

    found = operator.run(devices.get_by_id(shared_device.id))
    assert found is not None
    assert found.name == shared_device.name


def _until_somebody_waits(store: Store) -> None:
    with store.pool.connection() as connection:
        for _ in range(2000):
            if connection.execute(
                "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).rowcount:
                return
            threading.Event().wait(0.005)
    raise AssertionError("nobody waits")


@leak("share outlives reassignment")
def test_a_share_outlives_reassignment(
    operator: Scope, ada: TenantScope, bob: TenantScope, cyd: TenantScope, shared_device: Device, share: Share
) -> None:
    given = share(shared_device, bob, "can_rename")
    operator.run(devices.set_customer_id(shared_device.id, cyd.customer_id))

    assert (
        operator.run(device_shares.get_by_id(given.id)),
        bob.run(devices.get_by_id_for_customer(shared_device.id, bob.customer_id)),
        ada.run(devices.get_by_id_for_customer(shared_device.id, ada.customer_id)),
    ) == (None, None, None)


@leak("share outlives owner")
def test_a_share_outlives_its_owner(
    operator: Scope, admin: Admin, ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share
) -> None:
    given = share(shared_device, bob, "can_rename")
    admin.execute("DELETE FROM customers WHERE id = %s", [ada.customer_id])

    assert (
        operator.run(device_shares.get_by_id(given.id)),
        bob.run(devices.get_by_id_for_customer(shared_device.id, bob.customer_id)),
    ) == (None, None)


@leak("self-share", "re-share")
def test_no_share_with_oneself_twice_or_passed_on(
    ada: TenantScope, bob: TenantScope, cyd: TenantScope, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob, "can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")
    with pytest.raises(NotAllowed):
        ada.run(device_shares.create_for_customer(shared_device.id, ada.customer_id, ada.customer_id))
    with pytest.raises(Conflict):
        ada.run(device_shares.create_for_customer(shared_device.id, ada.customer_id, bob.customer_id))
    with pytest.raises(NotFound):
        bob.run(device_shares.create_for_customer(shared_device.id, bob.customer_id, cyd.customer_id))

    assert cyd.run(devices.list_by_customer(cyd.customer_id)) == []


@leak("pairing code guessed", "pairing code reused", "pairing code claimed twice")
def test_a_pairing_code_is_claimed_once_and_by_nobody_who_guesses(
    operator: Scope, ada: TenantScope, bob: TenantScope, new_device: NewDevice
) -> None:
    code = ada.run(pairing_codes.create_for_customer(ada.customer_id, SOON))
    phones = [new_device() for _ in range(4)]
    with pytest.raises(NotAllowed):
        bob.run(pairing_codes.claim(code.code, phones[0].id))
    with pytest.raises(NotFound):
        operator.run(pairing_codes.claim("AAAAAAAA", phones[0].id))

    def claim(phone: Device) -> bool:
        try:
            operator.run(pairing_codes.claim(code.code, phone.id))
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(claim, phones))
    with pytest.raises(NotFound):
        operator.run(pairing_codes.claim(code.code, phones[0].id))

    assert (sum(won), len(ada.run(devices.list_by_customer(ada.customer_id)))) == (1, 1)
    assert bob.run(pairing_codes.list_by_customer(bob.customer_id)) == []


@leak("thread that inherits a scope")
def test_threads_share_a_store_and_no_scope(
    store: Store, ada: TenantScope, bob: TenantScope, new_device: NewDevice
) -> None:
    owned = {scope.customer_id: [new_device(scope)] for scope in (ada, bob)}

    def look(scope: TenantScope) -> bool:
        return scope.run(devices.list_by_customer(scope.customer_id)) == owned[scope.customer_id]

    with ThreadPoolExecutor(8) as pool:
        right = list(pool.map(look, [ada, bob] * 100))

    assert right == [True] * 200


@leak("async task that inherits a scope")
def test_tasks_share_a_store_and_no_scope(
    store: Store, ada: TenantScope, bob: TenantScope, new_device: NewDevice
) -> None:
    owned = {scope.customer_id: [new_device(scope)] for scope in (ada, bob)}

    async def main() -> list[bool]:
        async with AsyncStore.open(str(store.pool.conninfo), max_size=4) as waiting:

            async def look(number: int) -> bool:
                customer_id = (ada, bob)[number % 2].customer_id
                scope = waiting.tenant(customer_id)
                if number % 5 == 0:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.001):
                            await scope.run(devices.list_by_customer(customer_id))
                async with scope.transaction() as transaction:
                    # A task made inside a transaction has nothing of it.
                    other = asyncio.create_task(
                        waiting.tenant(bob.customer_id).run(connections.list_by_customer(bob.customer_id))
                    )
                    mine = await transaction.run(devices.list_by_customer(customer_id))
                return mine == owned[customer_id] and await other == []

            return list(await asyncio.gather(*(look(number) for number in range(40))))

    assert asyncio.run(main()) == [True] * 40


def test_every_class_of_leak_has_a_test() -> None:
    import tests.isolation.test_leaks_of_statements  # noqa: F401  its tests count too

    assert set(COVERED) == set(CLASSES)
