"""What may be tried with one device, as SQL that names no customer, and the power that the permission table asks."""

from dataclasses import dataclass
from typing import LiteralString


@dataclass(frozen=True)
class Operation:
    """One thing to do with one device: the power it needs, and SQL."""

    name: str
    needs: str
    sql: LiteralString


OPERATIONS = [
    Operation("see the device", "see", "SELECT name FROM devices WHERE id = %(device)s"),
    Operation("lock the device", "see", "SELECT FROM devices WHERE id = %(device)s FOR KEY SHARE"),
    Operation("see a share", "see", "SELECT id FROM device_shares WHERE device_id = %(device)s"),
    Operation("lock a share", "see", "SELECT FROM device_shares WHERE device_id = %(device)s FOR SHARE"),
    Operation("see its connections", "see", "SELECT username FROM proxy_connections WHERE device_id = %(device)s"),
    Operation("rename", "can_rename", "UPDATE devices SET name = 'x', updated_at = now() WHERE id = %(device)s"),
    Operation("rename to the same", "can_rename", "UPDATE devices SET name = name WHERE id = %(device)s"),
    Operation("describe", "can_rename", "UPDATE devices SET description = 'x' WHERE id = %(device)s"),
    Operation("auto-rotate", "can_rotate_ip", "UPDATE devices SET auto_rotate_minutes = 5 WHERE id = %(device)s"),
    Operation(
        "create a connection",
        "can_manage_ports",
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash, password_plain)"
        " VALUES (%(device)s, %(owner)s, 'x', 'x', 'x')",
    ),
    Operation(
        "create a connection from what is seen",
        "can_manage_ports",
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)"
        " SELECT id, customer_id, 'x', 'x' FROM devices WHERE id = %(device)s RETURNING id, customer_id",
    ),
    Operation(
        "switch a connection",
        "can_manage_ports",
        "UPDATE proxy_connections SET active = false WHERE id = %(connection)s",
    ),
    Operation(
        "change a password",
        "can_manage_ports",
        "UPDATE proxy_connections SET password_hash = 'x', password_plain = 'x' WHERE id = %(connection)s",
    ),
    Operation("delete a connection", "can_manage_ports", "DELETE FROM proxy_connections WHERE id = %(connection)s"),
    Operation("see ip history", "can_rotate_ip", "SELECT ip FROM ip_history WHERE device_id = %(device)s"),
    Operation("see status logs", "can_rotate_ip", "SELECT status FROM device_status_logs WHERE device_id = %(device)s"),
    Operation("see bandwidth", "can_rotate_ip", "SELECT bytes_in FROM bandwidth_logs WHERE device_id = %(device)s"),
    Operation("see commands", "can_rotate_ip", "SELECT type FROM device_commands WHERE device_id = %(device)s"),
    Operation(
        "send rotate_ip",
        "can_rotate_ip",
        "INSERT INTO device_commands (device_id, type) VALUES (%(device)s, 'rotate_ip')",
    ),
    Operation(
        "send reboot",
        "own",
        "INSERT INTO device_commands (device_id, type, payload) VALUES (%(device)s, 'reboot', '{}')",
    ),
    Operation("see rotation links", "own", "SELECT token FROM rotation_links WHERE device_id = %(device)s"),
    Operation(
        "create a rotation link", "own", "INSERT INTO rotation_links (device_id, token) VALUES (%(device)s, 'x')"
    ),
    Operation("delete a rotation link", "own", "DELETE FROM rotation_links WHERE device_id = %(device)s"),
    Operation(
        "share",
        "own",
        "INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename)"
        " VALUES (%(device)s, %(owner)s, %(someone)s, true)",
    ),
    Operation("change a share", "own", "UPDATE device_shares SET can_rename = true WHERE device_id = %(device)s"),
    Operation("delete a share", "own", "DELETE FROM device_shares WHERE device_id = %(device)s"),
    Operation(
        "pair a phone to replace the device",
        "own",
        "INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id, reassign_device_id)"
        " VALUES ('x', 'x', '2030-01-01', %(me)s, %(device)s)",
    ),
    Operation("change the owner", "operate", "UPDATE devices SET customer_id = customer_id WHERE id = %(device)s"),
    Operation("change the auth token", "operate", "UPDATE devices SET auth_token = 'x' WHERE id = %(device)s"),
    Operation("change a port", "operate", "UPDATE devices SET http_port = 1 WHERE id = %(device)s"),
    Operation("change the relay", "operate", "UPDATE devices SET relay_server_id = %(relay)s WHERE id = %(device)s"),
    Operation("change the access list", "operate", "UPDATE devices SET viewers = viewers WHERE id = %(device)s"),
    Operation("delete the device", "operate", "DELETE FROM devices WHERE id = %(device)s"),
    Operation("read the auth token", "operate", "SELECT auth_token FROM devices WHERE id = %(device)s"),
    Operation("read the access list", "operate", "SELECT viewers FROM devices WHERE id = %(device)s"),
    Operation("read passwords", "operate", "SELECT password_plain FROM proxy_connections WHERE id = %(connection)s"),
    Operation(
        "filter by password",
        "operate",
        "SELECT FROM proxy_connections WHERE password_hash = 'h' AND id = %(connection)s",
    ),
    Operation(
        "move a connection", "operate", "UPDATE proxy_connections SET device_id = device_id WHERE id = %(connection)s"
    ),
    Operation(
        "give a connection away",
        "operate",
        "UPDATE proxy_connections SET customer_id = customer_id WHERE id = %(connection)s",
    ),
    Operation(
        "reset bandwidth", "operate", "UPDATE proxy_connections SET bandwidth_used = 0 WHERE id = %(connection)s"
    ),
    Operation(
        "lift a suspension", "operate", "UPDATE device_shares SET suspended = false WHERE device_id = %(device)s"
    ),
    Operation("move a share", "operate", "UPDATE device_shares SET owner_id = owner_id WHERE device_id = %(device)s"),
    Operation("finish a command", "operate", "UPDATE device_commands SET status = 'sent' WHERE device_id = %(device)s"),
    Operation("log an address", "operate", "INSERT INTO ip_history (device_id, ip) VALUES (%(device)s, '192.0.2.9')"),
    Operation(
        "log bandwidth",
        "operate",
        "INSERT INTO bandwidth_logs (device_id, interval_start, interval_end)"
        " VALUES (%(device)s, '2026-01-07', '2026-01-08')",
    ),
    Operation("touch a link", "operate", "UPDATE rotation_links SET last_used_at = now() WHERE device_id = %(device)s"),
    Operation("change a customer", "operate", "UPDATE customers SET name = 'x' WHERE id = %(owner)s"),
    Operation("read a customer's password", "operate", "SELECT password_hash FROM customers WHERE id = %(owner)s"),
    Operation("read staff", "operate", "SELECT email FROM users"),
    Operation("draw a port", "operate", "SELECT tenantstore_next_base_port()"),
    Operation("draw from the sequence", "operate", "SELECT nextval('devices_base_port_seq')"),
    Operation("make a partition", "operate", "SELECT tenantstore_ensure_bandwidth_partition('2026-02-01')"),
    Operation(
        "choose a connection's port",
        "operate",
        "INSERT INTO proxy_connections (device_id, customer_id, username, password_hash, base_port)"
        " VALUES (%(device)s, %(owner)s, 'x', 'x', 45000)",
    ),
    Operation(
        "read a code's token", "operate", "SELECT device_auth_token FROM pairing_codes WHERE customer_id = %(owner)s"
    ),
]
