from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tenantstore.errors import NotFound
from tenantstore.repositories import devices, pairing_codes, relay_servers, users
from tenantstore.repositories.devices import Device
from tenantstore.repositories.pairing_codes import PairingCode
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, NewDevice
from tests.repositories.conftest import ONLOOKERS, NewCode, Onlooker, Reload, may

HOUR = timedelta(hours=1)


def test_create_stores_what_it_is_given(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device
) -> None:
    user = operator.run(users.create("eve@example.org", "hash", "Eve"))
    relay = operator.run(relay_servers.create("Berlin", "192.0.2.1"))
    expires_at = datetime.now(UTC)
    arguments = ("CODE", "token", expires_at, user.id, relay.id, shared_device.id, bob.customer_id)
    made = operator.run(pairing_codes.create(*arguments))

    assert made == PairingCode(
        id=made.id,
        code="CODE",
        device_auth_token="token",
        claimed_by_device_id=None,
        claimed_at=None,
        expires_at=expires_at,
        created_by=user.id,
        created_at=made.created_at,
        relay_server_id=relay.id,
        reassign_device_id=shared_device.id,
        customer_id=bob.customer_id,
    )


def test_a_code_is_of_nobody_or_of_the_owner_of_the_device_it_replaces(
    ada: TenantScope, shared_device: Device, new_code: NewCode
) -> None:
    codes = (new_code("PLAIN"), new_code("AGAIN", reassign_device_id=shared_device.id))

    assert [code.customer_id for code in codes] == [None, ada.customer_id]


def test_create_refuses_a_code_that_is_taken(new_code: NewCode) -> None:
    new_code()

    with pytest.raises(psycopg.errors.UniqueViolation):
        new_code()


def test_get_by_code_finds_only_unclaimed_unexpired_codes(
    operator: Scope, shared_device: Device, new_code: NewCode
) -> None:
    good = new_code("GOOD")
    new_code("CLAIMED")
    new_code("EXPIRED", lasts=-HOUR)
    operator.run(pairing_codes.claim("CLAIMED", shared_device.id))
    found = [operator.run(pairing_codes.get_by_code(each)) for each in ("GOOD", "CLAIMED", "EXPIRED", "good", "")]

    assert found == [good, None, None, None, None]


def test_a_claimed_code_stays_claimed_when_the_device_is_deleted(
    operator: Scope, new_device: NewDevice, new_code: NewCode
) -> None:
    code, device = new_code(), new_device()
    operator.run(pairing_codes.claim(code.code, device.id))
    operator.run(devices.delete(device.id))

    assert operator.run(pairing_codes.get_by_code(code.code)) is None
    with pytest.raises(NotFound):
        operator.run(pairing_codes.claim(code.code, new_device().id))


def test_lists_are_newest_first_and_keep_claimed_and_expired_codes(
    operator: Scope, ada: TenantScope, bob: TenantScope, new_device: NewDevice, new_code: NewCode
) -> None:
    old, new = new_code("OLD", lasts=-HOUR, customer_id=ada.customer_id), new_code("NEW", customer_id=ada.customer_id)
    others = [new_code("BOBS", customer_id=bob.customer_id), new_code("NOBODYS")]
    new = operator.run(pairing_codes.claim(new.code, new_device(ada).id))
    mine = ada.run(pairing_codes.list_by_customer(ada.customer_id))

    assert operator.run(pairing_codes.list_all()) == [*reversed(others), new, old]
    assert [(code.id, code.claimed_at, code.device_auth_token) for code in mine] == [
        (new.id, new.claimed_at, None),
        (old.id, None, None),
    ]


def test_delete_gives_the_code_as_it_was(operator: Scope, new_code: NewCode) -> None:
    code = new_code()

    assert operator.run(pairing_codes.delete(code.id)) == code
    with pytest.raises(NotFound):
        operator.run(pairing_codes.delete(code.id))


def test_delete_expired_keeps_claimed_codes_and_those_that_may_be(
    operator: Scope, admin: Admin, new_device: NewDevice, new_code: NewCode
) -> None:
    kept = [new_code("GOOD"), operator.run(pairing_codes.claim(new_code("CLAIMED").code, new_device().id))]
    admin.execute("UPDATE pairing_codes SET expires_at = now() WHERE code = 'CLAIMED'")
    new_code("OLD", lasts=-HOUR)
    new_code("OLDER", lasts=-2 * HOUR)

    assert operator.run(pairing_codes.delete_expired()) == 2
    assert {code.id for code in operator.run(pairing_codes.list_all())} == {code.id for code in kept}


def test_a_customers_code_can_be_read_out_and_claimed(
    operator: Scope, ada: TenantScope, new_device: NewDevice, reload: Reload
) -> None:
    expires_at = datetime.now(UTC) + HOUR
    code = ada.run(pairing_codes.create_for_customer(ada.customer_id, expires_at))
    device = new_device()
    operator.run(pairing_codes.claim(code.code, device.id))

    assert (len(code.code), set(code.code) & set("01OIL"), code.expires_at) == (8, set(), expires_at)
    assert (code.customer_id, code.device_auth_token) == (ada.customer_id, None)
    assert reload(device).customer_id == ada.customer_id
    assert len(operator.run(devices.get_auth_token(device.id)) or "") == 43


def test_codes_and_tokens_differ(operator: Scope, ada: TenantScope) -> None:
    for _ in range(3):
        ada.run(pairing_codes.create_for_customer(ada.customer_id, datetime.now(UTC)))
    codes = operator.run(pairing_codes.list_all())

    assert (len({each.code for each in codes}), len({each.device_auth_token for each in codes})) == (3, 3)


def test_a_customers_code_names_a_relay_server_that_is_there(operator: Scope, ada: TenantScope) -> None:
    relay = operator.run(relay_servers.create("Berlin", "192.0.2.1"))
    expires_at = datetime.now(UTC) + HOUR

    assert ada.run(pairing_codes.create_for_customer(ada.customer_id, expires_at, relay.id)).relay_server_id == relay.id
    with pytest.raises(NotFound):
        ada.run(pairing_codes.create_for_customer(ada.customer_id, expires_at, uuid4()))


@pytest.mark.parametrize("who", ONLOOKERS)
def test_the_owner_alone_replaces_a_device(
    operator: Scope, shared_device: Device, onlooker: Callable[[str], Onlooker], who: str
) -> None:
    me = onlooker(who)
    expires_at = datetime.now(UTC) + HOUR
    statement = pairing_codes.create_for_customer(me.customer_id, expires_at, reassign_device_id=shared_device.id)
    allowed = may(me.scope, statement)
    codes = operator.run(pairing_codes.list_all())

    assert (allowed, [code.reassign_device_id for code in codes]) == (
        (True, [shared_device.id]) if who == "owner" else (False, [])
    )


def test_an_unknown_device_is_refused_as_one_of_another(ada: TenantScope) -> None:
    assert not may(
        ada, pairing_codes.create_for_customer(ada.customer_id, datetime.now(UTC), reassign_device_id=uuid4())
    )


def test_a_repr_shows_no_token(new_code: NewCode) -> None:
    assert "token of" not in repr(new_code())
