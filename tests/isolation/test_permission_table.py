"""The permission table over every repository function, with both barriers and with either one alone."""

from collections.abc import Iterator
from inspect import signature
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tenantstore import Store
from tenantstore.errors import CustomerNotActive, NotAllowed, NotFound
from tenantstore.queries import Statement
from tenantstore.repositories.bandwidth import BandwidthTotal
from tenantstore.repositories.connections import Connection as ProxyConnection
from tenantstore.store import Scope
from tenantstore.testing.fixtures.isolation import count
from tenantstore.testing.isolation.modes import BYPASS, Bypassing, Run
from tests.isolation.conftest import Barrier
from tests.isolation.functions import FUNCTIONS, NEEDS, call, cases, is_tenants, needed
from tests.isolation.modes import MODES
from tests.isolation.world import ADA, DEVICES, HAL, SHARES, SID, TENANTS, Person, named

TENANTS_OWN = [name for name in FUNCTIONS if is_tenants(name)]
OPERATORS = [name for name in FUNCTIONS if not is_tenants(name)]
CASES = [case for name in TENANTS_OWN for case in cases(name)]
# Without its predicate such a query asks for more than the one thing that the function is for.
WIDER = {"connections.list_by_customer": "see", "device_shares.get_by_device_and_customer": "see"}
SETS_A_PASSWORD = ("connections.create_for_customer", "connections.update_password_for_customer")


@pytest.fixture(scope="module", params=["18", "15"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """A store on the world, which every statement leaves as it was."""
    barrier: Barrier = request.getfixturevalue("whole_world" if request.param == "18" else "whole_world_15")
    with Store.open(barrier.server.dsn(barrier.template, "app"), max_size=2) as store:
        yield store


def holds(person: Person, device: str, needs: str) -> bool:
    """Whether the rules let the person do what needs that power. ``share``: have been given one that counts."""
    if needs == "":
        return True
    if needs == "share":
        return "see" in person.may(device) and "own" not in person.may(device)
    return needs in person.may(device)


def about(row: Any, device: str) -> bool:
    """Whether a row of a list is the device, or hangs on it."""
    key = next(getattr(row, name) for name in ("device_id", "code", "id") if hasattr(row, name))
    return key in (named(device), device)


def outcome(run: Run, store: Store, case: str, person: Person, device: str) -> list[Any]:
    """The rows about the device that the person gets; none where they are refused."""
    statement = call(case, device, person)
    count("permission table", statement.query.name)
    try:
        found = run(store, person.id, statement)
    except NotFound:
        return []
    rows = found if isinstance(found, list) else [] if found is None else [found]
    if ".list_" in case and "device_id" not in signature(FUNCTIONS[case]).parameters:
        rows = [row for row in rows if about(row, device)]
    # No traffic is what a device without any shows, and one whose traffic is hidden.
    return [row for row in rows if row != BandwidthTotal(0, 0)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
def test_a_customer_gets_what_the_table_says(store: Store, case: str, mode: str) -> None:
    needs = needed(case)
    if mode == "barrier 2 alone":
        needs = WIDER.get(case, needs)
    expected = {(p.name, device): holds(p, device, needs) for p in TENANTS for device in DEVICES}
    found = {
        (p.name, device): bool(outcome(MODES[mode], store, case, p, device)) for p in TENANTS for device in DEVICES
    }

    assert {key: allowed for key, allowed in found.items() if allowed != expected[key]} == {}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("connections.")])
def test_passwords_are_for_owners_and_for_who_may_download(store: Store, case: str, mode: str) -> None:
    if mode == "barrier 2 alone" and case in SETS_A_PASSWORD:
        # What comes back there is what the caller has just said themselves.
        return
    wrong = []
    for person in TENANTS:
        for device in DEVICES:
            for row in outcome(MODES[mode], store, case, person, device):
                assert isinstance(row, ProxyConnection), "a connection"
                shown = row.password_hash is not None, row.password_plain is not None
                may = bool(person.may(device) & {"own", "can_download_configs"})
                if shown != (may, may):
                    wrong.append((person.name, device, shown))

    assert wrong == []


@pytest.mark.parametrize("case", CASES)
def test_a_suspended_customer_does_nothing(store: Store, case: str) -> None:
    refused = []
    for person in (HAL, SID):
        for run in (MODES["both"], MODES["barrier 1 alone"]):
            with pytest.raises(CustomerNotActive) as caught:
                run(store, person.id, call(case, "shared", person))
            refused.append(str(caught.value))

    assert refused == [f"customer {person.id}: unknown or suspended" for person in (HAL, HAL, SID, SID)]


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operators_function_is_not_a_customers(store: Store, name: str) -> None:
    with pytest.raises(NotAllowed, match="an operator's query in a customer's scope"):
        store.tenant(ADA.id).run(call(name, "shared", ADA))


class Done(Exception):
    """All went well, and is to be undone."""


def _run_and_undo(scope: Scope, statement: Statement[Any]) -> None:
    with scope.transaction() as transaction:
        transaction.run(statement)
        raise Done


@pytest.mark.parametrize("case", [*CASES, *OPERATORS])
def test_the_operator_may_do_everything(store: Store, case: str) -> None:
    grantee = next(person for device, person, _ in SHARES if device == "shared")
    person = grantee if NEEDS.get(case) == "share" else ADA
    with pytest.raises(Done):
        _run_and_undo(store.operator(), call(case, "shared", person))


@pytest.mark.parametrize("case", [*CASES, *OPERATORS])
def test_the_login_role_by_itself_may_do_nothing(store: Store, case: str) -> None:
    statement = call(case, "shared", ADA)
    statement.hand_over()
    values = [Jsonb(value) if isinstance(value, dict) else value for value in statement.parameters.values()]
    ordered = dict(zip(statement.parameters, values, strict=True))
    with (
        store.pool.connection() as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        psycopg.RawCursor(connection) as cursor,
    ):
        cursor.execute(statement.query.sql.encode(), [ordered[name] for name in statement.query.parameters])


def test_every_function_of_a_customers_has_its_power() -> None:
    own, there, table = set(TENANTS_OWN), {case.split()[0] for case in NEEDS}, "NEEDS in tests/isolation/functions.py"

    assert [f"{name}: a customer's function; add it to {table}" for name in sorted(own - there)] == []
    assert [f"{name}: in {table}, and no customer's function" for name in sorted(there - own)] == []


def test_barrier_1_alone_is_without_the_other(store: Store) -> None:
    with store.pool.connection() as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT set_config('role', %s, true)", [BYPASS])
        active = connection.execute("SELECT row_security_active('devices')").fetchone()
        connection.execute("ROLLBACK")

    assert (active, Bypassing.prefix) == ((False,), b"bypassing_")
