from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore import Store
from tenantstore.errors import NotAllowed, NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import connections, customers, device_commands, device_shares, devices, relay_servers
from tenantstore.repositories.devices import Device, StatusCount
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, NewConnection, NewCustomer, NewDevice, Share

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

Change = Callable[[UUID], Statement[Device]]

CHANGES: dict[str, tuple[Change, dict[str, Any]]] = {
    "status": (lambda id: devices.update_status(id, "rotating"), {"status": "rotating"}),
    "heartbeat": (
        lambda id: devices.update_heartbeat(id, "198.51.100.7", "10.0.0.7", "Orange", "5G", 80, True, -70),
        {
            "status": "online",
            "cellular_ip": "198.51.100.7",
            "wifi_ip": "10.0.0.7",
            "carrier": "Orange",
            "network_type": "5G",
            "battery_level": 80,
            "battery_charging": True,
            "signal_strength": -70,
        },
    ),
    "empty heartbeat": (devices.update_heartbeat, {"status": "online", "battery_level": 0}),
    "name": (
        lambda id: devices.update_name_description(id, "Rack 9", "by the door"),
        {"name": "Rack 9", "description": "by the door"},
    ),
    "auto-rotate": (lambda id: devices.update_auto_rotate(id, minutes=5), {"auto_rotate_minutes": 5}),
    "vpn": (lambda id: devices.set_vpn_ip(id, "10.8.0.9"), {"vpn_ip": "10.8.0.9"}),
    "vpn, IPv6": (lambda id: devices.set_vpn_ip(id, "2001:db8::9/64"), {"vpn_ip": "2001:db8::9"}),
    "no vpn": (lambda id: devices.set_vpn_ip(id, None), {"vpn_ip": ""}),
    "token": (lambda id: devices.set_auth_token(id, "secret"), {}),
    "alert": (lambda id: devices.set_last_offline_alert_at(id, NOON), {}),
    "no relay server": (lambda id: devices.update_relay_server(id, None), {}),
    "no owner": (lambda id: devices.set_customer_id(id, None), {"customer_id": None}),
}


UNHEARD_OF: dict[str, Any] = {
    "status": "offline",
    "last_heartbeat": None,
    **dict.fromkeys(("cellular_ip", "wifi_ip", "vpn_ip", "carrier", "network_type"), ""),
    **dict.fromkeys(("battery_level", "signal_strength", "auto_rotate_minutes"), 0),
    "battery_charging": False,
}


@pytest.fixture
def relay(operator: Scope) -> UUID:
    return operator.run(relay_servers.create("Relay", "192.0.2.1")).id


def test_a_new_device_is_offline_on_the_ports_after_its_base_port(
    operator: Scope, ada: TenantScope, relay: UUID
) -> None:
    device = operator.run(
        devices.create(
            "a",
            30000,
            "Rack 1",
            "by the door",
            "Pixel",
            "16",
            "2.0",
            customer_id=ada.customer_id,
            relay_server_id=relay,
        )
    )

    assert device == Device(
        id=device.id,
        name="Rack 1",
        android_id="a",
        base_port=30000,
        http_port=30000,
        socks5_port=30001,
        udp_relay_port=30002,
        ovpn_port=30003,
        app_version="2.0",
        device_model="Pixel",
        android_version="16",
        description="by the door",
        relay_server_id=relay,
        relay_server_ip="192.0.2.1",
        customer_id=ada.customer_id,
        created_at=device.created_at,
        updated_at=device.created_at,
        **UNHEARD_OF,
    )


def test_ports_that_are_given_are_kept(operator: Scope) -> None:
    device = operator.run(devices.create("a", 30000, http_port=1, socks5_port=2, udp_relay_port=3, ovpn_port=4))

    assert (device.http_port, device.socks5_port, device.udp_relay_port, device.ovpn_port) == (1, 2, 3, 4)


@pytest.mark.parametrize("taken", [{"android_id": "a", "base_port": 2}, {"android_id": "b", "base_port": 1}])
def test_a_device_is_there_once(operator: Scope, taken: dict[str, Any]) -> None:
    operator.run(devices.create("a", 1))

    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(devices.create(**taken))


def test_a_device_is_found_by_what_it_is_known_by(operator: Scope, new_device: NewDevice, relay: UUID) -> None:
    device = new_device(name="Rack 1", relay_server_id=relay)
    new_device(name="Rack 1")

    assert operator.run_all(
        devices.get_by_id(device.id),
        devices.get_by_android_id(device.android_id),
        devices.get_by_name("Rack 1"),
        devices.get_by_id(uuid4()),
        devices.get_by_android_id(device.android_id.upper()),
        devices.get_by_name("rack 1"),
    ) == (device, device, device, None, None, None)


def test_all_devices_come_by_name_then_id(operator: Scope, ada: TenantScope, new_device: NewDevice) -> None:
    made = [new_device(ada, name="b"), new_device(name="a"), new_device(name="b"), new_device(name="")]

    assert operator.run(devices.list_all()) == sorted(made, key=lambda d: (d.name, d.id))


def test_upsert_makes_a_device_once(operator: Scope, ada: TenantScope) -> None:
    first = operator.run(devices.upsert("a", 30000, "Pixel", "15", "1.0", name="New"))
    operator.run(devices.update_name_description(first.id, "Rack 1", ""))
    owned = operator.run(devices.set_customer_id(first.id, ada.customer_id))
    again = operator.run(devices.upsert("a", 30004, "Pixel 9", "16", "2.0", name="New"))

    assert (first.name, first.base_port, first.ovpn_port, first.device_model) == ("New", 30000, 30003, "Pixel")
    assert again == replace(
        owned, device_model="Pixel 9", android_version="16", app_version="2.0", updated_at=again.updated_at
    )


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_that_change_and_no_other(
    operator: Scope, ada: TenantScope, new_device: NewDevice, name: str
) -> None:
    other = new_device(ada)
    device = operator.run(devices.set_vpn_ip(new_device(ada).id, "10.8.0.1"))
    change, expected = CHANGES[name]
    changed = operator.run(change(device.id))

    heard = changed.last_heartbeat if "heartbeat" in name else None
    assert changed == replace(device, **expected, last_heartbeat=heard, updated_at=changed.updated_at)
    assert (changed.updated_at > device.updated_at, heard is None) == (True, "heartbeat" not in name)
    assert operator.run_all(devices.get_by_id(device.id), devices.get_by_id(other.id)) == (changed, other)


@pytest.mark.parametrize("change", [*[change for change, _ in CHANGES.values()], devices.delete])
def test_a_change_to_no_device_is_not_found(operator: Scope, change: Change) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


def test_a_customer_s_value_that_no_column_holds_is_refused_as_a_value(ada: TenantScope, new_device: NewDevice) -> None:
    device = new_device(ada)
    name = devices.update_name_description_for_customer(device.id, ada.customer_id, "x" * 256, "")
    payload = device_commands.create_for_customer(device.id, ada.customer_id, "reboot", {"k": "\0"})
    for statement in (name, payload):
        with pytest.raises(NotAllowed) as refused:
            ada.run(statement)
        assert refused.value.value_refused


def test_a_device_moves_behind_a_relay_server(operator: Scope, new_device: NewDevice, relay: UUID) -> None:
    device = operator.run(devices.update_relay_server(new_device().id, relay))

    assert (device.relay_server_id, device.relay_server_ip) == (relay, "192.0.2.1")


def test_a_token_is_read_alone(operator: Scope, new_device: NewDevice) -> None:
    device, bare = new_device(), new_device()
    operator.run(devices.set_auth_token(device.id, "secret"))
    ids = (device.id, bare.id, uuid4())

    assert operator.run_all(*map(devices.get_auth_token, ids)) == ("secret", None, None)
    operator.run(devices.set_auth_token(device.id, None))
    assert operator.run(devices.get_auth_token(device.id)) is None


def test_an_alert_is_on_record(operator: Scope, new_device: NewDevice) -> None:
    device, quiet = new_device(), new_device()
    operator.run(devices.set_last_offline_alert_at(device.id, NOON))

    assert operator.run_all(*map(devices.get_last_offline_alert_at, (device.id, quiet.id))) == (NOON, None)


def test_what_hangs_on_a_device_is_deleted_with_it(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    shared_device: Device,
    new_connection: NewConnection,
    share: Share,
) -> None:
    new_connection(shared_device)
    share(shared_device, bob)

    assert operator.run(devices.delete(shared_device.id)) == shared_device
    assert operator.run_all(
        devices.list_all(), connections.list_all(), device_shares.list_by_device(shared_device.id)
    ) == ([], [], [])


@pytest.mark.parametrize(("old", "new"), [("Ada", "Bob"), ("Ada", None), (None, "Bob")])
def test_a_new_owner_gets_the_connections_and_none_of_the_shares(
    operator: Scope,
    cyd: TenantScope,
    new_customer: NewCustomer,
    new_device: NewDevice,
    new_connection: NewConnection,
    share: Share,
    old: str | None,
    new: str | None,
) -> None:
    owner, heir = (new_customer(name) if name else None for name in (old, new))
    device = new_device(owner)
    connection = new_connection(device)
    if owner:
        share(device, cyd)
    customer_id = heir.customer_id if heir else None
    moved = operator.run(devices.set_customer_id(device.id, customer_id))
    carried = operator.run(connections.get_by_id(connection.id))

    assert moved == replace(device, customer_id=customer_id, updated_at=moved.updated_at)
    assert carried is not None
    assert carried.customer_id == customer_id
    assert operator.run(device_shares.list_by_device(device.id)) == []
    assert cyd.run(devices.list_by_customer(cyd.customer_id)) == []


def test_the_owner_who_stays_the_owner_keeps_the_shares(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share
) -> None:
    given = share(shared_device, bob)
    operator.run(devices.set_customer_id(shared_device.id, ada.customer_id))

    assert operator.run(device_shares.list_by_device(shared_device.id)) == [given]


STALE = [
    # status, minutes since the last heartbeat, minutes since the last change; is it gone after ten?
    ("online", 11, 0, True),
    ("rotating", 11, 0, True),
    ("error", 11, 0, True),
    ("online", 9, 20, False),
    ("offline", 11, 20, False),
    ("online", None, 11, True),
    ("online", None, 9, False),
]


def test_devices_that_are_not_heard_of_go_offline(operator: Scope, new_device: NewDevice, admin: Admin) -> None:
    made = [new_device().id for _ in STALE]
    for id, (status, heard, touched, _) in zip(made, STALE, strict=True):
        admin.execute(
            "UPDATE devices SET status = %s, last_heartbeat = now() - %s * interval '1 minute',"
            " updated_at = now() - %s * interval '1 minute' WHERE id = %s",
            [status, heard, touched, id],
        )

    assert operator.run(devices.mark_stale_offline(timedelta(minutes=10))) == sum(gone for *_, gone in STALE)
    found = {device.id: device.status for device in operator.run(devices.list_all())}
    assert [found[id] for id in made] == ["offline" if gone else status for status, _, _, gone in STALE]


def test_a_device_that_reports_at_this_moment_is_not_stale(
    store: Store, operator: Scope, new_device: NewDevice, admin: Admin
) -> None:
    device = new_device()
    admin.execute("UPDATE devices SET status = 'online', last_heartbeat = now() - interval '1 day'")
    with store.operator().transaction() as transaction:
        transaction.run(devices.update_heartbeat(device.id))

        assert operator.run(devices.mark_stale_offline(timedelta(minutes=10))) == 0


def test_devices_are_counted_by_status(operator: Scope, new_device: NewDevice) -> None:
    online = [new_device(), new_device(), new_device()][:2]
    for device in online:
        operator.run(devices.update_status(device.id, "online"))

    assert operator.run(devices.count_by_status()) == [StatusCount("offline", 1), StatusCount("online", 2)]


def test_base_ports_go_up_in_steps_past_what_is_taken(
    operator: Scope, new_device: NewDevice, new_connection: NewConnection
) -> None:
    new_connection(new_device(base_port=30004), base_port=30012)

    assert operator.run_all(*(devices.next_base_port() for _ in range(3))) == (30000, 30008, 30016)


def test_no_two_are_given_one_port(store: Store) -> None:
    def create(number: int) -> int:
        operator = store.operator()
        return operator.run(devices.create(f"a{number}", operator.run(devices.next_base_port()))).base_port

    with ThreadPoolExecutor(8) as pool:
        given = sorted(pool.map(create, range(80)))

    assert given == list(range(30000, 30320, 4))


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_pages_are_the_list_in_pieces(
    ada: TenantScope, bob: TenantScope, new_device: NewDevice, share: Share, size: int
) -> None:
    mine = [new_device(bob, name=name) for name in ("b", "a", "", "b", "c")]
    theirs = [new_device(ada, name=name) for name in ("b", "a", "a", "", "d")]
    new_device(ada, name="a")
    for device in theirs:
        share(device, bob)
    pages: list[list[Device]] = []
    after = None
    while not pages or pages[-1]:
        pages.append(bob.run(devices.list_by_customer(bob.customer_id, limit=size, after=after)))
        after = (pages[-1][-1].name, pages[-1][-1].id) if pages[-1] else after

    assert [device for page in pages for device in page] == sorted(mine + theirs, key=lambda d: (d.name, d.id))
    assert {len(page) for page in pages[:-2]} <= {size}
    assert bob.run(devices.list_by_customer(bob.customer_id)) == [device for page in pages for device in page]


def test_a_page_may_be_empty(ada: TenantScope, shared_device: Device) -> None:
    assert ada.run(devices.list_by_customer(ada.customer_id, limit=0)) == []


def test_a_customer_sees_the_relay_server_of_what_they_see(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, relay: UUID, share: Share
) -> None:
    operator.run(devices.update_heartbeat(shared_device.id, "198.51.100.7"))
    share(shared_device, bob)
    device = operator.run(devices.update_relay_server(shared_device.id, relay))

    for me in (ada, bob):
        assert me.run_all(
            devices.get_by_id_for_customer(device.id, me.customer_id), devices.list_by_customer(me.customer_id)
        ) == (device, [device])


def test_a_grantee_writes_what_the_owner_reads(
    ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob, "can_rename", "can_rotate_ip")
    bob.run(devices.update_name_description_for_customer(shared_device.id, bob.customer_id, "Rack 9", "by the door"))
    device = bob.run(devices.update_auto_rotate_for_customer(shared_device.id, bob.customer_id, minutes=5))

    assert device == replace(
        shared_device, name="Rack 9", description="by the door", auto_rotate_minutes=5, updated_at=device.updated_at
    )
    assert ada.run(devices.get_by_id_for_customer(shared_device.id, ada.customer_id)) == device


def test_a_share_counts_again_when_the_suspension_ends(
    operator: Scope, ada: TenantScope, bob: TenantScope, shared_device: Device, share: Share
) -> None:
    share(shared_device, bob)
    seen = []
    for active in (False, True):
        operator.run(customers.update_active(ada.customer_id, active=active))
        seen.append(bob.run(devices.list_by_customer(bob.customer_id)))

    assert seen == [[], [shared_device]]
