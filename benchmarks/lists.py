"""A customer's list of 1,000 phones (1,100 with those shared with them) as frozen records, beside other ways to it.

Each of psycopg's ways and of ours has a connection of its own: a server process that several keep warm is the quicker
one.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from uuid import UUID

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target, same, take_turns
from benchmarks.peers import Given
from benchmarks.placed import placed
from tenantstore import AsyncStore, Store
from tenantstore.repositories import devices

MAPPED = "records, no policies"
TENANT = "records, a tenant's scope"
_PEERS = ("bare", "on_asyncpg", "on_sqlalchemy", "on_aiosql")


def measure(dsn: str, size: Size) -> Samples:
    customer_id = fleet.known(dsn).customer_id
    given: Given = {"customer_id": customer_id, "limit": None, "after_name": "", "after_id": UUID(int=0)}
    with ExitStack() as stack:
        calls = stack.enter_context(_ours(dsn, customer_id))
        for name in _PEERS:
            calls |= stack.enter_context(import_module(f"benchmarks.peers.{name}").calls(dsn, given))
        same({name: call for name, call in calls.items() if "nothing" not in name}, _plain)
        stack.enter_context(placed(dsn, apart=True))
        return take_turns(calls, size.turns)


@contextmanager
def _ours(dsn: str, customer_id: UUID) -> Iterator[dict[str, Callable[[], Any]]]:
    def statement() -> Any:
        return devices.list_by_customer(customer_id)

    with (
        Store.open(dsn, max_size=1) as bare,
        Store.open(fleet.app(dsn), max_size=1) as store,
        asyncio.Runner() as loop,
    ):
        opened = AsyncStore.open(fleet.app(dsn), max_size=1)
        loop.run(opened.__aenter__())
        nobody, tenant, awaited = fleet.without_policies(bare), store.tenant(customer_id), opened.tenant(customer_id)
        try:
            yield {
                MAPPED: lambda: nobody.run(statement()),
                TENANT: lambda: tenant.run(statement()),
                f"{TENANT}, awaited": lambda: loop.get_loop().run_until_complete(awaited.run(statement())),
            }
        finally:
            loop.run(opened.close())


def _plain(rows: Any) -> list[tuple[Any, ...]]:
    """The ids, names and times of whatever stands for a row."""
    if isinstance(rows[0], dict):
        return [(row["id"], row["name"], row["updated_at"]) for row in rows]
    if hasattr(rows[0], "updated_at"):
        return [(row.id, row.name, row.updated_at) for row in rows]
    return [(row[0], row[1], row[-1]) for row in rows]


ROWS = [
    Row(
        "lists",
        "a list of 1,100 devices, 28 columns each, client and server on a processor each",
        "µs",
        measure,
        [
            Target(MAPPED, "psycopg tuples", at_most=1.15),
            Target(TENANT, "psycopg tuples", at_most=1.4),
            Target(TENANT, "psycopg class_row", at_most=0.55),
            Target(TENANT, "SQLAlchemy ORM", at_most=0.5),
            Target(f"{TENANT}, awaited", "asyncpg, the same dataclasses", at_most=1.3),
        ],
        ours=TENANT,
        note="psycopg's and ours in binary; SQLAlchemy, sqlc and aiosql as they come, in text.",
    )
]
