"""A phone claims a pairing code: what becomes of the code, of the phone, and of the one that it replaces."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore import Store
from tenantstore.errors import NotFound
from tenantstore.repositories import connections, device_shares, devices, pairing_codes, relay_servers
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tenantstore.testing.session import Database
from tests.fix_fleet import NewConnection, NewDevice, Share
from tests.repositories.conftest import Behind, Late, NewCode, Reload

HOUR = timedelta(hours=1)


def test_a_claim_stamps_the_code_and_the_device(
    operator: Scope, ada: TenantScope, new_device: NewDevice, new_code: NewCode, reload: Reload
) -> None:
    relay = operator.run(relay_servers.create("Berlin", "192.0.2.1"))
    device = new_device()
    code = new_code(customer_id=ada.customer_id, relay_server_id=relay.id)
    claimed = operator.run(pairing_codes.claim(code.code, device.id))
    stamped = reload(device)

    assert (claimed.id, claimed.claimed_by_device_id, claimed.claimed_at is not None) == (code.id, device.id, True)
    assert (stamped.customer_id, stamped.relay_server_id, stamped.relay_server_ip) == (
        ada.customer_id,
        relay.id,
        "192.0.2.1",
    )
    assert operator.run(devices.get_auth_token(device.id)) == "token of CODE"


def test_a_code_without_customer_or_relay_leaves_the_device_its_own(
    operator: Scope, ada: TenantScope, shared_device: Device, new_code: NewCode, reload: Reload
) -> None:
    relay = operator.run(relay_servers.create("Berlin", "192.0.2.1"))
    operator.run(devices.update_relay_server(shared_device.id, relay.id))
    operator.run(pairing_codes.claim(new_code().code, shared_device.id))
    stamped = reload(shared_device)

    assert (stamped.customer_id, stamped.relay_server_id) == (ada.customer_id, relay.id)


@pytest.mark.parametrize("first_owner", ["ada", "nobody"])
def test_a_device_that_changes_hands_keeps_its_connections_and_loses_its_shares(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    cyd: TenantScope,
    new_device: NewDevice,
    new_connection: NewConnection,
    new_code: NewCode,
    share: Share,
    first_owner: str,
) -> None:
    device = new_device(ada if first_owner == "ada" else None)
    connection = new_connection(device)
    if first_owner == "ada":
        share(device, bob, "can_rotate_ip")
        share(device, cyd, "can_rotate_ip")
    operator.run(pairing_codes.claim(new_code(customer_id=bob.customer_id).code, device.id))

    assert operator.run(device_shares.list_by_device(device.id)) == []
    assert [
        (each.id, each.customer_id)
        for each in bob.run(connections.list_by_device_for_customer(device.id, bob.customer_id))
    ] == [(connection.id, bob.customer_id)]
    for other in (ada, cyd):
        assert other.run(devices.get_by_id_for_customer(device.id, other.customer_id)) is None


def test_a_device_that_stays_with_its_owner_keeps_its_shares(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, new_code: NewCode, share: Share
) -> None:
    given = share(shared_device, bob, "can_rename")
    operator.run(pairing_codes.claim(new_code(customer_id=ada.customer_id).code, shared_device.id))

    assert operator.run(device_shares.list_by_device(shared_device.id)) == [given]


@pytest.mark.parametrize("new_owner", ["ada", "nobody"])
def test_a_device_takes_the_place_of_another(
    operator: Scope,
    ada: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: NewConnection,
    new_code: NewCode,
    new_owner: str,
) -> None:
    moved = {new_connection(shared_device).id for _ in range(2)}
    device = new_device(ada if new_owner == "ada" else None)
    kept = new_connection(device).id
    operator.run(devices.set_auth_token(shared_device.id, "old token"))
    operator.run(pairing_codes.claim(new_code(reassign_device_id=shared_device.id).code, device.id))

    assert operator.run(devices.get_auth_token(shared_device.id)) is None
    assert operator.run(connections.list_by_device(shared_device.id)) == []
    assert {(each.id, each.customer_id) for each in operator.run(connections.list_by_device(device.id))} == {
        (each, ada.customer_id) for each in (*moved, kept)
    }


def test_a_device_of_another_owner_is_not_replaced(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: NewConnection,
    new_code: NewCode,
) -> None:
    # Ada's code for Ada's phone, which is Bob's by the time that the code is claimed.
    code = new_code(reassign_device_id=shared_device.id, customer_id=ada.customer_id)
    connection = new_connection(shared_device)
    operator.run(devices.set_auth_token(shared_device.id, "token"))
    operator.run(devices.set_customer_id(shared_device.id, bob.customer_id))
    device = new_device()
    operator.run(pairing_codes.claim(code.code, device.id))

    assert operator.run(devices.get_auth_token(shared_device.id)) == "token"
    assert [each.id for each in operator.run(connections.list_by_device(shared_device.id))] == [connection.id]
    assert operator.run(connections.list_by_device(device.id)) == []


def test_a_device_that_nobody_owns_is_not_replaced_by_a_customers(
    operator: Scope, shared_device: Device, new_device: NewDevice, new_connection: NewConnection, new_code: NewCode
) -> None:
    stray = new_device()
    connection = new_connection(stray)
    operator.run(pairing_codes.claim(new_code(reassign_device_id=stray.id).code, shared_device.id))

    assert operator.run(connections.list_by_device(stray.id)) == [connection]


def test_a_device_that_replaces_itself_keeps_the_new_token(
    operator: Scope, shared_device: Device, new_connection: NewConnection, new_code: NewCode
) -> None:
    connection = new_connection(shared_device)
    operator.run(pairing_codes.claim(new_code(reassign_device_id=shared_device.id).code, shared_device.id))

    assert operator.run(devices.get_auth_token(shared_device.id)) == "token of CODE"
    assert operator.run(connections.list_by_device(shared_device.id)) == [connection]


@pytest.mark.parametrize("code", ["UNKNOWN", "CLAIMED", "EXPIRED", ""])
def test_a_code_that_nobody_may_claim_changes_nothing(
    operator: Scope,
    bob: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_code: NewCode,
    reload: Reload,
    code: str,
) -> None:
    new_code("EXPIRED", lasts=-HOUR, customer_id=bob.customer_id)
    new_code("CLAIMED", customer_id=bob.customer_id)
    operator.run(pairing_codes.claim("CLAIMED", new_device().id))
    before = operator.run(pairing_codes.list_all())

    with pytest.raises(NotFound):
        operator.run(pairing_codes.claim(code, shared_device.id))
    assert (reload(shared_device), operator.run(pairing_codes.list_all())) == (shared_device, before)


def test_an_unknown_device_leaves_the_code_to_claim(operator: Scope, new_code: NewCode) -> None:
    code = new_code()

    with pytest.raises(NotFound):
        operator.run(pairing_codes.claim(code.code, uuid4()))
    assert operator.run(pairing_codes.get_by_code(code.code)) == code


def test_the_later_of_two_devices_gets_nothing(
    operator: Scope, ada: TenantScope, new_device: NewDevice, new_code: NewCode, late: Late
) -> None:
    code, first, second = new_code(customer_id=ada.customer_id), new_device(), new_device()

    assert late(pairing_codes.claim(code.code, first.id), pairing_codes.claim(code.code, second.id)) is NotFound
    assert [operator.run(devices.get_auth_token(each.id)) for each in (first, second)] == ["token of CODE", None]
    assert ada.run(devices.get_by_id_for_customer(second.id, ada.customer_id)) is None


def test_of_eight_devices_that_claim_at_once_one_wins(
    store: Store, operator: Scope, new_device: NewDevice, new_code: NewCode
) -> None:
    phones = [new_device() for _ in range(8)]
    for code in [new_code(f"CODE{number}", reassign_device_id=phones[0].id).code for number in range(5)]:
        start = Barrier(len(phones))

        def claim(device: Device, code: str = code, start: Barrier = start) -> UUID | None:
            start.wait(timeout=30)
            try:
                return store.operator().run(pairing_codes.claim(code, device.id)).claimed_by_device_id
            except NotFound:
                return None

        with ThreadPoolExecutor(len(phones)) as pool:
            winners = [each for each in pool.map(claim, phones) if each is not None]
        stored = next(each for each in operator.run(pairing_codes.list_all()) if each.code == code)
        tokens = [operator.run(devices.get_auth_token(each.id)) for each in phones]

        assert winners == [stored.claimed_by_device_id]
        assert tokens.count(f"token of {code}") == 1


def test_a_device_with_two_codes_claims_one_after_the_other(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    new_device: NewDevice,
    new_code: NewCode,
    reload: Reload,
    late: Late,
) -> None:
    device = new_device()
    one, two = new_code("ONE", customer_id=ada.customer_id), new_code("TWO", customer_id=bob.customer_id)
    second = late(pairing_codes.claim(one.code, device.id), pairing_codes.claim(two.code, device.id))

    assert second.claimed_by_device_id == device.id
    assert reload(device).customer_id == bob.customer_id
    assert operator.run(devices.get_auth_token(device.id)) == "token of TWO"


def test_a_code_that_is_deleted_at_once_is_not_claimed(
    operator: Scope, new_device: NewDevice, new_code: NewCode, late: Late
) -> None:
    code, device = new_code(), new_device()

    assert late(pairing_codes.delete(code.id), pairing_codes.claim(code.code, device.id)) is NotFound
    assert operator.run(devices.get_auth_token(device.id)) is None


def test_a_code_that_expires_while_it_is_claimed_is_not_deleted(
    store: Store,
    operator: Scope,
    new_device: NewDevice,
    new_code: NewCode,
    behind: Behind,
) -> None:
    device = new_device()
    with store.operator().transaction() as transaction:
        # Now is when a transaction began: by then the code had not expired, and for everybody else it has.
        code = new_code(lasts=timedelta())
        claimed = transaction.run(pairing_codes.claim(code.code, device.id))
        deleted = behind(pairing_codes.delete_expired())

    assert (deleted.result(), operator.run(pairing_codes.list_all())) == (0, [claimed])


def test_a_share_that_changes_while_the_device_changes_hands_is_gone(
    operator: Scope,
    bob: TenantScope,
    cyd: TenantScope,
    shared_device: Device,
    new_code: NewCode,
    share: Share,
    late: Late,
) -> None:
    given = share(shared_device, bob)
    code = new_code(customer_id=cyd.customer_id)
    change = device_shares.update(given.id, True, True, True, True)
    claimed = late(change, pairing_codes.claim(code.code, shared_device.id))

    assert claimed.claimed_by_device_id == shared_device.id
    assert operator.run(device_shares.list_by_device(shared_device.id)) == []


def test_a_device_that_is_given_away_meanwhile_stays_given_away(
    operator: Scope, bob: TenantScope, shared_device: Device, new_code: NewCode, reload: Reload, late: Late
) -> None:
    code = new_code()
    late(devices.set_customer_id(shared_device.id, bob.customer_id), pairing_codes.claim(code.code, shared_device.id))

    assert reload(shared_device).customer_id == bob.customer_id


def test_a_device_that_is_given_away_meanwhile_is_not_replaced(
    operator: Scope,
    bob: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: NewConnection,
    new_code: NewCode,
    late: Late,
) -> None:
    connection = new_connection(shared_device)
    code = new_code(reassign_device_id=shared_device.id)
    claim = pairing_codes.claim(code.code, new_device().id)
    late(devices.set_customer_id(shared_device.id, bob.customer_id), claim)

    assert [each.id for each in operator.run(connections.list_by_device(shared_device.id))] == [connection.id]


def test_a_claim_waits_for_shares_before_it_locks_the_device(
    operator: Scope,
    ts_database: Database,
    bob: TenantScope,
    cyd: TenantScope,
    shared_device: Device,
    share: Share,
    new_code: NewCode,
    behind: Behind,
) -> None:
    given = share(shared_device, bob)
    code = new_code(customer_id=cyd.customer_id)
    with psycopg.connect(ts_database.admin_dsn) as other:
        other.execute("SELECT FROM device_shares FOR UPDATE")
        claim = behind(pairing_codes.claim(code.code, shared_device.id))
        # As every change of a share does, this goes on to the device. Had the claim locked that, neither could go on.
        other.execute("UPDATE device_shares SET can_rename = true WHERE id = %s", [given.id])

    assert claim.result().claimed_by_device_id == shared_device.id
