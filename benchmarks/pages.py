"""The first page of 50 while the fleet grows, of a customer who owns a hundredth of it and with whom 100 are shared."""

from functools import partial
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target, take_turns
from tenantstore import Store
from tenantstore.repositories import devices
from tenantstore.repositories.devices import Device
from tenantstore.store import TenantScope

_SIZES = (10_000, 100_000, 1_000_000)
_QUICK = (2_000, 10_000, 40_000)
_CUSTOMER = "SELECT id FROM customers WHERE name = 'customer 002'"
_SHARE = """
    INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename)
    SELECT d.id, d.customer_id, %s, true FROM devices AS d
    WHERE d.customer_id <> %s ORDER BY d.android_id LIMIT 100
"""


def measure(dsn: str, size: Size) -> Samples:
    """One database a size, so that they can take turns. That of a million takes two minutes to fill, and a GB."""
    sizes = _QUICK if size.quick else _SIZES
    databases = {number: f"pages_{number}" for number in sizes}
    with psycopg.connect(dsn, autocommit=True) as admin:
        for number, name in databases.items():
            admin.execute(f"CREATE DATABASE {name}".encode())
            fleet.make(make_conninfo(dsn, dbname=name), number)
    stores = {number: Store.open(make_conninfo(dsn, dbname=name, user="app")) for number, name in databases.items()}
    try:
        calls = {}
        for number, name in databases.items():
            customer_id = _receiver(make_conninfo(dsn, dbname=name))
            scope = stores[number].tenant(customer_id)
            calls[f"{number:,} devices"] = partial(_page, scope, customer_id)
        assert all(len(call()) == 50 for call in calls.values())
        found = take_turns(calls, size.turns * 4)
    finally:
        for store in stores.values():
            store.close()
    with psycopg.connect(dsn, autocommit=True) as admin:
        for name in databases.values():
            admin.execute(f"DROP DATABASE {name}".encode())
    # The names of the whole run, also where a quick one has less.
    return {f"{whole:,} devices": found[f"{number:,} devices"] for whole, number in zip(_SIZES, sizes, strict=True)}


def _page(scope: TenantScope, customer_id: UUID) -> list[Device]:
    return scope.run(devices.list_by_customer(customer_id, limit=50))


def _receiver(dsn: str) -> UUID:
    with psycopg.connect(dsn, autocommit=True) as admin:
        customer_id: UUID = admin.execute(_CUSTOMER).fetchall()[0][0]
        admin.execute(_SHARE, [customer_id, customer_id])
        admin.execute("VACUUM ANALYZE")
    return customer_id


_FIRST, *_LATER = (f"{number:,} devices" for number in _SIZES)
ROWS = [
    Row(
        "pages",
        "a tenant's first page of 50 by key as the fleet grows",
        "µs",
        measure,
        [Target(each, _FIRST, at_most=1.3) for each in _LATER],
        note="A quick run has 2, 10 and 40 thousand devices.",
    )
]
