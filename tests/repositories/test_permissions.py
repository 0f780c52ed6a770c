"""What each tenant function lets whom do, in the customer's scope and, by the statement alone, in the operator's.

The operator may run a customer's statement to act as them. The policies let the operator pass, so there the statement
itself is all that holds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from tenantstore.errors import CustomerNotActive, NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import connections, customers, device_shares, devices
from tenantstore.repositories.connections import Connection
from tenantstore.repositories.device_shares import DeviceShare
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, NewConnection, NewCustomer, NewDevice, Share

PERMISSIONS = ("can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")


@dataclass(frozen=True)
class Thing:
    """A device with a connection, and a share of it that Zoe has."""

    device: Device
    connection: Connection
    zoes: DeviceShare
    stranger: UUID


@dataclass(frozen=True)
class Operation:
    """``needs`` is a permission, ``see`` for any share, ``own`` for none that would do."""

    name: str
    needs: str
    statement: Callable[[Thing, UUID], Statement[Any]]


OPERATIONS = [
    Operation("list devices", "see", lambda t, me: devices.list_by_customer(me)),
    Operation("get device", "see", lambda t, me: devices.get_by_id_for_customer(t.device.id, me)),
    Operation("permissions", "see", lambda t, me: devices.permissions_for_customer(t.device.id, me)),
    Operation(
        "rename",
        "can_rename",
        lambda t, me: devices.update_name_description_for_customer(t.device.id, me, name="x", description="y"),
    ),
    Operation(
        "auto-rotate",
        "can_rotate_ip",
        lambda t, me: devices.update_auto_rotate_for_customer(t.device.id, me, minutes=5),
    ),
    Operation("list own connections", "own", lambda t, me: connections.list_by_customer(me)),
    Operation("get connection", "see", lambda t, me: connections.get_by_id_for_customer(t.connection.id, me)),
    Operation("list connections", "see", lambda t, me: connections.list_by_device_for_customer(t.device.id, me)),
    Operation(
        "create connection",
        "can_manage_ports",
        lambda t, me: connections.create_for_customer(t.device.id, me, username="x", password_hash="y"),
    ),
    Operation(
        "switch connection",
        "can_manage_ports",
        lambda t, me: connections.update_active_for_customer(t.connection.id, me, active=False),
    ),
    Operation(
        "change password",
        "can_manage_ports",
        lambda t, me: connections.update_password_for_customer(t.connection.id, me, password_hash="y"),
    ),
    Operation(
        "delete connection",
        "can_manage_ports",
        lambda t, me: connections.delete_for_customer(t.connection.id, me),
    ),
    Operation("share", "own", lambda t, me: device_shares.create_for_customer(t.device.id, me, shared_with=t.stranger)),
    Operation("get another's share", "own", lambda t, me: device_shares.get_by_id_for_customer(t.zoes.id, me)),
    Operation("list shares", "see", lambda t, me: device_shares.list_by_device_for_customer(t.device.id, me)),
    Operation("list all shares", "see", lambda t, me: device_shares.list_by_customer(me)),
    Operation(
        "change a share",
        "own",
        lambda t, me: device_shares.update_for_customer(t.zoes.id, me, True, True, True, True),
    ),
    Operation("revoke a share", "own", lambda t, me: device_shares.delete_for_customer(t.zoes.id, me)),
]


@pytest.fixture
def new_thing(
    new_customer: NewCustomer, new_device: NewDevice, new_connection: NewConnection, share: Share
) -> Callable[[TenantScope], Thing]:
    zoe, stranger = new_customer("Zoe"), new_customer("Xan")

    def new_thing(owner: TenantScope) -> Thing:
        device = new_device(owner)
        return Thing(device, new_connection(device), share(device, zoe, *PERMISSIONS), stranger.customer_id)

    return new_thing


def is_allowed(scope: Scope, statement: Statement[Any], device: Device) -> bool:
    """Whether it does something with that device, or what hangs on it, or shows it."""
    try:
        result = scope.run(statement)
    except (NotFound, CustomerNotActive):
        return False
    if isinstance(result, list):
        return any((each.id if isinstance(each, Device) else each.device_id) == device.id for each in result)
    return result is not None


@pytest.mark.parametrize("barrier", ["the customer's scope", "the statement alone"])
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_a_permission_opens_what_it_says_and_nothing_else(
    operation: Operation,
    barrier: str,
    operator: Scope,
    new_customer: NewCustomer,
    new_thing: Callable[[TenantScope], Thing],
    share: Share,
) -> None:
    granted = {
        "owner": None,
        "grantee who may": [operation.needs] if operation.needs in PERMISSIONS else [],
        "grantee who may all else": [each for each in PERMISSIONS if each != operation.needs],
        "stranger": None,
        "grantee of a suspended owner": PERMISSIONS,
        "suspended grantee": PERMISSIONS,
    }
    found = {}
    for who, permissions in granted.items():
        owner, me = new_customer(f"owner of {who}"), new_customer(who)
        thing = new_thing(owner)
        # What they may do with other devices, one of their own and one of this owner's, must not count here.
        new_thing(me)
        share(new_thing(owner).device, me, *PERMISSIONS)
        if permissions is not None:
            share(thing.device, me, *permissions)
        if "suspended" in who:
            operator.run(customers.update_active((owner if "owner" in who else me).customer_id, active=False))
        me = owner if who == "owner" else me
        scope = me if barrier == "the customer's scope" else operator
        found[who] = is_allowed(scope, operation.statement(thing, me.customer_id), thing.device)

    assert found == {
        "owner": True,
        "grantee who may": operation.needs != "own",
        "grantee who may all else": operation.needs == "see",
        "stranger": False,
        "grantee of a suspended owner": False,
        "suspended grantee": False,
    }


@pytest.mark.parametrize("granted", PERMISSIONS)
def test_permissions_are_those_of_the_share(
    granted: str, bob: TenantScope, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob, granted)

    assert bob.run(devices.permissions_for_customer(shared_device.id, bob.customer_id)) == devices.Permissions(
        **{each: each == granted for each in PERMISSIONS}
    )


def test_the_owner_has_every_permission(ada: TenantScope, shared_device: Device) -> None:
    everything = devices.Permissions(*[True] * 4)

    assert ada.run(devices.permissions_for_customer(shared_device.id, ada.customer_id)) == everything


def test_nobody_sees_a_device_that_nobody_owns(ada: TenantScope, new_device: NewDevice) -> None:
    stray = new_device()

    assert ada.run_all(
        devices.list_by_customer(ada.customer_id),
        devices.get_by_id_for_customer(stray.id, ada.customer_id),
        devices.permissions_for_customer(stray.id, ada.customer_id),
    ) == ([], None, None)


READS_AND_WRITES: dict[str, Callable[[Connection, UUID], Statement[Any]]] = {
    "get": lambda c, me: connections.get_by_id_for_customer(c.id, me),
    "list": lambda c, me: connections.list_by_device_for_customer(c.device_id, me),
    "create": lambda c, me: connections.create_for_customer(c.device_id, me, "x", "new hash", "new password"),
    "switch": lambda c, me: connections.update_active_for_customer(c.id, me, active=False),
    "change password": lambda c, me: connections.update_password_for_customer(c.id, me, "new hash", "new password"),
    "delete": lambda c, me: connections.delete_for_customer(c.id, me),
}


@pytest.mark.parametrize("barrier", ["the customer's scope", "the statement alone"])
@pytest.mark.parametrize("name", READS_AND_WRITES)
def test_passwords_are_for_the_owner_and_who_may_download_configurations(
    name: str,
    barrier: str,
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    cyd: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: NewConnection,
    share: Share,
) -> None:
    share(shared_device, bob, "can_manage_ports", "can_download_configs")
    share(shared_device, cyd, "can_manage_ports", "can_rename", "can_rotate_ip")
    share(new_device(ada), cyd, "can_download_configs")
    found = []
    for me in (ada, bob, cyd):
        connection = new_connection(shared_device, password_hash="hash", password_plain="password")
        scope = me if barrier == "the customer's scope" else operator
        result = scope.run(READS_AND_WRITES[name](connection, me.customer_id))
        first = result[0] if isinstance(result, list) else result
        found.append((first.password_hash, first.password_plain))

    shown = ("new hash", "new password") if name in ("create", "change password") else ("hash", "password")
    assert found == [shown, shown, (None, None)]


OLD_READS: list[Callable[[Connection, UUID], Statement[Any]]] = [
    lambda c, me: connections.list_by_customer(me),
    lambda c, me: connections.list_by_device_for_customer(c.device_id, me),
    lambda c, me: connections.get_by_id_for_customer(c.id, me),
]


@pytest.mark.parametrize("barrier", ["the customer's scope", "the statement alone"])
@pytest.mark.parametrize(
    ("granted", "shown"),
    [(None, False), ("can_manage_ports", False), ("can_download_configs", True), ("suspended", False)],
)
def test_who_once_had_a_connection_sees_it_without_its_password(
    granted: str | None,
    shown: bool,
    barrier: str,
    operator: Scope,
    admin: Admin,
    ada: TenantScope,
    bob: TenantScope,
    cyd: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: NewConnection,
    share: Share,
) -> None:
    connection = new_connection(shared_device, password_hash="hash", password_plain="password")
    with admin.transaction():
        # Such rows are from before migration 012; nothing makes them today.
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("UPDATE proxy_connections SET customer_id = %s", [bob.customer_id])
    share(shared_device, cyd, "can_download_configs")
    share(new_device(cyd), bob, "can_download_configs")
    if granted is not None:
        share(shared_device, bob, "can_download_configs" if granted == "suspended" else granted)
    if granted == "suspended":
        operator.run(customers.update_active(ada.customer_id, active=False))
    scope = bob if barrier == "the customer's scope" else operator
    found = [scope.run(read(connection, bob.customer_id)) for read in OLD_READS]

    password = ("hash", "password") if shown else (None, None)
    assert [
        (c.id, c.password_hash, c.password_plain)
        for each in found
        for c in (each if isinstance(each, list) else [each])
    ] == [(connection.id, *password)] * 3
