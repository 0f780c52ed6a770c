"""What nobody can mean is refused, by every function and for every parameter, and leaves nothing behind.

Each function is called with good arguments but for one. The operator runs it, also the customers' functions: so no
policy refuses.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from inspect import signature
from typing import Any, get_type_hints
from uuid import UUID

import psycopg
import pytest

from tenantstore.errors import InvalidParameter
from tenantstore.queries import Statement
from tenantstore.repositories import connections, customers, device_shares, devices
from tenantstore.repositories.connections import NewConnection
from tenantstore.repositories.devices import Device, Heartbeat
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, NewDevice, Share
from tests.fix_fleet import NewConnection as MakeConnection
from tests.repositories.conftest import Nowhere

Function = Callable[..., Statement[Any]]

FUNCTIONS: dict[str, Function] = {
    f"{module.__name__.rpartition('.')[2]}.{name}": function
    for module in (connections, customers, device_shares, devices)
    for name, function in vars(module).items()
    if callable(function) and function.__module__ == module.__name__ and name.islower() and name[0] != "_"
}
READS = ("get_", "list_", "exists_", "permissions_")
SENSELESS_WHEN_EMPTY = ("android_id", "auth_token", "email", "google_id", "google_email", "password_hash", "username")
LIMITED = (*SENSELESS_WHEN_EMPTY, "name", "device_model", "android_version", "app_version", "carrier", "network_type")
NOON = datetime(2030, 1, 5, 12, tzinfo=UTC)


def bad_values(function: str, name: str, hint: Any) -> Iterator[object]:
    """What this parameter must not be."""
    if type(None) not in getattr(hint, "__args__", ()):
        yield None
    if "UUID" in str(hint) and name != "after":
        yield from ("", "no-uuid", "6f1c8f1e-0000-4000-8000-00000000000")
    if name.endswith("_ip"):
        yield from ("", "192.0.2.256", "relay.example.org")
    if "str" in str(hint):
        yield {"ip_whitelist": ["a\0b"], "after": ("a\0b", UUID(int=0))}.get(name, "a\0b")
    if name in LIMITED and not function.partition(".")[2].startswith(READS):
        yield 10 * 2**20 * "x"
        if name in SENSELESS_WHEN_EMPTY or function.startswith("customers."):
            yield ""
    if "int" in str(hint).split() or hint is int:
        yield from (-1, 2**63, "many") if name != "signal_strength" and name != "battery_level" else (2**31, "many")
    if name.endswith("_port"):
        yield from (0, 65536)
    if "datetime" in str(hint):
        yield from (NOON.replace(tzinfo=None), "soon")
    more: dict[str, list[object]] = {
        "after": [("x", "no-uuid")],
        "status": ["", "gone"],
        "proxy_type": ["", "ftp"],
        "ip_whitelist": ["192.0.2.1"],
    }
    yield from more.get(name, [])
    yield from [timedelta(seconds=-1)] if name == "threshold" else []
    yield from _bad_sets() if name == "connections" else []
    yield from _bad_reports() if name == "heartbeats" else []


def _bad_sets() -> Iterator[list[NewConnection]]:
    for bad in (
        NewConnection(300 * "x", "hash"),
        NewConnection("bob", "hash", bandwidth_limit=2**63),
    ):
        yield [NewConnection("ann", "hash"), bad]


def _bad_reports() -> Iterator[list[Heartbeat]]:
    device_id = UUID(int=1)
    for bad in (
        Heartbeat(device_id, cellular_ip="192.0.2.256"),
        Heartbeat(device_id, wifi_ip=""),
        Heartbeat(device_id, network_type="a\0b"),
        Heartbeat(device_id, battery_level=2**31),
    ):
        yield [Heartbeat(UUID(int=2)), bad]


@pytest.fixture
def good(
    operator: Scope,
    bob: TenantScope,
    cyd: TenantScope,
    shared_device: Device,
    new_device: NewDevice,
    new_connection: MakeConnection,
    share: Share,
) -> dict[str, Any]:
    """An argument that is right for each parameter of that name."""
    operator.run(customers.update_email_verified(cyd.customer_id, True))
    return {
        "device_id": shared_device.id,
        "to_device_id": new_device().id,
        "connection_id": new_connection(shared_device).id,
        "share_id": share(shared_device, bob, "can_rename").id,
        "customer_id": shared_device.customer_id,
        "shared_with": cyd.customer_id,
        "relay_server_id": None,
        "connections": [NewConnection("ann", "hash")],
        "heartbeats": [Heartbeat(shared_device.id)],
        "minutes": 5,
        "base_port": 30000,
        "bandwidth_used_bytes": 5,
        "threshold": timedelta(minutes=10),
        "last_offline_alert_at": NOON,
        "status": "online",
        "vpn_ip": "10.8.0.1",
        **dict.fromkeys(("active", "email_verified"), False),
        **dict.fromkeys(("can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip"), True),
    }


def stored(admin: Admin) -> list[Any]:
    tables = ("customers", "devices", "device_shares", "proxy_connections")
    return [
        admin.execute(
            psycopg.sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(psycopg.sql.Identifier(table))
        ).fetchall()
        for table in tables
    ]


def backends(admin: Admin) -> set[Any]:
    query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'tenantstore' AND datname = current_database()"
    return set(admin.execute(query).fetchall())


def is_refused(operator: Scope, function: Function, arguments: dict[str, Any]) -> bool:
    try:
        operator.run(function(**arguments))
    except (InvalidParameter, TypeError, psycopg.DataError):
        return True
    return False


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_bad_value_is_refused_and_nothing_else_happens(
    operator: Scope, admin: Admin, good: dict[str, Any], name: str
) -> None:
    function = FUNCTIONS[name]
    hints = get_type_hints(function)
    arguments = {
        each.name: good.get(each.name, f"{each.name} 1")
        for each in signature(function).parameters.values()
        if each.default is each.empty
    }
    before, connected = stored(admin), backends(admin)
    taken = [
        (parameter, value if len(repr(value)) < 100 else "long")
        for parameter in signature(function).parameters
        for value in bad_values(name, parameter, hints[parameter])
        if not is_refused(operator, function, {**arguments, parameter: value})
    ]

    # None is lost; a pool that was slow to start may have made its second by now.
    assert (taken, stored(admin), connected - backends(admin)) == ([], before, set())
    operator.run(function(**arguments))


BAD_CONNECTIONS: list[dict[str, Any]] = [
    {"username": ""},
    {"password_hash": ""},
    {"bandwidth_limit": -1},
    {"base_port": 0},
    {"http_port": 65536},
    {"socks5_port": -1},
    {"proxy_type": "ftp"},
    {"expires_at": NOON.replace(tzinfo=None)},
    {"username": "a\0"},
    {"password_hash": "\ud800"},
    {"password_plain": "a\0b"},
    {"ip_whitelist": ["10.0.0.1", "\udfff"]},
    {"username": None},
    {"username": 5},
    {"password_hash": b"hash"},
    {"active": "maybe"},
    {"expires_at": "infinity"},
    {"expires_at": NOON.date()},
    {"expires_at": NOON.replace(tzinfo=Nowhere())},
]


@pytest.mark.parametrize("values", BAD_CONNECTIONS, ids=str)
def test_a_bad_connection_is_not_even_made(values: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameter, match=f"^{next(iter(values))} "):
        NewConnection(**{"username": "ann", "password_hash": "hash", **values})


WORDS: list[tuple[Callable[[], object], str]] = [
    (lambda: devices.create("", 30000), "android_id is empty"),
    (lambda: devices.create("a", 70000), "base_port is not a port: 70000"),
    (lambda: devices.update_auto_rotate(UUID(int=1), -5), "minutes is negative: -5"),
    (lambda: devices.mark_stale_offline(timedelta(minutes=-1)), "threshold is negative: -1 day, 23:59:00"),
    (
        lambda: devices.update_status(UUID(int=1), "gone"),  # type: ignore[arg-type]
        "status is none of online, offline, rotating, error",
    ),
    (lambda: customers.create("Ann", None), "customers/create: email is None"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("make", "words"), WORDS, ids=[words for _, words in WORDS])
def test_an_error_says_which_and_why(make: Callable[[], object], words: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        make()

    assert str(caught.value) == words
