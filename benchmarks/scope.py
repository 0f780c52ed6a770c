"""A tenant's get by key, beside the same select without a tenant and beside the textbook way.

All give the same ``Device``. The bare select finds the row by its key alone, in autocommit, as a superuser, whom no
policy holds: once on a connection of its own, which no service can have for each request, and once out of a pool, as a
service has it and as a store has it. The textbook way is BEGIN, set_config, the tenant's select, COMMIT, out of a pool;
it checks as much as a scope does, by the function that migration 014 names to whoever enters by hand; by a scope's own
statement, of 020, it takes 3 % less. Every pool has one connection: a second one is another server process, with cold
caches.

Client and server share one processor in one row, and have one each in the other: see ``placed``.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target, take_turns
from benchmarks.placed import placed
from tenantstore import Store
from tenantstore.repositories import devices
from tenantstore.repositories.devices import Device

OURS, TEXTBOOK = "tenant's run", "textbook transaction"
OWN, POOLED = "bare select, own connection", "bare select, out of a pool"

_ENTER = (
    "SELECT set_config('role', 'tenantstore_tenant', true),"
    " set_config('tenantstore.customer_id', tenantstore_active_customer(%s, false)::text, true)"
)

Call = Callable[[], Device | None]


def measure(dsn: str, size: Size, apart: bool) -> Samples:
    with calls(dsn, apart) as compared:
        assert len(set(map(repr, (call() for call in compared.values())))) == 1, "they do not give the same"
        return take_turns(compared, size.turns * 20, warm_up=200)


@contextmanager
def calls(dsn: str, apart: bool) -> Iterator[dict[str, Call]]:
    """What is compared, by name; on one processor with what answers it, or ``apart`` from that."""
    known = fleet.known(dsn)
    by_key, for_customer = map(fleet.for_psycopg, ("devices/get_by_id", "devices/get_by_id_for_customer"))
    given: dict[str, Any] = {"device_id": known.device_id, "customer_id": known.customer_id}
    options: dict[str, Any] = {"kwargs": {"autocommit": True}, "min_size": 1, "max_size": 1}
    with ExitStack() as stack:
        own = stack.enter_context(psycopg.connect(dsn, autocommit=True))
        pool = stack.enter_context(ConnectionPool(dsn, **options))
        apps = stack.enter_context(ConnectionPool(fleet.app(dsn), **options))
        store = stack.enter_context(Store.open(fleet.app(dsn), max_size=1))
        for each in (pool, apps, store.pool):
            each.wait()
        stack.enter_context(placed(dsn, apart))

        def select(connection: psycopg.Connection, text: str) -> Device | None:
            with connection.cursor(binary=True, row_factory=class_row(Device)) as cursor:
                return cursor.execute(text.encode(), given).fetchone()

        def pooled() -> Device | None:
            with pool.connection() as connection:
                return select(connection, by_key)

        def textbook() -> Device | None:
            with apps.connection() as connection, connection.transaction():
                connection.execute(_ENTER, [known.customer_id])
                return select(connection, for_customer)

        yield {
            OWN: lambda: select(own, by_key),
            POOLED: pooled,
            "operator's run": lambda: store.operator().run(devices.get_by_id(known.device_id)),
            OURS: lambda: store.tenant(known.customer_id).run(devices.get_by_id_for_customer(**given)),
            TEXTBOOK: textbook,
        }


_TARGETS = [Target(OURS, OWN, at_most=1.35), Target(OURS, POOLED, at_most=1.35), Target(OURS, TEXTBOOK, at_most=0.5)]
_NOTE = "The entry takes the server 13 to 15 µs, 9 of them the customer's look-up, and the policies 8 to 20."
ROWS = [
    Row(
        name,
        f"a tenant's get by key, client and server on {on}",
        "µs",
        partial(measure, apart=apart),
        _TARGETS,
        OURS,
        _NOTE,
    )
    for name, on, apart in (("scope", "one processor", False), ("scope-apart", "a processor each", True))
]
