"""R, races: everybody does anything to the same three phones at once, and nothing is out of order afterwards.

A deadlock is an error that no repository function has; ``test_lock_order`` says why there is none.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any
from uuid import UUID, uuid4

from tenantstore.queries import Statement
from tenantstore.repositories import connections, customers, device_shares, devices, pairing_codes
from tenantstore.store import Scope
from tenantstore.testing.fixtures.isolation import count
from tests.isolation.functions import LATER, call
from tests.isolation.rooms import GRANTEE, OWNERS_WRITES, Room, outcome
from tests.isolation.world import ADA, EVE, GIL, Person, named, wrong

THREADS = 6
STEPS = 5000 if "TENANTSTORE_SOAK" in os.environ else 100
PEOPLE = [ADA, EVE, GIL, GRANTEE]
PHONES = ["shared", "private", "eves"]
REFUSALS = {"NotFound", "Conflict", "NotAllowed", "CustomerNotActive"}
# A device that is shared at this very moment does not change hands.
OPERATORS_REFUSALS = {"23503"}


def operators_step(operator: Scope, phone: str, person: Person, random: Random) -> Statement[Any]:
    device_id = named(phone)
    made: list[Callable[[], Statement[Any]]] = [
        lambda: customers.update_active(person.id, random.random() < 0.7),
        lambda: devices.set_customer_id(device_id, person.id),
        lambda: devices.update_heartbeat(device_id, "198.51.100.7"),
        lambda: connections.replace_all_by_device(device_id, [connections.NewConnection("user", "hash")]),
        lambda: pairing_codes.claim(new_code(operator, person, random), device_id),
    ]
    return random.choice(made)()


def new_code(operator: Scope, person: Person, random: Random) -> str:
    """A code of the person's for a phone in the place of another."""
    replaced_id, code = named(random.choice(PHONES)), uuid4().hex[:8]
    operator.run(pairing_codes.create(code, "t", LATER, reassign_device_id=replaced_id, customer_id=person.id))
    return code


def customers_step(operator: Scope, phone: str, person: Person, random: Random) -> Statement[Any]:
    lines, shares = operator.run_all(
        connections.list_by_device(named(phone)), device_shares.list_by_device(named(phone))
    )
    ids: dict[str, UUID] = {
        "connection_id": random.choice([line.id for line in lines] or [named("nothing")]),
        "share_id": random.choice([share.id for share in shares] or [named("nothing")]),
        "shared_with": random.choice(PEOPLE).id,
    }
    return call(random.choice(OWNERS_WRITES), phone, person, **ids)


def act(room: Room, seed: int) -> set[str]:
    """What somebody gets who takes many steps, where it is not what was to be expected."""
    random = Random(seed)
    operator = room.scope(None)
    unexpected = set()
    for _ in range(STEPS):
        phone, person = random.choice(PHONES), random.choice(PEOPLE)
        if random.random() < 0.4:
            scope, statement = operator, operators_step(operator, phone, person, random)
            expected = OPERATORS_REFUSALS
        else:
            scope, statement = room.scope(person), customers_step(operator, phone, person, random)
            expected = REFUSALS
        count("R", statement.query.name)
        came = outcome(lambda scope=scope, statement=statement: scope.run(statement))  # type: ignore[misc]
        if came != "done" and came not in expected:
            unexpected.add(f"{statement.query.name}: {came}")
    return unexpected


def test_whatever_a_crowd_does_nobody_is_in_anybodys_way(room: Room) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        unexpected = set().union(*pool.map(partial(act, room), range(THREADS)))

    assert (unexpected, wrong(room.admin)) == (set(), [])
