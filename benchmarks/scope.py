"""A tenant's get by key, beside the same select without a tenant and beside the textbook way: ``python -m benchmarks``.

All take turns, so that the machine's moods fall on each alike, and all give the same ``Device``. The bare select finds
the row by its key alone, in autocommit, as a superuser, whom no policy holds: once on a connection of its own, which no
service can have for each request, and once out of a pool, as a service has it and as a store has it. The textbook way
is BEGIN, set_config, the tenant's select, COMMIT, out of a pool; it checks as much as a scope does, with a scope's own
statement. Every pool has one connection: each further one is another server process with cold caches.

Client and server share one processor. On several, where the scheduler happens to put each server process decides more
than what is compared: a wake-up on another processor takes up to 40 µs, and some of the calls have it and others not,
differently at each start. ``python -m benchmarks.scope --unpinned`` leaves it to the scheduler.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from tenantstore import Store, migrate
from tenantstore.queries import CATALOG
from tenantstore.repositories import customers, devices
from tenantstore.repositories.devices import Device
from tenantstore.store.identity import ENTER_TO_READ
from tenantstore.testing import Server, launch

TURNS = 3000
WARM_UP = 200
FLEET = 10_000

_ENTER = ENTER_TO_READ.replace("$1", "%(customer_id)s").replace("$2", "false").encode()
_FILL = (
    "INSERT INTO devices (name, android_id, base_port, http_port, socks5_port, udp_relay_port, ovpn_port, customer_id)"
    " SELECT 'phone ' || n, 'android-' || n, 30000 + 4 * n, 1, 2, 3, 4, %s FROM generate_series(1, %s) AS n"
)


@dataclass(frozen=True)
class World:
    server: Server
    customer_id: UUID
    device_id: UUID


Call = Callable[[], Device | None]


@contextmanager
def world() -> Iterator[World]:
    """A migrated server with ten thousand phones."""
    with launch("embedded") as server:
        migrate.up(server.dsn())
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute("CREATE ROLE app LOGIN NOINHERIT")
            admin.execute("GRANT tenantstore_tenant, tenantstore_operator TO app")
            with Store.open(server.dsn()) as store:
                owner = store.operator().run(customers.create("Ada", "ada@example.org"))
            admin.execute(_FILL, [owner.id, FLEET])
            admin.execute("ANALYZE")
            row = admin.execute("SELECT id FROM devices WHERE name = 'phone 77'").fetchone()
            assert row is not None
            yield World(server, owner.id, row[0])


@contextmanager
def calls(world: World) -> Iterator[dict[str, Call]]:
    """What is compared, by name."""
    by_key = _for_psycopg("devices/get_by_id")
    for_customer = _for_psycopg("devices/get_by_id_for_customer")
    given = {"device_id": world.device_id, "customer_id": world.customer_id}
    kwargs = {"autocommit": True}
    with ExitStack() as stack:
        own = stack.enter_context(psycopg.connect(world.server.dsn(), autocommit=True))
        pool = stack.enter_context(ConnectionPool(world.server.dsn(), kwargs=kwargs, min_size=1, max_size=1))
        apps = stack.enter_context(ConnectionPool(world.server.dsn(user="app"), kwargs=kwargs, min_size=1, max_size=1))
        store = stack.enter_context(Store.open(world.server.dsn(user="app"), max_size=1))
        pool.wait()
        apps.wait()

        def select(connection: psycopg.Connection, text: str) -> Device | None:
            with connection.cursor(binary=True, row_factory=class_row(Device)) as cursor:
                return cursor.execute(text.encode(), given).fetchone()

        def pooled() -> Device | None:
            with pool.connection() as connection:
                return select(connection, by_key)

        def textbook() -> Device | None:
            with apps.connection() as connection, connection.transaction():
                connection.execute(_ENTER, given)
                return select(connection, for_customer)

        yield {
            "bare select, own connection": lambda: select(own, by_key),
            "bare select, out of a pool": pooled,
            "operator's run": lambda: store.operator().run(devices.get_by_id(world.device_id)),
            "tenant's run": lambda: store.tenant(world.customer_id).run(
                devices.get_by_id_for_customer(world.device_id, world.customer_id)
            ),
            "textbook transaction": textbook,
        }


def _for_psycopg(name: str) -> str:
    source = CATALOG.source(name)
    text = source.sql.replace("%", "%%")
    for number, parameter in reversed(list(enumerate(source.parameters, 1))):
        text = text.replace(f"${number}", f"%({parameter})s")
    return text


def measure(compared: dict[str, Call], turns: int = TURNS) -> dict[str, float]:
    """The median of each in µs."""
    for call in compared.values():
        for _ in range(WARM_UP):
            call()
    assert len(set(map(repr, (call() for call in compared.values())))) == 1, "they do not give the same"
    times: dict[str, list[int]] = {name: [] for name in compared}
    gc.disable()
    for _ in range(turns):
        for name, call in compared.items():
            began = perf_counter_ns()
            call()
            times[name].append(perf_counter_ns() - began)
    gc.enable()
    return {name: median(each) / 1000 for name, each in times.items()}


def pin() -> None:
    """Keep this process, and the server that it starts, to one processor, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main(pinned: bool = True) -> None:
    if pinned:
        pin()
    with world() as made, calls(made) as compared:
        medians = measure(compared)
    ours = medians["tenant's run"]
    where = "client and server on one processor" if pinned else "processors as the scheduler has it"
    print(f"a tenant's get by key, medians of {TURNS} turns, {where}")
    for name, each in medians.items():
        print(f"  {name:<28} {each:7.1f} µs   tenant's run / this = {ours / each:.2f}")


if __name__ == "__main__":
    main(pinned="--unpinned" not in sys.argv)
