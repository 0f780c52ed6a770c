"""The engines of :mod:`tenantstore.testing.isolation` on this library's own queries and functions.

By the catalogue, as any service has them: each query with parameters of all kinds. And by the functions, each about
each thing of the world: these also have the second barrier alone, by statements that name no tenant any more.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from tenantstore.queries import CATALOG
from tenantstore.testing import Server
from tenantstore.testing.fixtures.isolation import count
from tenantstore.testing.isolation import Isolation, IsolationTests
from tenantstore.testing.isolation.answers import answer
from tenantstore.testing.isolation.worlds import Worlds, open_worlds
from tests.isolation.conftest import Barrier
from tests.isolation.functions import FUNCTIONS, call, cases, is_tenants
from tests.isolation.hidden import NEW, change_what_is_hidden
from tests.isolation.modes import MODES, neither
from tests.isolation.world import (
    ADA,
    CUSTOMERS,
    DEVICES,
    EVE,
    GIL,
    GRANTEES,
    HAL,
    PERMISSIONS,
    Connection,
    Person,
    named,
    populate,
)

SOAK = "TENANTSTORE_SOAK" in os.environ
PERSONS = [ADA, EVE, GRANTEES[0], GRANTEES[5], GRANTEES[-1]]
THINGS = [*DEVICES, NEW, "nothing"]
CASES = [case for name in FUNCTIONS if is_tenants(name) for case in cases(name)]
RUNS = {**MODES, "neither": neither}
MADE_ANEW = frozenset({"code", "token"})
BY_ID = {person.id: person for person in CUSTOMERS}


def fill(admin: Connection) -> Sequence[UUID]:
    populate(admin)
    return [person.id for person in (PERSONS if SOAK else [ADA, GRANTEES[5]])]


def change(admin: Connection, customer_id: UUID) -> None:
    change_what_is_hidden(admin, BY_ID[customer_id])


def change_what_no_grant_shows(admin: Connection, customer_id: UUID) -> None:
    """The same; but the database itself lets an owner see whether a share counts: by a grantee's own statement."""
    change(admin, customer_id)
    shown = "SELECT s.shared_with FROM device_shares AS s WHERE s.owner_id = %s AND s.shared_with <> %s"
    admin.execute(f"UPDATE customers SET active = true WHERE id IN ({shown})", [customer_id, HAL.id])


def granted(device_id: str, permission: str) -> str:
    """That somebody has the permission on the device, or owns it."""
    return f"""
        EXISTS (SELECT FROM devices AS d WHERE d.id = {device_id} AND d.customer_id = %(customer_id)s)
        OR EXISTS (
            SELECT
            FROM device_shares AS s
            WHERE s.device_id = {device_id} AND s.shared_with = %(customer_id)s AND NOT s.suspended AND s.{permission}
        )
    """


OWNS = "EXISTS (SELECT FROM devices AS d WHERE d.id = t.device_id AND d.customer_id = %(customer_id)s)"


class TestOurs(IsolationTests):
    isolation = Isolation(
        CATALOG,
        fill,
        change_what_no_grant_shows,
        made_anew=MADE_ANEW,
        writable={
            "devices": " OR ".join(granted("t.id", permission) for permission in PERMISSIONS),
            "device_shares": "t.owner_id = %(customer_id)s",
            "proxy_connections": granted("t.device_id", "can_manage_ports"),
            "device_commands": granted("t.device_id", "can_rotate_ip"),
            "rotation_links": OWNS,
        },
        endings={
            "revocation": "DELETE FROM device_shares WHERE shared_with = %(customer_id)s",
            "reassignment": f"""
                WITH gone AS (DELETE FROM device_shares WHERE owner_id = %(customer_id)s)
                UPDATE devices SET customer_id = '{EVE.id}' WHERE customer_id = %(customer_id)s
            """,
            "suspension": "UPDATE customers SET active = false WHERE id <> %(customer_id)s",
        },
        values={
            "limit": [1, 2, 50],
            # A customer does not choose codes and tokens: the functions make them.
            "code": ["unused"],
            "token": ["unused"],
            # That there is somebody of this id, whoever shares something with them does learn.
            "shared_with": [person.id for person in CUSTOMERS if person is not GIL] + [named("nobody")],
        },
        examples=100 if SOAK else 15,
    )

    @pytest.fixture(scope="class")
    @classmethod
    def isolation_server(cls, server: Server) -> Server:
        return server

    @pytest.fixture(scope="class")
    @classmethod
    def migrated_database(cls, server: Server, migrated_template: str) -> Iterator[str]:
        server.create_database("ours", migrated_template)
        yield "ours"
        server.drop_database("ours")


@pytest.fixture(scope="module")
def all_worlds(whole_world: Barrier) -> Iterator[dict[str, Worlds]]:
    customers = [person.id for person in PERSONS]
    with open_worlds(whole_world.server, whole_world.template, customers, change, MADE_ANEW, "app") as found:
        yield {person.name: worlds for person, worlds in zip(PERSONS, found, strict=True)}


def difference(worlds: Worlds, mode: str, case: str, thing: str) -> Any:
    """What the two worlds answer, where that is not the same."""
    names = []

    def make() -> Any:
        statement = call(case, thing, BY_ID[worlds.customer_id])
        names.append(statement.query.name)
        return statement

    found = worlds.difference(RUNS[mode], make)
    count("N", names[0])
    return None if found is None else (mode, case, thing, *found)


@pytest.mark.parametrize("person", [person.name for person in PERSONS])
@pytest.mark.parametrize("mode", MODES)
def test_what_is_hidden_changes_nothing(all_worlds: dict[str, Worlds], mode: str, person: str) -> None:
    found = [difference(all_worlds[person], mode, case, thing) for case, thing in product(CASES, THINGS)]

    assert [each for each in found if each] == []


def test_without_any_barrier_every_query_shows_what_is_hidden(all_worlds: dict[str, Worlds]) -> None:
    quiet = [
        f"{case}: shows nothing of what is hidden; let tests/isolation/hidden.py change, or add, what it reads"
        for case in CASES
        if not any(difference(worlds, "neither", case, thing) for worlds in all_worlds.values() for thing in THINGS)
    ]

    assert quiet == []


@pytest.mark.parametrize("person", [person.name for person in [*PERSONS, GIL]])
def test_row_level_security_takes_nothing_away_that_the_statement_gives(
    all_worlds: dict[str, Worlds], person: str
) -> None:
    who: Person = next(each for each in CUSTOMERS if each.name == person)
    worlds = all_worlds.get(person) or next(iter(all_worlds.values()))
    wrong = []
    for case, thing in product(CASES, THINGS):
        answers = []
        for mode in ("both", "barrier 1 alone"):
            statement = call(case, thing, who)
            name = statement.query.name
            answers.append(answer(lambda m=mode, s=statement: RUNS[m](worlds.one, who.id, s), worlds.known))  # type: ignore[misc]
        count("D", name)
        if answers[0] != answers[1]:
            wrong.append((case, thing, *answers))

    assert wrong == []
