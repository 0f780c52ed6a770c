"""R, races: two scopes meet over one device, one to write to it, the other to end what allows the write.

The second waits for the first. A write that waited is decided by what is true after the wait; an ending that waited
comes after the write and then counts. With both barriers, and by the statements alone; ``test_write_races`` has the
database alone.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest

from tenantstore.queries import Query, Statement
from tenantstore.repositories import customers, devices, pairing_codes
from tenantstore.testing.fixtures.isolation import count
from tenantstore.testing.isolation.races import until_waiting
from tests.isolation.functions import call
from tests.isolation.rooms import GRANTEE, GRANTEES_WRITES, OWNERS_WRITES, Room, outcome
from tests.isolation.world import ADA, GIL, PERMISSIONS, Person, named, share_id, wrong


@dataclass(frozen=True)
class Ending:
    """Who ends it, None for the operator, by which statement, and what a write gets from then on."""

    person: Person | None
    statement: Callable[[], Statement[Any]]
    refusal: str = "NotFound"


def _change_of_permission() -> Statement[Any]:
    nothing = dict.fromkeys(PERMISSIONS, False)
    return call("device_shares.update_for_customer", "shared", ADA, share_id=share_id("shared", GRANTEE), **nothing)


def _revocation() -> Statement[Any]:
    return call("device_shares.delete_for_customer", "shared", ADA, share_id=share_id("shared", GRANTEE))


# To one customer by hand, to another by a code of theirs that the phone claims.
CHANGES_OF_OWNER = {
    "reassignment": Ending(None, lambda: devices.set_customer_id(named("shared"), GIL.id)),
    "claim": Ending(None, lambda: pairing_codes.claim("eves", named("shared"))),
}
ENDINGS = {
    "revocation": Ending(ADA, _revocation),
    "change of permission": Ending(ADA, _change_of_permission),
    "suspension of the owner": Ending(None, lambda: customers.update_active(ADA.id, False)),
    **CHANGES_OF_OWNER,
}
# Whoever is suspended cannot enter their scope, whatever for.
OWN_SUSPENSIONS = {
    "grantee's suspension": (
        GRANTEE,
        "devices.update_name_description_for_customer",
        Ending(None, lambda: customers.update_active(GRANTEE.id, False), refusal="CustomerNotActive"),
    ),
    "owner's suspension": (
        ADA,
        "device_shares.create_for_customer",
        Ending(None, lambda: customers.update_active(ADA.id, False), refusal="CustomerNotActive"),
    ),
}
CASES = {
    **{
        f"grantee's {write}, {name}": (GRANTEE, write, end)
        for write in GRANTEES_WRITES
        for name, end in ENDINGS.items()
    },
    **{
        f"owner's {write}, {name}": (ADA, write, end)
        for write in OWNERS_WRITES
        for name, end in CHANGES_OF_OWNER.items()
    },
    **OWN_SUSPENSIONS,
}
GIVING = [case for case in CASES if case.startswith("owner's device_shares.create_for_customer")]
"""A share that was given while its device is about to change hands, which is the one thing that stands against that."""


def meet(
    room: Room, first: tuple[Person | None, Statement[Any]], second: tuple[Person | None, Statement[Any]]
) -> tuple[bool, str]:
    """Whether the second had to wait until the first committed, and what became of it."""
    with ThreadPoolExecutor(1) as pool:
        with room.scope(first[0]).transaction() as transaction:
            transaction.run(first[1])
            late = pool.submit(outcome, lambda: room.scope(second[0]).run(second[1]))
            waited = until_waiting(room.admin, late)
        return waited, late.result()


def asked(case: str, person: Person) -> Statement[Any]:
    statement = call(case, "shared", person)
    count("R", statement.query.name)
    return statement


@pytest.mark.parametrize("case", CASES)
def test_a_write_that_waited_for_the_end_of_what_allows_it_is_refused(room: Room, case: str) -> None:
    person, write, ending = CASES[case]
    before = room.written()
    met = meet(room, (ending.person, ending.statement()), (person, asked(write, person)))

    assert (met, room.written(), wrong(room.admin)) == ((True, ending.refusal), before, [])


@pytest.mark.parametrize("case", [case for case in CASES if case not in GIVING])
def test_the_end_of_what_allows_a_write_waits_for_it_and_then_counts(room: Room, case: str) -> None:
    person, write, ending = CASES[case]
    met = meet(room, (person, asked(write, person)), (ending.person, ending.statement()))
    after = outcome(lambda: room.scope(person).run(asked(write, person)))

    assert (met, after, wrong(room.admin)) == ((True, "done"), ending.refusal, [])


@pytest.mark.parametrize("case", GIVING)
def test_a_device_that_is_shared_at_this_very_moment_stays_where_it_is(room: Room, case: str) -> None:
    person, write, ending = CASES[case]
    met = meet(room, (person, asked(write, person)), (ending.person, ending.statement()))
    again = outcome(lambda: room.scope(ending.person).run(ending.statement()))

    assert (met, again, wrong(room.admin)) == ((True, "23503"), "done", [])


@pytest.mark.parametrize("name", ENDINGS)
def test_what_ended_during_a_transaction_is_gone_for_its_next_statement(room: Room, name: str) -> None:
    ending = ENDINGS[name]
    with room.scope(GRANTEE).transaction() as transaction:
        transaction.run(call("devices.get_by_id_for_customer", "shared", GRANTEE))
        room.scope(ending.person).run(ending.statement())
        after = {write: outcome(partial(transaction.run, asked(write, GRANTEE))) for write in GRANTEES_WRITES}

    assert after == dict.fromkeys(GRANTEES_WRITES, "NotFound")


def unlocked(statement: Statement[Any]) -> Statement[Any]:
    """The statement without the locks that hold its permission."""
    statement.hand_over()
    query = statement.query
    sql, taken = re.subn(r"\bFOR (?:KEY )?SHARE(?: OF \w+)?", "", query.sql)
    assert taken, f"{query.name} locks nothing"
    return Query(replace(query.source, sql=sql), query.shape, query.record)(**statement.parameters)


@pytest.mark.parametrize("write", GRANTEES_WRITES)
@pytest.mark.parametrize("room", ["barrier 1 alone"], indirect=True)
def test_it_shows_when_a_statement_locks_nothing(room: Room, write: str) -> None:
    ending = ENDINGS["revocation"]
    _, done = meet(room, (ending.person, ending.statement()), (GRANTEE, unlocked(call(write, "shared", GRANTEE))))

    assert done == "done"
