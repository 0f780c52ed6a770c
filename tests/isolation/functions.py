"""Every function of every repository, found by looking, and what it is called with; a new one is tested at once.

A function whose parameters have no values in ``VALUES``, or whose power is not in ``NEEDS``, fails tests by its name.
"""

import inspect
import pkgutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from tenantstore import repositories
from tenantstore.queries import CATALOG, Scope, Statement
from tests.isolation.world import ADA, DEVICES, EVE, SHARES, Person, named, row_id, share_id

Function = Callable[..., Statement[Any]]

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

VALUES: Mapping[str, Any] = {
    "active": False,
    "after": None,
    "android_id": "another",
    "android_version": "15",
    "at": LATER,
    "auth_token": "t",
    "bandwidth_limit": 1,
    "bandwidth_used_bytes": 1,
    "base_port": 45000,
    "bytes_in": 1,
    "bytes_out": 1,
    "changed_at": LATER,
    "connections": [],
    "description": "said by a test",
    "device_auth_token": "t",
    "device_model": "m",
    "email": "new@example.org",
    "email_verified": True,
    "expires_at": LATER,
    "google_email": "new@example.org",
    "google_id": "g",
    "interval_end": datetime(2026, 1, 6, tzinfo=UTC),
    "interval_start": datetime(2026, 1, 5, tzinfo=UTC),
    "app_version": "1",
    "heartbeats": [],
    "ip": "198.51.100.9",
    "last_offline_alert_at": SINCE,
    "limit": 50,
    "logs": [],
    "method": "natural",
    "minutes": 5,
    "month": datetime(2026, 1, 5, tzinfo=UTC).date(),
    "name": "named by a test",
    "password_hash": "new hash",
    "password_plain": "new password",
    "payload": {},
    "previous_status": "offline",
    "result": {},
    "role": "operator",
    "since": SINCE,
    "threshold": LATER - SINCE,
    "token": "new token",
    "token_hash": "new hash",
    "until": LATER,
    "username": "new user",
    "vpn_ip": "192.0.2.9",
    "webhook_url": None,
    "can_rename": True,
    "can_manage_ports": True,
    "can_download_configs": True,
    "can_rotate_ip": True,
}

#: What a customer needs of a device for what the function does with it; "" for what is about no device.
NEEDS: Mapping[str, str] = {
    "bandwidth.device_hourly_for_customer": "can_rotate_ip",
    "bandwidth.device_total_for_customer": "can_rotate_ip",
    "connections.create_for_customer": "can_manage_ports",
    "connections.delete_for_customer": "can_manage_ports",
    "connections.get_by_id_for_customer": "see",
    "connections.list_by_customer": "own",
    "connections.list_by_device_for_customer": "see",
    "connections.update_active_for_customer": "can_manage_ports",
    "connections.update_password_for_customer": "can_manage_ports",
    "customers.get_for_customer": "",
    "customers.get_stats_for_customer": "",
    "device_commands.create_for_customer rotate_ip": "can_rotate_ip",
    "device_commands.create_for_customer reboot": "own",
    "device_commands.list_by_device_for_customer": "can_rotate_ip",
    "device_shares.create_for_customer": "own",
    "device_shares.delete_for_customer": "own",
    "device_shares.get_by_device_and_customer": "share",
    "device_shares.get_by_id_for_customer": "see",
    "device_shares.list_by_customer": "see",
    "device_shares.list_by_device_for_customer": "see",
    "device_shares.update_for_customer": "own",
    "devices.get_by_id_for_customer": "see",
    "devices.list_by_customer": "see",
    "devices.permissions_for_customer": "see",
    "devices.update_auto_rotate_for_customer": "can_rotate_ip",
    "devices.update_name_description_for_customer": "can_rename",
    "ip_history.list_by_device_for_customer": "can_rotate_ip",
    "pairing_codes.create_for_customer": "own",
    "pairing_codes.list_by_customer": "own",
    "rotation_links.create_for_customer": "own",
    "rotation_links.delete_for_customer": "own",
    "rotation_links.list_by_device_for_customer": "own",
    "status_logs.list_by_device_for_customer": "can_rotate_ip",
}


def _all() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for info in pkgutil.iter_modules(repositories.__path__):
        module = import_module(f"{repositories.__name__}.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                found[f"{info.name}.{name}"] = function
    return found


FUNCTIONS = _all()
TENANT_QUERIES = [name for name in CATALOG if CATALOG.source(name).scope is Scope.TENANT]


def is_tenants(name: str) -> bool:
    """Whether it acts for a customer."""
    return "customer_id" in inspect.signature(FUNCTIONS[name]).parameters and (
        name.endswith(("_by_customer", "_for_customer")) or name == "device_shares.get_by_device_and_customer"
    )


def _grantee(device: str, person: Person) -> Person:
    """Whose share a call about the device is about: the person's own; else the first one's that there is."""
    grantees = [grantee for shared, grantee, _ in SHARES if shared == device]
    return person if person in grantees else grantees[0] if grantees else person


def ids(device: str, person: Person) -> dict[str, Any]:
    """The ids that a call about the device names, on behalf of the person."""
    owner = DEVICES.get(device)
    return {
        "claimed_by_device_id": named(device),
        "code": device,
        "command_id": row_id("device_commands", device),
        "connection_id": row_id("proxy_connections", device),
        "created_by": named("user"),
        "customer_id": person.id,
        "device_id": named(device),
        "link_id": row_id("rotation_links", device),
        "pairing_code_id": row_id("pairing_codes", device),
        "reassign_device_id": named(device),
        "relay_server_id": named("relay"),
        "share_id": share_id(device, _grantee(device, person)),
        "shared_with": ADA.id if owner is EVE else EVE.id,
        "to_device_id": named("private"),
        "token_id": named("token"),
        "user_id": named("user"),
    }


def needed(case: str) -> str:
    """What ``NEEDS`` says of a case."""
    assert case in NEEDS, f"{case} is new: add it to NEEDS in tests/isolation/functions.py, with what a customer needs"
    return NEEDS[case]


def cases(name: str) -> list[str]:
    """The names of the ways in which a function is called: more than one where what is needed depends on a value."""
    return [case for case in NEEDS if case.split()[0] == name] or [name]


def call(case: str, device: str, person: Person, **given: Any) -> Statement[Any]:
    """A statement of the function about the device on behalf of the person; ``given`` values come before all others."""
    name, _, kind = case.partition(" ")
    values = {**VALUES, "type": kind or _TYPES.get(name, "reboot"), "status": _STATUS.get(name, "online")}
    values |= ids(device, person) | ({"code": "new"} if name == "pairing_codes.create" else {}) | given
    parameters = inspect.signature(FUNCTIONS[name]).parameters.values()
    lacking = [p.name for p in parameters if p.name not in values and p.default is p.empty]
    assert lacking == [], f"{name}: add a value for each of {lacking} to VALUES in tests/isolation/functions.py"
    return FUNCTIONS[name](**{p.name: values[p.name] for p in parameters if p.name in values})


_TYPES = {
    "customer_auth_tokens.create": "email_verify",
    "customer_auth_tokens.delete_by_customer_and_type": "email_verify",
}
_STATUS = {"device_commands.update_status": "completed"}
