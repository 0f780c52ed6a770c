"""Everything that a person may not see, made different: changed, removed, added."""

from typing import Any, LiteralString

from psycopg.sql import SQL, Identifier

from tests.isolation.world import (
    CHILDREN,
    CUSTOMERS,
    DEVICES,
    GIL,
    HAL,
    SHARES,
    Connection,
    Person,
    named,
    row_id,
    share_id,
)

NEW = "new"
"""A device, its owner and all that hangs on it, which only the other world has."""

_CHANGES: dict[str, LiteralString] = {
    "ip_history": "ip = '203.0.113.7'",
    "bandwidth_logs": "bytes_in = 999",
    "device_commands": "type = 'find_phone', result = '{\"where\": \"elsewhere\"}'",
    "rotation_links": "name = 'changed', last_used_at = '2026-02-02'",
    "device_status_logs": "status = 'error'",
    "proxy_connections": "username = 'changed', password_hash = 'changed', bandwidth_used = 77",
}
_READ_BY = {
    "ip_history": "can_rotate_ip",
    "bandwidth_logs": "can_rotate_ip",
    "device_commands": "can_rotate_ip",
    "device_status_logs": "can_rotate_ip",
    "rotation_links": "own",
    "proxy_connections": "see",
}


def change_what_is_hidden(admin: Connection, person: Person) -> None:
    """Change all that the person may not see, as a role that no policy holds back."""
    with admin.transaction():
        _change_devices(admin, person)
        for device in DEVICES:
            _change_what_hangs_on(admin, device, person)
        _change_shares(admin, person)
        _change_customers(admin, person)
        _add_new(admin)


def _change_devices(admin: Connection, person: Person) -> None:
    hidden = [device for device in DEVICES if "see" not in person.may(device)]
    # One of them is not there at all; of a device that is only another's, nothing is left as it was.
    admin.execute("DELETE FROM devices WHERE id = %s", [named(hidden[0])])
    admin.execute("DELETE FROM bandwidth_logs WHERE device_id = %s", [named(hidden[0])])
    admin.execute(
        "UPDATE devices SET name = 'changed', status = 'error', battery_level = 1, base_port = base_port + 2000,"
        " description = 'changed' WHERE id = ANY (%s)",
        [[named(device) for device in hidden]],
    )
    admin.execute("UPDATE devices SET auth_token = 'changed' || id, last_offline_alert_at = '2026-02-02'")


def _change_what_hangs_on(admin: Connection, device: str, person: Person) -> None:
    for table in CHILDREN:
        if _READ_BY[table] in person.may(device):
            continue
        change = SQL("UPDATE {} SET {} WHERE device_id = %s").format(Identifier(table), SQL(_CHANGES[table]))
        admin.execute(change, [named(device)])
    if not person.may(device) & {"own", "can_download_configs"}:
        secrets: LiteralString = "password_hash = 'changed', password_plain = 'changed'"
        admin.execute(SQL("UPDATE proxy_connections SET {} WHERE device_id = %s").format(SQL(secrets)), [named(device)])
    if "own" not in person.may(device):
        admin.execute("DELETE FROM pairing_codes WHERE id = %s", [row_id("pairing_codes", device)])
    admin.execute("UPDATE pairing_codes SET device_auth_token = 'changed'")


def _change_shares(admin: Connection, person: Person) -> None:
    hidden = [
        share_id(device, grantee)
        for device, grantee, _ in SHARES
        if grantee is not person and "own" not in person.may(device)
    ]
    admin.execute("DELETE FROM device_shares WHERE id = ANY (%s)", [hidden[::2]])
    admin.execute(
        "UPDATE device_shares SET can_rename = NOT can_rename, can_rotate_ip = NOT can_rotate_ip WHERE id = ANY (%s)",
        [hidden[1::2]],
    )


def _change_customers(admin: Connection, person: Person) -> None:
    others = [other.id for other in CUSTOMERS if other is not person]
    admin.execute("DELETE FROM customers WHERE id = %s", [GIL.id])
    admin.execute(
        "UPDATE customers SET name = 'changed', email = 'changed' || id, password_hash = 'changed' WHERE id = ANY (%s)",
        [others],
    )
    admin.execute("UPDATE customers SET password_hash = 'changed', google_id = id::text")
    admin.execute("UPDATE customer_auth_tokens SET token_hash = 'changed'")
    admin.execute("UPDATE users SET name = 'changed', email = 'changed@example.org'")
    admin.execute("UPDATE relay_servers SET name = 'changed', location = 'changed'")
    _suspend_a_hidden_grantee(admin, person)


def _suspend_a_hidden_grantee(admin: Connection, person: Person) -> None:
    # An owner sees the shares they gave, whether or not they count at the moment.
    someone = next(
        grantee for device, grantee, _ in reversed(SHARES) if device == "shared" and grantee not in (person, HAL)
    )
    admin.execute("UPDATE customers SET active = false WHERE id = %s", [someone.id])


def _add_new(admin: Connection) -> None:
    values: dict[str, Any] = {"id": named(NEW), "customer": named("new customer")}
    admin.execute("INSERT INTO customers (id, name, email) VALUES (%(customer)s, 'new', 'new@example.com')", values)
    admin.execute(
        "INSERT INTO devices (id, name, android_id, base_port, http_port, socks5_port, udp_relay_port, ovpn_port,"
        " customer_id) VALUES (%(id)s, 'new', 'new', 41000, 1, 2, 3, 4, %(customer)s)",
        values,
    )
    rows: dict[LiteralString, LiteralString] = {
        "proxy_connections": "customer_id, username, password_hash) VALUES (%(row)s, %(id)s, %(customer)s, 'new', 'h'",
        "rotation_links": "token) VALUES (%(row)s, %(id)s, 'new'",
        "device_commands": "type) VALUES (%(row)s, %(id)s, 'reboot'",
        "ip_history": "ip) VALUES (%(row)s, %(id)s, '203.0.113.9'",
    }
    for table, rest in rows.items():
        insert = SQL("INSERT INTO {} (id, device_id, {})").format(Identifier(table), SQL(rest))
        admin.execute(insert, {**values, "row": row_id(table, NEW)})
