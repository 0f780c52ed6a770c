"""A small world for barrier 2: who owns what, who may do what, written down twice, as rows and as plain Python.

Each device has one row in every table that hangs on a device; ``row_id`` names it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any, LiteralString, TypeAlias
from uuid import UUID, uuid5

import psycopg

from tenantstore.store.identity import ENTER_TO_READ, ENTER_TO_WRITE

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

PERMISSIONS = ("can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")
CHILDREN = (
    "proxy_connections",
    "ip_history",
    "bandwidth_logs",
    "device_commands",
    "rotation_links",
    "device_status_logs",
)
_NAMES = UUID("6f1c8f1e-0000-4000-8000-000000000000")
NOTHING: frozenset[str] = frozenset()
OWNER = frozenset({"see", "own", *PERMISSIONS})
OPERATOR = OWNER | {"operate"}


def named(name: str) -> UUID:
    """The id of the customer, device or row of that name."""
    return uuid5(_NAMES, name)


def row_id(table: str, device: str) -> UUID:
    return named(f"{table} of {device}")


def share_id(device: str, grantee: "Person") -> UUID:
    return named(f"share of {device} with {grantee.name}")


@dataclass(frozen=True)
class Person:
    """Who acts, and what of ``see``, ``own``, ``operate`` and the permissions they have on each device."""

    name: str
    powers: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return named(self.name)

    def may(self, device: str) -> frozenset[str]:
        return self.powers.get(device, NOTHING)


def _grantee(granted: tuple[bool, ...]) -> Person:
    permissions = frozenset(name for name, given in zip(PERMISSIONS, granted, strict=True) if given)
    return Person(f"grantee {sorted(permissions)}", {"shared": permissions | {"see"}})


GRANTEES = [_grantee(granted) for granted in product((False, True), repeat=len(PERMISSIONS))]
ADA = Person("ada, the owner", {"shared": OWNER, "private": OWNER})
EVE = Person("eve, a stranger", {"eves": OWNER})
GIL = Person("gil, grantee of a suspended owner")
HAL = Person("hal, a suspended grantee")
SID = Person("sid, a suspended owner")
CUSTOMERS = [ADA, EVE, GIL, HAL, SID, *GRANTEES]
DEVICES: dict[str, Person | None] = {"shared": ADA, "private": ADA, "eves": EVE, "dark": SID, "stray": None}
"""The owner of each; nobody owns the stray."""
SHARES = [
    *[("shared", grantee, grantee.may("shared")) for grantee in GRANTEES],
    ("shared", HAL, frozenset(PERMISSIONS)),
    ("private", HAL, frozenset(PERMISSIONS)),
    ("eves", HAL, NOTHING),
    ("dark", GIL, frozenset(PERMISSIONS)),
]
TENANTS = [ADA, EVE, GIL, *GRANTEES]
"""The customers who are not suspended."""


def populate(admin: Connection) -> None:
    """Make the world, as a role that no policy holds back."""
    with admin.transaction(), admin.cursor() as cursor:
        cursor.execute("SELECT tenantstore_ensure_bandwidth_partition('2026-01-05')")
        _insert(cursor, "relay_servers", id=named("relay"), name="relay", ip="192.0.2.1")
        _insert(cursor, "users", id=named("user"), email="staff@example.org", password_hash="h", name="staff")
        for person in CUSTOMERS:
            _insert(cursor, "customers", id=person.id, name=person.name, email=f"{person.id}@example.org")
        for port, (device, owner) in enumerate(DEVICES.items()):
            _insert_device(cursor, device, owner, 40000 + 4 * port)
        for device, grantee, permissions in SHARES:
            owner = DEVICES[device]
            assert owner is not None
            given = {name: name in permissions for name in PERMISSIONS}
            share = {"id": share_id(device, grantee), "device_id": named(device), "owner_id": owner.id}
            _insert(cursor, "device_shares", **share, shared_with=grantee.id, **given)
        token = {"customer_id": ADA.id, "token_hash": "t", "type": "email_verify", "expires_at": "2030-01-01"}
        _insert(cursor, "customer_auth_tokens", id=named("token"), **token)
        cursor.execute("UPDATE customers SET active = false WHERE id = ANY (%s)", [[HAL.id, SID.id]])


def _insert_device(cursor: psycopg.Cursor[Any], device: str, owner: Person | None, port: int) -> None:
    ports = dict.fromkeys(("http_port", "socks5_port", "udp_relay_port", "ovpn_port"), port)
    customer = owner and owner.id
    _insert(cursor, "devices", id=named(device), android_id=device, base_port=port, customer_id=customer, **ports)
    row: dict[str, dict[str, object]] = {
        "proxy_connections": {"customer_id": customer, "username": device, "password_hash": "h", "password_plain": "p"},
        "ip_history": {"ip": "198.51.100.1"},
        "bandwidth_logs": {"bytes_in": 7, "interval_start": "2026-01-05", "interval_end": "2026-01-06"},
        "device_commands": {"type": "reboot"},
        "rotation_links": {"token": device},
        "device_status_logs": {"status": "online", "previous_status": "offline", "changed_at": "2026-01-05"},
    }
    for table in CHILDREN:
        _insert(cursor, table, id=row_id(table, device), device_id=named(device), **row[table])
    code = {"code": device, "device_auth_token": "t", "expires_at": "2030-01-01", "customer_id": customer}
    _insert(cursor, "pairing_codes", id=row_id("pairing_codes", device), **code)


def _insert(cursor: psycopg.Cursor[Any], table: LiteralString, **values: object) -> None:
    columns = psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, values))
    marks = psycopg.sql.SQL(", ").join(map(psycopg.sql.Placeholder, values))
    target = psycopg.sql.Identifier(table)
    cursor.execute(psycopg.sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(target, columns, marks), values)


def wrong(admin: Connection) -> list[tuple[str, object]]:
    """Shares, devices and connections that say something else than the customers, shares and devices they stand for."""
    return admin.execute(
        """
        SELECT 'suspended', s.id
        FROM device_shares AS s
        JOIN customers AS o ON o.id = s.owner_id
        JOIN customers AS g ON g.id = s.shared_with
        WHERE s.suspended = (o.active AND g.active)
        UNION ALL
        SELECT 'owner', s.id
        FROM device_shares AS s
        JOIN devices AS d ON d.id = s.device_id
        WHERE d.customer_id IS DISTINCT FROM s.owner_id
        UNION ALL
        SELECT 'lists', d.id
        FROM devices AS d
        CROSS JOIN LATERAL (
            SELECT
                array_agg(s.shared_with ORDER BY s.shared_with) AS viewers,
                array_agg(s.shared_with ORDER BY s.shared_with) FILTER (WHERE s.can_rename) AS renamers,
                array_agg(s.shared_with ORDER BY s.shared_with) FILTER (WHERE s.can_rotate_ip) AS rotators
            FROM device_shares AS s
            WHERE s.device_id = d.id AND NOT s.suspended
        ) AS l
        WHERE (d.viewers, d.renamers, d.rotators) IS DISTINCT FROM (l.viewers, l.renamers, l.rotators)
        UNION ALL
        SELECT 'connection', c.id
        FROM proxy_connections AS c
        JOIN devices AS d ON d.id = c.device_id
        WHERE c.customer_id IS DISTINCT FROM d.customer_id
        """
    ).fetchall()


def enter_tenant(connection: Connection, customer_id: UUID | None, for_write: bool = True) -> None:
    """What a tenant scope sends, in a transaction that is open."""
    entry = ENTER_TO_WRITE if for_write else ENTER_TO_READ
    psycopg.RawCursor(connection).execute(entry.encode(), [customer_id, for_write])


def enter_operator(connection: Connection) -> None:
    """What the operator's scope sends, in a transaction that is open."""
    connection.execute("SELECT set_config('role', 'tenantstore_operator', true)")


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    """A transaction, or a savepoint in one, that is rolled back."""
    with connection.transaction(force_rollback=True):
        yield


def attempt(connection: Connection, sql: LiteralString, values: Mapping[str, object]) -> int:
    """How many rows the statement reads or changes, which is undone; 0 where it is refused."""
    try:
        with undone(connection):
            return connection.execute(sql, values).rowcount
    except psycopg.errors.InsufficientPrivilege:
        return 0
