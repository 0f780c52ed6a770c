"""What a customer may not see changes nothing of what they get, and row-level security nothing of what is theirs.

N, noninterference: two worlds that differ only in what the person may not see. Whatever they ask, with ids of their own
things, of hidden ones, of ones that are in only one of the worlds and of nothing, both worlds give the same rows in the
same order, or the same error in the same words.

D, difference: one world, asked with row-level security in force and without it, by the customer's own statements.
"""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenantstore import Store
from tenantstore.errors import TenantstoreError
from tenantstore.queries import Shape
from tests.fix_isolation_report import count
from tests.isolation.conftest import Barrier
from tests.isolation.functions import FUNCTIONS, call, cases, is_tenants
from tests.isolation.hidden import NEW, change_what_is_hidden
from tests.isolation.modes import MODES, careless, neither
from tests.isolation.world import ADA, CUSTOMERS, DEVICES, EVE, GIL, GRANTEES, Person, named, row_id, share_id

SOAK = "TENANTSTORE_SOAK" in os.environ
EXAMPLES = 8_000 if SOAK else 600
PERSONS = [ADA, EVE, GRANTEES[0], GRANTEES[5], GRANTEES[-1]]
THINGS = [*DEVICES, NEW, "nothing"]
CASES = [case for name in FUNCTIONS if is_tenants(name) for case in cases(name)]
OPERATORS = [name for name in FUNCTIONS if not is_tenants(name)]
RUNS = {**MODES, "careless": careless, "neither": neither}


@dataclass(frozen=True)
class Worlds:
    """For one person: ``one``, and ``other``, in which everything is changed that they may not see."""

    person: Person
    one: Store
    other: Store
    begun_at: datetime


@pytest.fixture(scope="module")
def all_worlds(whole_world: Barrier) -> Iterator[dict[str, Worlds]]:
    server = whole_world.server
    names = {person.name: f"{whole_world.template}_other_{number}" for number, person in enumerate(PERSONS)}
    for person in PERSONS:
        server.create_database(names[person.name], whole_world.template)
        with whole_world.connect(names[person.name], None) as admin:
            change_what_is_hidden(admin, person)
    begun_at = datetime.now(UTC)
    with ExitStack() as stack:
        one = stack.enter_context(Store.open(server.dsn(whole_world.template, "app"), max_size=2))
        yield {
            person.name: Worlds(
                person,
                one,
                stack.enter_context(Store.open(server.dsn(names[person.name], "app"), max_size=2)),
                begun_at,
            )
            for person in PERSONS
        }
    for name in names.values():
        server.drop_database(name)


def outcome(run: Any, store: Store, person: Person, statement: Any, begun_at: datetime) -> Any:
    """The rows, or the error, without what is new in every run: the ids, times and secrets that the statement made."""
    try:
        return plain(run(store, person, statement), begun_at)
    except TenantstoreError as error:
        return type(error).__name__, str(error), plain(error.args, begun_at), repr(error.__cause__), error.__context__
    except psycopg.Error as error:
        diag = error.diag
        said = [diag.message_primary, diag.message_detail, diag.message_hint, diag.constraint_name, diag.context]
        return type(error).__name__, error.sqlstate, said


def plain(value: Any, begun_at: datetime) -> Any:
    """The value as text, with marks for what is new."""
    if is_dataclass(value):
        secret = {"code", "token"} if plain(getattr(value, "created_at", None), begun_at) == "now" else set()
        return [(f.name, "new" if f.name in secret else plain(getattr(value, f.name), begun_at)) for f in fields(value)]
    if isinstance(value, list | tuple):
        return [plain(each, begun_at) for each in value]
    if isinstance(value, datetime):
        return "now" if begun_at <= value < datetime(2029, 1, 1, tzinfo=UTC) else str(value)
    if isinstance(value, UUID):
        # All that the world is made of has an id by its name, version 5.
        return "new" if value.version == 4 else str(value)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{22}", "new", repr(value))


def difference(worlds: Worlds, mode: str, case: str, thing: str, **values: Any) -> Any:
    """What the two worlds answer, where that is not the same."""
    answers = []
    for store in (worlds.one, worlds.other):
        statement = call(case, thing, worlds.person, **values)
        answer = outcome(RUNS[mode], store, worlds.person, statement, worlds.begun_at)
        if statement.query.shape is not Shape.MANY and isinstance(answer, list):
            # Without its predicate a query for one thing may find several, and orders them by nothing.
            answer.sort(key=repr)
        answers.append(answer)
    count("N", statement.query.name)
    return None if answers[0] == answers[1] else (mode, case, thing, values, *answers)


def shares_of(thing: str) -> list[UUID]:
    return [share_id(thing, person) for person in CUSTOMERS]


@pytest.mark.parametrize("person", [person.name for person in PERSONS])
@pytest.mark.parametrize("mode", MODES)
def test_what_is_hidden_changes_nothing(all_worlds: dict[str, Worlds], mode: str, person: str) -> None:
    found = [difference(all_worlds[person], mode, case, thing) for case, thing in product(CASES, THINGS)]

    assert [each for each in found if each] == []


def test_without_any_barrier_every_query_shows_what_is_hidden(all_worlds: dict[str, Worlds]) -> None:
    quiet = [
        case
        for case in CASES
        if not any(difference(worlds, "neither", case, thing) for worlds in all_worlds.values() for thing in THINGS)
    ]

    assert quiet == []


@pytest.mark.parametrize("person", [person.name for person in PERSONS])
def test_not_even_an_operators_query_shows_a_customer_what_is_hidden(
    all_worlds: dict[str, Worlds], person: str
) -> None:
    worlds = all_worlds[person]
    found = [difference(worlds, "careless", case, thing) for case, thing in product(OPERATORS, DEVICES)]

    assert [each for each in found if each] == []


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """A case and values for its parameters, each drawn by itself: also ids that do not belong together."""
    things = st.sampled_from(THINGS)
    return {
        "case": draw(st.sampled_from(CASES)),
        "thing": draw(things),
        "device_id": named(draw(things)),
        "connection_id": row_id("proxy_connections", draw(things)),
        "link_id": row_id("rotation_links", draw(things)),
        "share_id": draw(st.sampled_from(shares_of(draw(things)))),
        "shared_with": draw(st.sampled_from([p.id for p in CUSTOMERS if p is not GIL] + [named("nobody")])),
        "relay_server_id": draw(st.sampled_from([None, named("relay"), named("nothing")])),
        "reassign_device_id": draw(st.one_of(st.none(), things.map(named))),
        "limit": draw(st.sampled_from([1, 2, 50])),
        "after": draw(st.one_of(st.none(), st.tuples(st.sampled_from(["", "m", "\U0010ffff"]), things.map(named)))),
        "username": draw(st.sampled_from([*DEVICES, "new user"])),
        "name": draw(st.sampled_from(["", "named by a test"])),
    }


@pytest.mark.parametrize("person", [person.name for person in PERSONS])
@pytest.mark.parametrize("mode", MODES)
def test_whatever_is_asked_what_is_hidden_changes_nothing(
    all_worlds: dict[str, Worlds], mode: str, person: str
) -> None:
    @settings(
        max_examples=EXAMPLES // len(MODES),
        deadline=None,
        database=None,
        derandomize=not SOAK,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(question=questions())
    def ask(question: dict[str, Any]) -> None:
        assert difference(all_worlds[person], mode, **question) is None

    ask()


@pytest.mark.parametrize("person", [person.name for person in [*PERSONS, GIL]])
def test_row_level_security_takes_nothing_away_that_the_statement_gives(
    all_worlds: dict[str, Worlds], person: str
) -> None:
    who = next(each for each in CUSTOMERS if each.name == person)
    worlds = all_worlds.get(person) or next(iter(all_worlds.values()))
    wrong = []
    for case, thing in product(CASES, THINGS):
        answers = []
        for mode in ("both", "barrier 1 alone"):
            statement = call(case, thing, who)
            answers.append(outcome(RUNS[mode], worlds.one, who, statement, worlds.begun_at))
        count("D", statement.query.name)
        if answers[0] != answers[1]:
            wrong.append((case, thing, *answers))

    assert wrong == []
