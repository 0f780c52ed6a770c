"""The library against a plain-Python model of its rules: whatever happens in whatever order, both say the same.

After each step the outcome, result or error, is the model's, and so is all that every customer lists and sees.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from tenantstore import Store
from tenantstore.errors import CustomerNotActive
from tenantstore.queries import Statement
from tenantstore.repositories import (
    bandwidth,
    connections,
    customers,
    device_commands,
    device_shares,
    devices,
    ip_history,
    pairing_codes,
    rotation_links,
    status_logs,
)
from tenantstore.store import Scope
from tenantstore.testing.fixtures.isolation import count
from tenantstore.testing.isolation.modes import Bypassing
from tests.isolation import model
from tests.isolation.conftest import Barrier
from tests.isolation.fleet import HOUR, LATER, SINCE, STEPS, Fleet, outcome, plain
from tests.isolation.world import Connection, wrong

SOAK = "TENANTSTORE_SOAK" in os.environ
EXAMPLES, LENGTH = (300, 60) if SOAK else (24, 40)


def alone(store: Store) -> Callable[[UUID], Scope]:
    """Scopes in which barrier 1 stands alone."""
    return lambda me: Scope(store._core, Bypassing(me))


SCOPES: dict[str, Callable[[Store], Callable[[UUID], Scope]]] = {
    "both barriers": lambda store: store.tenant,
    "barrier 1 alone": alone,
}


class Machine(Fleet):
    """A fleet of which everybody sees, after each step, what the model shows them."""

    def __init__(self, store: Store, admin: Connection, barriers: str) -> None:
        empty(admin)
        self.admin = admin
        super().__init__(store.operator(), SCOPES[barriers](store))

    @rule(what=st.one_of(*STEPS.values()))
    def take(self, what: tuple[str, dict[str, Any]]) -> None:
        name, arguments = what
        getattr(self, name)(**arguments)

    @invariant()
    def everybody_sees_what_the_model_shows_them(self) -> None:
        """Whom the others' lists and permissions are asked of, each in turn is asked about every single thing."""
        turn = next(self.steps) % len(self.model.active)
        for number, me in enumerate(self.model.active):
            self.ask(me, [*self.lists(me), *(self.details(me) if number == turn else ())])

    def teardown(self) -> None:
        for me in self.model.active:
            self.ask(me, list(self.details(me)))

    def ask(self, me: UUID, questions: list[tuple[Statement[Any], Any]]) -> None:
        statements, expected = zip(*questions, strict=True)
        found = outcome(lambda: self.scope(me).run_all(*statements))
        if not self.model.active[me]:
            assert found is CustomerNotActive
            return
        for statement, answer, right in zip(statements, plain(list(found)), expected, strict=True):
            count("model", statement.query.name)
            asked = statement.query.name, dict(statement.parameters)
            assert (asked, answer) == (asked, right)

    @invariant()
    def lists_and_marks_stand_for_the_shares(self) -> None:
        assert wrong(self.admin) == []

    def lists(self, me: UUID) -> Iterator[tuple[Statement[Any], Any]]:
        """What a customer asks about all that is theirs and their permissions, and the model's answers."""
        known = self.model
        mine = known.devices_of(me)
        yield devices.list_by_customer(me), mine
        yield devices.list_by_customer(me, limit=1), mine[:1]
        if mine:
            yield devices.list_by_customer(me, limit=2, after=(mine[0].name, mine[0].id)), mine[1:3]
        yield connections.list_by_customer(me), known.connections_of(me)
        yield device_shares.list_by_customer(me), known.shares_seen(me)
        yield pairing_codes.list_by_customer(me), known.codes_of(me)
        yield customers.get_for_customer(me), model.Customer(me, active=True)
        yield customers.get_stats_for_customer(me), known.stats(me)
        for device_id in self.phones:
            yield devices.permissions_for_customer(device_id, me), known.permissions(me, device_id)

    def details(self, me: UUID) -> Iterator[tuple[Statement[Any], Any]]:
        """What they ask about each thing there is, theirs or not."""
        known = self.model
        for device_id in self.phones:
            yield from self.questions_of_a_device(me, device_id)
        for line in known.connections:
            yield connections.get_by_id_for_customer(line, me), known.connection(me, line)
        seen = known.shares_seen(me)
        for share in known.shares.values():
            yield device_shares.get_by_id_for_customer(share.id, me), share if share in seen else None

    def questions_of_a_device(self, me: UUID, device_id: UUID) -> Iterator[tuple[Statement[Any], Any]]:
        known = self.model
        yield devices.get_by_id_for_customer(device_id, me), known.device(me, device_id)
        yield connections.list_by_device_for_customer(device_id, me), known.connections_on(me, device_id)
        yield device_shares.get_by_device_and_customer(device_id, me), known.share_of(me, device_id)
        shares = [share for share in known.shares_seen(me) if share.device_id == device_id]
        yield device_shares.list_by_device_for_customer(device_id, me), shares
        yield device_commands.list_by_device_for_customer(device_id, me), known.history(me, device_id, known.commands)
        yield ip_history.list_by_device_for_customer(device_id, me), known.history(me, device_id, known.addresses)
        yield status_logs.list_by_device_for_customer(device_id, me), known.history(me, device_id, known.statuses)
        yield rotation_links.list_by_device_for_customer(device_id, me), known.links_on(me, device_id)
        yield bandwidth.device_total_for_customer(device_id, me, SINCE, LATER), known.total(me, device_id)
        yield bandwidth.device_hourly_for_customer(device_id, me, SINCE, LATER), known.hours(me, device_id, HOUR)


def empty(admin: Connection) -> None:
    """Take everything out, past triggers and foreign keys: a tenth of what truncating or a new database costs."""
    tables = admin.execute(
        """
        SELECT string_agg(format('DELETE FROM %I', t.relname), '; ')
        FROM pg_class AS t
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND t.relrowsecurity
        """
    ).fetchone()
    assert tables is not None
    admin.execute(f"SET session_replication_role = replica; {tables[0]}; RESET session_replication_role")


@pytest.mark.parametrize("barriers", SCOPES)
def test_the_library_does_what_the_model_does(whole_world: Barrier, barriers: str) -> None:
    name = f"model of {barriers}"
    whole_world.server.create_database(name, whole_world.template)
    with (
        Store.open(whole_world.server.dsn(name, "app"), max_size=1) as store,
        whole_world.connect(name, None) as admin,
    ):

        class Here(Machine):
            def __init__(self) -> None:
                super().__init__(store, admin, barriers)

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=LENGTH,
                deadline=None,
                database=None,
                derandomize=not SOAK,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
    whole_world.server.drop_database(name)
