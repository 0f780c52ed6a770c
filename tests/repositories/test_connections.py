from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore import Store
from tenantstore.errors import NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import connections, devices
from tenantstore.repositories.connections import Connection, NewConnection
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests import fix_fleet
from tests.fix_fleet import Admin, NewDevice, Share

NOON = datetime(2030, 1, 5, 12, tzinfo=UTC)
NOW = datetime.now(UTC)

Change = Callable[[UUID], Statement[Connection]]

CHANGES: dict[str, tuple[Change, dict[str, Any]]] = {
    "off": (lambda id: connections.update_active(id, active=False), {"active": False}),
    "password": (
        lambda id: connections.update_password(id, "new hash", "new password"),
        {"password_hash": "new hash", "password_plain": "new password"},
    ),
    "hash alone": (
        lambda id: connections.update_password(id, "new hash"),
        {"password_hash": "new hash", "password_plain": None},
    ),
    "used": (lambda id: connections.update_bandwidth_used(id, 2**40), {"bandwidth_used": 2**40}),
    "reset": (connections.reset_bandwidth_used, {"bandwidth_used": 0}),
}

EVERYTHING: dict[str, Any] = {
    "username": "ann",
    "password_hash": "hash",
    "password_plain": "password",
    "ip_whitelist": ["192.0.2.0/24", 'a "quoted", one'],
    "bandwidth_limit": 2**40,
    "active": False,
    "expires_at": NOON,
    "base_port": 30000,
    "http_port": 30001,
    "socks5_port": 30002,
    "proxy_type": "socks5",
}


def usernames(found: Sequence[Connection]) -> list[str]:
    return [each.username for each in found]


def test_a_new_connection_is_its_devices_owners(operator: Scope, ada: TenantScope, shared_device: Device) -> None:
    connection = operator.run(connections.create(shared_device.id, "ann", "hash"))

    assert connection == Connection(
        id=connection.id,
        device_id=shared_device.id,
        customer_id=ada.customer_id,
        username="ann",
        password_hash="hash",
        ip_whitelist=[],
        bandwidth_limit=0,
        bandwidth_used=0,
        active=True,
        expires_at=None,
        created_at=connection.created_at,
        updated_at=connection.created_at,
        base_port=None,
        http_port=None,
        socks5_port=None,
        proxy_type="http",
        password_plain=None,
    )


def test_a_connection_keeps_all_it_is_made_of(operator: Scope, shared_device: Device) -> None:
    plain = operator.run(connections.create(shared_device.id, "bob", "hash"))
    full = operator.run(connections.create(shared_device.id, **EVERYTHING))

    same: dict[str, Any] = {"id": full.id, "created_at": full.created_at, "updated_at": full.updated_at}
    assert full == replace(plain, **EVERYTHING, **same)
    assert operator.run(connections.get_by_id(full.id)) == full


def test_a_connection_needs_a_device(operator: Scope) -> None:
    with pytest.raises(NotFound):
        operator.run(connections.create(uuid4(), "ann", "hash"))


def test_a_connection_of_a_device_that_nobody_owns_is_nobodys(operator: Scope, new_device: NewDevice) -> None:
    assert operator.run(connections.create(new_device().id, "ann", "hash")).customer_id is None


def test_a_grantees_connection_is_the_owners_on_the_devices_ports(
    ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob, "can_manage_ports", "can_download_configs")
    given = {key: value for key, value in EVERYTHING.items() if key != "active" and not key.endswith("_port")}
    connection = bob.run(connections.create_for_customer(shared_device.id, bob.customer_id, **given))

    ports = (connection.base_port, connection.http_port, connection.socks5_port)
    assert (connection.customer_id, connection.active, ports) == (ada.customer_id, True, (None, None, None))
    assert {key: getattr(connection, key) for key in given} == given
    assert ada.run(connections.list_by_customer(ada.customer_id)) == [connection]


def test_lists_are_newest_first(
    operator: Scope, ada: TenantScope, shared_device: Device, new_device: NewDevice, admin: Admin
) -> None:
    made = [operator.run(connections.create(shared_device.id, "ann", "hash")) for _ in range(4)]
    foreign = operator.run(connections.create(new_device().id, "ann", "hash"))
    admin.execute("UPDATE proxy_connections SET created_at = %s WHERE id <> %s", [NOON, made[0].id])
    newest, *rest = (replace(each, created_at=NOON) for each in (*made[1:], foreign))
    ordered = sorted((newest, *rest), key=lambda each: each.id, reverse=True)
    own = [each for each in ordered if each.id != foreign.id] + [made[0]]

    assert operator.run(connections.list_all()) == [*ordered, made[0]]
    assert operator.run(connections.list_by_device(shared_device.id)) == own
    assert ada.run_all(
        connections.list_by_customer(ada.customer_id),
        connections.list_by_device_for_customer(shared_device.id, ada.customer_id),
    ) == (own, own)


USERNAMES = [
    ("the oldest", [{}, {}], 0),
    ("one that is active", [{"active": False}, {}], 1),
    ("one that has not expired", [{"expires_at": NOW - timedelta(days=1)}, {"expires_at": NOW + timedelta(days=1)}], 1),
    ("the oldest of those that cannot be used", [{"active": False}, {"expires_at": NOW - timedelta(days=1)}], 0),
    ("none by another case", [{"username": "Ann"}], None),
]


@pytest.mark.parametrize(("values", "found"), [case[1:] for case in USERNAMES], ids=[case[0] for case in USERNAMES])
def test_a_username_finds_one_connection(
    operator: Scope,
    new_device: NewDevice,
    new_connection: fix_fleet.NewConnection,
    values: list[dict[str, Any]],
    found: int | None,
) -> None:
    made = [new_connection(new_device(), **{"username": "ann", **each}) for each in values]

    assert operator.run(connections.get_by_username("ann")) == (None if found is None else made[found])


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_that_change_and_no_other(operator: Scope, shared_device: Device, name: str) -> None:
    other, connection = (operator.run(connections.create(shared_device.id, each, "hash", each)) for each in "ab")
    connection = operator.run(connections.update_bandwidth_used(connection.id, 7))
    change, expected = CHANGES[name]
    changed = operator.run(change(connection.id))

    assert changed == replace(connection, **expected, updated_at=changed.updated_at)
    assert changed.updated_at > connection.updated_at
    assert operator.run(connections.list_by_device(shared_device.id)) == [changed, other]


@pytest.mark.parametrize("change", [*[change for change, _ in CHANGES.values()], connections.delete])
def test_a_change_to_no_connection_is_not_found(operator: Scope, change: Change) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


def test_a_deleted_connection_is_given_as_it_was(
    operator: Scope, shared_device: Device, new_connection: fix_fleet.NewConnection
) -> None:
    gone, kept = new_connection(shared_device), new_connection(shared_device)

    assert operator.run(connections.delete(gone.id)) == gone
    assert operator.run(connections.list_all()) == [kept]


def test_a_customers_change_is_that_change_and_no_other(
    ada: TenantScope, shared_device: Device, new_connection: fix_fleet.NewConnection
) -> None:
    other, connection = new_connection(shared_device), new_connection(shared_device)
    me = ada.customer_id
    off = ada.run(connections.update_active_for_customer(connection.id, me, active=False))
    changed = ada.run(connections.update_password_for_customer(connection.id, me, "new hash"))

    assert off == replace(connection, active=False, updated_at=off.updated_at)
    assert changed == replace(off, password_hash="new hash", password_plain=None, updated_at=changed.updated_at)
    assert ada.run(connections.list_by_customer(me)) == [changed, other]
    assert ada.run(connections.delete_for_customer(connection.id, me)) == changed
    assert ada.run(connections.list_by_customer(me)) == [other]


def test_a_username_is_there_on_its_device_alone(
    operator: Scope, new_device: NewDevice, new_connection: fix_fleet.NewConnection
) -> None:
    device, other = new_device(), new_device()
    new_connection(device, username="ann")
    asked = [(device.id, "ann"), (device.id, "Ann"), (other.id, "ann")]

    assert operator.run_all(*(connections.exists_by_device_and_username(*each) for each in asked)) == (
        True,
        False,
        False,
    )


def test_active_connections_are_counted(
    operator: Scope, new_device: NewDevice, new_connection: fix_fleet.NewConnection
) -> None:
    for active in (True, False, True):
        new_connection(new_device(), active=active)

    assert operator.run(connections.count_active()) == 2


@pytest.mark.parametrize("owned", [True, False])
def test_connections_that_move_are_the_new_devices_owners(
    operator: Scope,
    bob: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: fix_fleet.NewConnection,
    owned: bool,
) -> None:
    target = new_device(bob if owned else None)
    made = [new_connection(shared_device, base_port=30000), new_connection(shared_device)]

    assert operator.run(connections.reassign_device(shared_device.id, target.id)) == 2
    assert [(each.id, each.customer_id) for each in operator.run(connections.list_by_device(target.id))] == [
        (each.id, target.customer_id) for each in reversed(made)
    ]


def test_connections_do_not_move_to_a_device_that_is_not_there(
    operator: Scope, shared_device: Device, new_connection: fix_fleet.NewConnection
) -> None:
    connection = new_connection(shared_device)

    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        operator.run(connections.reassign_device(shared_device.id, uuid4()))
    assert operator.run(connections.list_by_device(shared_device.id)) == [connection]


def test_a_set_takes_the_place_of_another(
    operator: Scope,
    ada: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: fix_fleet.NewConnection,
) -> None:
    kept = new_connection(new_device())
    new_connection(shared_device, base_port=30000)
    full, plain = NewConnection(**EVERYTHING), NewConnection("bob", "hash")
    made = operator.run(connections.replace_all_by_device(shared_device.id, [full, plain]))

    assert operator.run(connections.list_by_device(shared_device.id)) == made
    assert operator.run(connections.list_all()) == sorted([*made, kept], key=lambda c: c.created_at, reverse=True)
    found = {each.username: each for each in made}
    expected = {**EVERYTHING, "customer_id": ada.customer_id, "bandwidth_used": 0}
    assert {key: getattr(found["ann"], key) for key in expected} == expected
    assert found["bob"] == replace(
        operator.run(connections.create(shared_device.id, "bob", "hash")),
        id=found["bob"].id,
        created_at=found["bob"].created_at,
        updated_at=found["bob"].updated_at,
    )


def test_an_empty_set_leaves_none(
    operator: Scope, shared_device: Device, new_connection: fix_fleet.NewConnection
) -> None:
    new_connection(shared_device)

    assert operator.run(connections.replace_all_by_device(shared_device.id, [])) == []
    assert operator.run(connections.list_all()) == []


TWICE = [NewConnection("x", "hash", base_port=30000), NewConnection("y", "hash", base_port=30000)]
TAKEN = [NewConnection("x", "hash"), NewConnection("y", "hash", base_port=30004)]


@pytest.mark.parametrize("refused", [TWICE, TAKEN])
def test_a_set_that_is_refused_changes_nothing(
    operator: Scope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: fix_fleet.NewConnection,
    refused: list[NewConnection],
) -> None:
    new_connection(new_device(), base_port=30004)
    there = new_connection(shared_device)

    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(connections.replace_all_by_device(shared_device.id, refused))
    assert operator.run(connections.list_by_device(shared_device.id)) == [there]


@pytest.mark.parametrize("rows", [[], [NewConnection("ann", "hash")]])
def test_a_set_needs_a_device(operator: Scope, rows: list[NewConnection]) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        operator.run(connections.replace_all_by_device(uuid4(), rows))


def test_of_two_sets_at_once_the_later_stands_alone(
    operator: Scope, shared_device: Device, late: Callable[[Statement[Any], Statement[Any]], Any]
) -> None:
    def replace_by(*names: str) -> Statement[list[Connection]]:
        rows = [NewConnection(name, "hash") for name in names]
        return connections.replace_all_by_device(shared_device.id, rows)

    made = late(replace_by("a", "b"), replace_by("c"))

    assert (usernames(made), operator.run(connections.list_all())) == (["c"], made)


def test_of_many_sets_at_once_one_stands_alone(store: Store, operator: Scope, shared_device: Device) -> None:
    def replace_by(name: str) -> None:
        rows = [NewConnection(name, "hash") for _ in range(3)]
        store.operator().run(connections.replace_all_by_device(shared_device.id, rows))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(replace_by, "abcdefghijklmnopqrstuvwx"))

    assert len({*usernames(operator.run(connections.list_all()))}) == 1
    assert len(operator.run(connections.list_all())) == 3


def test_a_connection_that_meets_a_change_of_owner_is_the_new_owners(
    operator: Scope, bob: TenantScope, shared_device: Device, late: Callable[[Statement[Any], Statement[Any]], Any]
) -> None:
    connection = late(
        devices.set_customer_id(shared_device.id, bob.customer_id), connections.create(shared_device.id, "ann", "hash")
    )

    assert connection.customer_id == bob.customer_id


@pytest.mark.parametrize("owned", [True, False])
def test_a_change_of_owner_that_meets_a_connection_takes_it_along(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    new_device: NewDevice,
    late: Callable[[Statement[Any], Statement[Any]], Any],
    owned: bool,
) -> None:
    device = new_device(ada if owned else None)
    late(connections.create(device.id, "ann", "hash"), devices.set_customer_id(device.id, bob.customer_id))

    assert [each.customer_id for each in operator.run(connections.list_all())] == [bob.customer_id]


WRITES: list[Callable[[UUID, UUID], Statement[Any]]] = [
    lambda id, me: connections.update_active_for_customer(id, me, active=False),
    lambda id, me: connections.update_password_for_customer(id, me, "new hash"),
    connections.delete_for_customer,
]


@pytest.mark.parametrize("write", WRITES)
def test_a_connection_that_moves_away_meanwhile_is_not_changed(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: fix_fleet.NewConnection,
    late: Callable[[Statement[Any], Statement[Any]], Any],
    write: Callable[[UUID, UUID], Statement[Any]],
) -> None:
    connection, target = new_connection(shared_device), new_device(bob)
    refused = late(connections.reassign_device(shared_device.id, target.id), write(connection.id, ada.customer_id))
    (moved,) = operator.run(connections.list_all())

    assert refused is NotFound
    assert moved == replace(connection, device_id=target.id, customer_id=bob.customer_id, updated_at=moved.updated_at)


def test_a_repr_shows_no_password() -> None:
    assert repr(NewConnection("ann", "secret", "secret")).count("secret") == 0
