"""A write that waited for the end of a permission is decided by what is true after the wait."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from time import sleep
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL

from tenantstore import Statement, Store
from tenantstore.store import Scope
from tenantstore.store.identity import Tenant
from tenantstore.testing.isolation.answers import Known, answer
from tenantstore.testing.isolation.modes import BYPASS
from tenantstore.testing.isolation.values import Connection

Make = Callable[[], Statement[Any]]


class Undo(Exception):
    """All is well, and nothing is to stay."""


def until_waiting(look: psycopg.Connection[Any], late: Future[Any]) -> bool:
    """True when somebody in the database stands behind a lock, False when ``late`` got through."""
    while not late.done():
        if look.execute(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).rowcount:
            return True
        sleep(0.001)
    return False


def after(store: Store, identity: Tenant, ending: str, make: Make, known: Known) -> Any:
    """What the customer gets when ``ending`` has happened before; all of it is undone."""
    found: list[Any] = []

    def act() -> None:
        with Scope(store._core, identity).transaction() as transaction:
            connection = transaction._pinned._connection
            assert isinstance(connection, psycopg.Connection)
            connection.execute("SELECT set_config('role', %s, true)", [BYPASS])
            connection.execute(SQL(ending), {"customer_id": identity.customer_id})
            found.append(answer(lambda: transaction.run(make()), known))
            raise Undo

    with suppress(Undo, psycopg.Error):
        act()
    return found[0] if found else None


def meet(store: Store, admin: Connection, customer_id: UUID, ending: str, make: Make, known: Known) -> tuple[bool, Any]:
    """Let the write meet an ``ending`` that is not committed yet, and commit that: whether it waited, what it got."""
    with ThreadPoolExecutor(1) as threads:
        with admin.transaction():
            admin.execute(SQL(ending), {"customer_id": customer_id})
            late = threads.submit(answer, lambda: store.tenant(customer_id).run(make()), known)
            with psycopg.connect(admin.info.dsn, autocommit=True, password=admin.info.password) as look:
                waited = until_waiting(look, late)
        return waited, late.result()
