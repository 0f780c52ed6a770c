"""The fleet that all rows look at: ten thousand phones of a hundred customers, as the library's own functions fill it.

The first customer owns a thousand phones, and a hundred of the others' are shared with them. No two phones were made or
last heard of at the same time; a heartbeat stamps ``last_heartbeat`` and ``updated_at`` alike, and so does this.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from tenantstore import Store, migrate
from tenantstore.queries import CATALOG
from tenantstore.store import Scope
from tenantstore.store.identity import Operator
from tenantstore.store.wire import Command
from tenantstore.testing import launch

DEVICES = 10_000
_ROLE: LiteralString = "CREATE ROLE app LOGIN NOINHERIT IN ROLE tenantstore_tenant, tenantstore_operator"
_CUSTOMERS: LiteralString = (
    "INSERT INTO customers (name, email)"
    " SELECT 'customer ' || lpad(n::text, 3, '0'), n || '@example.org' FROM generate_series(0, 99) AS n"
)
_RELAYS: LiteralString = (
    "INSERT INTO relay_servers (name, ip) SELECT 'relay ' || n, '192.0.2.' || n FROM generate_series(0, 7) AS n"
)
_PHONES: LiteralString = """
    WITH owners AS (SELECT array_agg(id ORDER BY name) AS ids FROM customers),
    relays AS (SELECT array_agg(id ORDER BY name) AS ids FROM relay_servers)
    INSERT INTO devices (
        name, android_id, status, cellular_ip, wifi_ip, vpn_ip, carrier, network_type, battery_level, battery_charging,
        signal_strength, base_port, http_port, socks5_port, udp_relay_port, ovpn_port, last_heartbeat, app_version,
        device_model, android_version, description, created_at, updated_at, customer_id, relay_server_id, auth_token
    )
    SELECT
        'phone ' || lpad((n::bigint * 7919 %% 10000019)::text, 8, '0'), 'android-' || n,
        (ARRAY['online', 'offline', 'rotating', 'online'])[1 + n %% 4],
        '10.0.0.0'::inet + n, '192.168.0.0'::inet + n %% 256, '10.8.0.0'::inet + n, 'Carrier ' || n %% 5, '5G',
        n %% 100, n %% 3 = 0, -50 - n %% 60, 30000 + 4 * n, 1 + n %% 65535, 2, 3, 4, h.heard_at, '2.3.1',
        'SM-G99' || n %% 9, '15', '', h.heard_at - n * interval '61.7654321 s', h.heard_at,
        o.ids[CASE WHEN n < 1000 THEN 1 ELSE 2 + n %% 99 END], r.ids[1 + n %% 8], md5(n::text)
    FROM generate_series(%(first)s::integer, %(last)s::integer - 1) AS n
    CROSS JOIN LATERAL (SELECT now() - n * interval '0.1234567 s' AS heard_at) AS h
    CROSS JOIN owners AS o
    CROSS JOIN relays AS r
"""
_SHARES: LiteralString = """
    INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename)
    SELECT d.id, d.customer_id, (SELECT id FROM customers WHERE name = 'customer 000'), true
    FROM devices AS d
    INNER JOIN customers AS c ON c.id = d.customer_id
    WHERE c.name <> 'customer 000'
    ORDER BY d.android_id
    LIMIT 100
"""


@dataclass(frozen=True)
class Known:
    """Ids of the fleet: the first customer, one of their phones, and all phones."""

    customer_id: UUID
    device_id: UUID
    devices: list[UUID]


@contextmanager
def fleet() -> Iterator[str]:
    """A server with the fleet on it; the superuser's DSN."""
    with launch("embedded") as server:
        dsn = server.dsn()
        make(dsn)
        yield dsn


def make(dsn: str, devices: int = DEVICES) -> None:
    """Migrate an empty database and fill it."""
    migrate.up(dsn)
    with psycopg.connect(dsn, autocommit=True) as admin:
        if not admin.execute("SELECT FROM pg_roles WHERE rolname = 'app'").rowcount:
            admin.execute(_ROLE)
        admin.execute(_CUSTOMERS)
        admin.execute(_RELAYS)
        grow(admin, 0, devices)
        admin.execute(_SHARES)
        admin.execute("VACUUM ANALYZE")


def grow(admin: psycopg.Connection[Any], first: int, last: int) -> None:
    """Phones from number ``first`` up to, but without, number ``last``."""
    admin.execute(_PHONES, {"first": first, "last": last})


def known(dsn: str) -> Known:
    with psycopg.connect(dsn) as admin:
        customer_id = admin.execute("SELECT id FROM customers WHERE name = 'customer 000'").fetchall()[0][0]
        found = admin.execute("SELECT id FROM devices ORDER BY android_id").fetchall()
        own = admin.execute("SELECT id FROM devices WHERE customer_id = %s LIMIT 1", [customer_id]).fetchall()[0][0]
    return Known(customer_id, own, [device_id for (device_id,) in found])


def app(dsn: str) -> str:
    """The same database, as a service logs in."""
    return make_conninfo(dsn, user="app")


def for_psycopg(name: str) -> str:
    """The text of a query with ``%(name)s`` for its parameters."""
    source = CATALOG.source(name)
    text = source.sql.replace("%", "%%")
    for number, parameter in reversed(list(enumerate(source.parameters, 1))):
        text = text.replace(f"${number}", f"%({parameter})s")
    return text


class Nobody(Operator):
    """Enters no role, so that no policy holds a superuser: what is left is the store's own way and the mapping."""

    prefix = b"nobody_"

    def enter(self, _writes: bool) -> Command:
        return Command("SELECT", {}, b"benchmark_nobody", ())


def without_policies(store: Store) -> Scope:
    """The scope of nobody."""
    return Scope(store._core, Nobody())
