from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore.errors import Conflict, NotAllowed, NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import connections, customers, device_shares, devices
from tenantstore.repositories.device_shares import DeviceShare
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, NewConnection, NewDevice, Share

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PERMISSIONS = ("can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")


@pytest.mark.parametrize("granted", [(), *((each,) for each in PERMISSIONS), PERMISSIONS])
def test_a_share_grants_what_it_names(
    operator: Scope, ada: TenantScope, bob: TenantScope, cyd: TenantScope, shared_device: Device, granted: tuple[str]
) -> None:
    by_operator = operator.run(device_shares.create(shared_device.id, bob.customer_id, **dict.fromkeys(granted, True)))
    by_owner = ada.run(
        device_shares.create_for_customer(
            shared_device.id, ada.customer_id, cyd.customer_id, **dict.fromkeys(granted, True)
        )
    )

    permissions: dict[str, Any] = {each: each in granted for each in PERMISSIONS}
    assert by_operator == DeviceShare(
        id=by_operator.id,
        device_id=shared_device.id,
        owner_id=ada.customer_id,
        shared_with=bob.customer_id,
        **permissions,
        created_at=by_operator.created_at,
        updated_at=by_operator.created_at,
    )
    same: dict[str, Any] = {"id": by_owner.id, "created_at": by_owner.created_at, "updated_at": by_owner.updated_at}
    assert by_owner == replace(by_operator, shared_with=cyd.customer_id, **same)


def test_shares_are_listed_oldest_first(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    cyd: TenantScope,
    new_device: NewDevice,
    share: Share,
    admin: Admin,
) -> None:
    device, other = new_device(ada), new_device(bob)
    made = [share(device, bob), share(device, cyd), share(other, ada), share(other, cyd)]
    newest, *rest = made
    admin.execute("UPDATE device_shares SET created_at = %s WHERE id <> %s", [NOON, newest.id])
    ordered = [*sorted((replace(each, created_at=NOON) for each in rest), key=lambda each: each.id), newest]

    def of(*places: int) -> list[DeviceShare]:
        ids = {made[place].id for place in places}
        return [each for each in ordered if each.id in ids]

    assert operator.run(device_shares.list_by_device(device.id)) == of(0, 1)
    assert ada.run_all(
        device_shares.list_by_customer(ada.customer_id),
        device_shares.list_by_device_for_customer(device.id, ada.customer_id),
        device_shares.list_by_device_for_customer(other.id, ada.customer_id),
    ) == (of(0, 1, 2), of(0, 1), of(2))
    assert cyd.run(device_shares.list_by_customer(cyd.customer_id)) == of(1, 3)


def test_a_share_is_seen_by_the_two_whose_it_is(
    operator: Scope, ada: TenantScope, bob: TenantScope, cyd: TenantScope, shared_device: Device, share: Share
) -> None:
    given = share(shared_device, bob)

    def found(me: TenantScope) -> tuple[DeviceShare | None, DeviceShare | None]:
        return me.run_all(
            device_shares.get_by_id_for_customer(given.id, me.customer_id),
            device_shares.get_by_device_and_customer(shared_device.id, me.customer_id),
        )

    assert operator.run_all(device_shares.get_by_id(given.id), device_shares.get_by_id(uuid4())) == (given, None)
    assert [found(me) for me in (ada, bob, cyd)] == [(given, None), (given, given), (None, None)]


def test_a_suspended_share_is_the_givers_alone(
    operator: Scope, ada: TenantScope, bob: TenantScope, cyd: TenantScope, new_device: NewDevice, share: Share
) -> None:
    to_bob, to_ada, to_cyd = share(new_device(ada), bob), share(new_device(bob), ada), share(new_device(bob), cyd)
    operator.run(customers.update_active(bob.customer_id, active=False))

    assert ada.run(device_shares.list_by_customer(ada.customer_id)) == [to_bob]
    for scope in (cyd, operator):  # in the operator's scope, the statement alone must refuse
        assert scope.run_all(
            device_shares.list_by_customer(cyd.customer_id),
            device_shares.get_by_id_for_customer(to_cyd.id, cyd.customer_id),
            device_shares.get_by_device_and_customer(to_cyd.device_id, cyd.customer_id),
            device_shares.list_by_device_for_customer(to_cyd.device_id, cyd.customer_id),
        ) == ([], None, None, [])
    operator.run(customers.update_active(bob.customer_id, active=True))
    assert ada.run(device_shares.list_by_customer(ada.customer_id)) == [to_bob, to_ada]


@pytest.mark.parametrize("granted", PERMISSIONS)
def test_permissions_take_the_place_of_those_before(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share, granted: str
) -> None:
    given = share(shared_device, bob, *PERMISSIONS)
    permissions: dict[str, Any] = {each: each == granted for each in PERMISSIONS}
    by_owner = ada.run(device_shares.update_for_customer(given.id, ada.customer_id, **permissions))
    by_operator = operator.run(device_shares.update(given.id, **permissions))

    assert by_owner == replace(given, **permissions, updated_at=by_owner.updated_at)
    assert by_operator == replace(by_owner, updated_at=by_operator.updated_at)
    assert bob.run(devices.permissions_for_customer(shared_device.id, bob.customer_id)) == devices.Permissions(
        **permissions
    )


@pytest.mark.parametrize("by", ["owner", "operator"])
def test_a_revoked_share_is_gone_with_the_next_statement(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share, by: str
) -> None:
    given = share(shared_device, bob)
    revoked = (
        ada.run(device_shares.delete_for_customer(given.id, ada.customer_id))
        if by == "owner"
        else operator.run(device_shares.delete(given.id))
    )

    assert revoked == given
    assert bob.run(devices.get_by_id_for_customer(shared_device.id, bob.customer_id)) is None
    assert operator.run(device_shares.list_by_device(shared_device.id)) == []


def test_what_the_operator_cannot_share(
    operator: Scope, ada: TenantScope, bob: TenantScope, new_device: NewDevice, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob)
    refused = [
        (uuid4(), bob.customer_id, NotFound),
        (new_device().id, bob.customer_id, psycopg.errors.NotNullViolation),
        (shared_device.id, ada.customer_id, psycopg.errors.CheckViolation),
        (shared_device.id, bob.customer_id, psycopg.errors.UniqueViolation),
        (shared_device.id, uuid4(), psycopg.errors.ForeignKeyViolation),
    ]

    for device_id, shared_with, error in refused:
        with pytest.raises(error):
            operator.run(device_shares.create(device_id, shared_with))


def test_what_a_customer_cannot_share(
    ada: TenantScope, bob: TenantScope, new_device: NewDevice, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob)
    refused = [
        (uuid4(), bob.customer_id, NotFound),
        (new_device().id, bob.customer_id, NotFound),
        (new_device(bob).id, bob.customer_id, NotFound),
        (shared_device.id, ada.customer_id, NotAllowed),
        (shared_device.id, bob.customer_id, Conflict),
        (shared_device.id, uuid4(), NotFound),
    ]

    for device_id, shared_with, error in refused:
        with pytest.raises(error):
            ada.run(device_shares.create_for_customer(device_id, ada.customer_id, shared_with))


NOTHING: list[Callable[[UUID], Statement[DeviceShare]]] = [
    lambda id: device_shares.update(id, True, True, True, True),
    device_shares.delete,
]


@pytest.mark.parametrize("change", NOTHING)
def test_a_change_to_no_share_is_not_found(operator: Scope, change: Callable[[UUID], Statement[DeviceShare]]) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


WRITES: dict[str, Callable[[connections.Connection, UUID], Statement[Any]]] = {
    "rename": lambda c, me: devices.update_name_description_for_customer(c.device_id, me, "x", "y"),
    "auto-rotate": lambda c, me: devices.update_auto_rotate_for_customer(c.device_id, me, 5),
    "create": lambda c, me: connections.create_for_customer(c.device_id, me, "x", "y"),
    "switch": lambda c, me: connections.update_active_for_customer(c.id, me, active=False),
    "change password": lambda c, me: connections.update_password_for_customer(c.id, me, "y"),
    "delete": lambda c, me: connections.delete_for_customer(c.id, me),
}


ENDINGS: dict[str, Callable[[DeviceShare], Statement[Any]]] = {
    "revocation": lambda share: device_shares.delete_for_customer(share.id, share.owner_id),
    "change of permission": lambda share: device_shares.update(share.id, False, False, True, False),
    "suspension": lambda share: customers.update_active(share.owner_id, active=False),
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_that_waited_for_the_end_of_its_permission_does_nothing(
    operator: Scope,
    bob: TenantScope,
    shared_device: Device,
    new_connection: NewConnection,
    share: Share,
    late: Callable[[Statement[Any], Statement[Any]], Any],
    write: str,
    ending: str,
) -> None:
    connection = new_connection(shared_device)
    end = ENDINGS[ending](share(shared_device, bob, *PERMISSIONS))

    assert late(end, WRITES[write](connection, bob.customer_id)) is NotFound
    assert operator.run(connections.list_all()) == [connection]
    assert operator.run(devices.get_by_id(shared_device.id)) == shared_device


OWNERS_WRITES: dict[str, Callable[[connections.Connection, UUID], Statement[Any]]] = {
    **WRITES,
    # Whom with does not matter: it must not get as far as that.
    "share": lambda c, me: device_shares.create_for_customer(c.device_id, me, me),
}


@pytest.mark.parametrize("write", OWNERS_WRITES)
def test_an_owners_write_that_waited_for_another_owner_does_nothing(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    shared_device: Device,
    new_connection: NewConnection,
    late: Callable[[Statement[Any], Statement[Any]], Any],
    write: str,
) -> None:
    connection = new_connection(shared_device)
    reassignment = devices.set_customer_id(shared_device.id, bob.customer_id)

    assert late(reassignment, OWNERS_WRITES[write](connection, ada.customer_id)) is NotFound
    assert operator.run(connections.list_all()) == [replace(connection, customer_id=bob.customer_id)]
    device = operator.run(devices.get_by_id(shared_device.id))
    assert device is not None
    assert device == replace(shared_device, customer_id=bob.customer_id, updated_at=device.updated_at)
