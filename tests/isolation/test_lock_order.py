"""Customers, shares, devices, what hangs on a device: so everybody locks, lest two wait for each other.

Held against a stranger's lock, because a deadlock itself shows once in a hundred thousand meetings.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, LiteralString

import psycopg
import pytest

from tenantstore.queries import Statement
from tenantstore.store import Scope
from tenantstore.testing.fixtures.isolation import count
from tenantstore.testing.isolation.races import until_waiting
from tests.isolation.functions import call
from tests.isolation.rooms import GRANTEE, GRANTEES_WRITES, OWNERS_WRITES, Room
from tests.isolation.test_races import ENDINGS
from tests.isolation.world import ADA, Person, named, share_id

LOCKS: dict[str, LiteralString] = {
    "the share": "SELECT FROM device_shares WHERE device_id = %s FOR UPDATE",
    "the device": "SELECT FROM devices WHERE id = %s FOR UPDATE",
    "a connection": "SELECT FROM proxy_connections WHERE device_id = %s FOR UPDATE",
}
AFTER = {"the share": ["the device", "a connection"], "the device": ["a connection"]}
OF_GRANTEE = {"share_id": share_id("shared", GRANTEE)}


def _calls() -> dict[str, tuple[Person | None, Callable[[], Statement[Any]]]]:
    """By name, who runs which statement about the device ``shared``."""
    return {
        **{f"owner's {write}": (ADA, partial(call, write, "shared", ADA, **OF_GRANTEE)) for write in OWNERS_WRITES},
        **{f"grantee's {write}": (GRANTEE, partial(call, write, "shared", GRANTEE)) for write in GRANTEES_WRITES},
        **{name: (ending.person, ending.statement) for name, ending in ENDINGS.items()},
    }


class _Undo(Exception):
    pass


def tried(scope: Scope, statement: Statement[Any]) -> str:
    """Run it and undo it."""
    try:
        with scope.transaction() as transaction:
            transaction.run(statement)
            raise _Undo
    except _Undo:
        return "done"


def held_too_early(room: Room, held: str, scope: Scope, statement: Statement[Any]) -> tuple[bool, list[str]]:
    """Whether the statement waits for what is held, and what it has locked by then that comes after."""
    with ThreadPoolExecutor(1) as pool, psycopg.connect(room.admin.info.dsn, autocommit=True) as stranger:
        with room.admin.transaction():
            room.admin.execute(LOCKS[held], [named("shared")])
            late = pool.submit(tried, scope, statement)
            waited = until_waiting(stranger, late)
            locked = [name for name in AFTER[held] if waited and not free(stranger, LOCKS[name])]
        assert late.result() == "done"
    return waited, locked


def free(stranger: psycopg.Connection[Any], lock: LiteralString) -> bool:
    try:
        stranger.execute(f"{lock} NOWAIT", [named("shared")])
    except psycopg.errors.LockNotAvailable:
        return False
    return True


@pytest.mark.parametrize("held", AFTER)
def test_who_waits_has_locked_nothing_that_comes_after(room: Room, held: str) -> None:
    found = {}
    for name, (person, make) in _calls().items():
        statement = make()
        count("R", statement.query.name)
        found[name] = held_too_early(room, held, room.scope(person), statement)

    too_early = {name: locked for name, (_, locked) in found.items() if locked}
    assert (too_early, any(waited for waited, _ in found.values())) == ({}, True)
