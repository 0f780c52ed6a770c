"""The library against a plain-Python model of the domain: whatever happens in whatever order, both say the same.

After each step the outcome, result or error, is the model's, and so is all that every customer lists and sees.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tenantstore import Store
from tenantstore.errors import CustomerNotActive, TenantstoreError
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
from tenantstore.repositories.devices import Permissions
from tenantstore.store import Scope
from tenantstore.store.identity import Tenant
from tests.fix_isolation_report import count
from tests.isolation import model
from tests.isolation.conftest import Barrier
from tests.isolation.modes import Bypassing
from tests.isolation.world import Connection, named, wrong

SOAK = "TENANTSTORE_SOAK" in os.environ
EXAMPLES, STEPS = (1200, 60) if SOAK else (100, 10)

NOBODY = named("nobody")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = datetime(2026, 1, 5, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

NAMES = st.sampled_from(["", "a", "b"])
MAY = st.builds(Permissions, st.booleans(), st.booleans(), st.booleans(), st.booleans())
COMMANDS = st.sampled_from(["rotate_ip", "reboot"])

#: The model's record for each of the library's, by name.
RECORDS = {kind.__name__: kind for kind in vars(model).values() if getattr(kind, "__module__", "") == model.__name__}


def plain(found: Any) -> Any:
    """The records with the fields that the model knows of."""
    if isinstance(found, list):
        return [plain(each) for each in found]
    kind = RECORDS.get(type(found).__name__)
    return found if kind is None else kind(**{each.name: getattr(found, each.name) for each in fields(kind)})


def outcome(run: Callable[[], Any]) -> Any:
    """The result, or the class of the error."""
    try:
        return run()
    except (TenantstoreError, psycopg.Error) as error:
        return type(error)


class Fleet(RuleBasedStateMachine):
    """Customers, their phones and what they let each other do; each step on the database and on the model."""

    everybody = Bundle("everybody")
    phones = Bundle("phones")
    lines = Bundle("lines")
    shares = Bundle("shares")
    codes = Bundle("codes")
    links = Bundle("links")

    def __init__(self, store: Store, admin: Connection, identity: type[Tenant]) -> None:
        super().__init__()
        empty(admin)
        self.admin = admin
        self.operator = store.operator()
        self.scope: Callable[[UUID], Scope] = lambda me: Scope(store._core, identity(me))
        self.model = model.Model()
        self.seen: list[UUID] = []
        self.numbers = numbers(1)
        self.steps = numbers(1)
        self.settle()

    def agree(self, scope: Scope, statement: Statement[Any], expect: Callable[[Any], Any]) -> Any:
        """The result, for which the model is told the outcome too; None where both refuse in the same way."""
        count("model", statement.query.name)
        found = outcome(lambda: scope.run(statement))
        expected = outcome(lambda: expect(getattr(found, "id", NOBODY)))
        assert plain(found) == expected
        return None if isinstance(found, type) else found

    def made(self, found: Any) -> Any:
        """For a bundle: the id of what was made, if it was."""
        return multiple() if found is None else found.id

    def rightful(self, me: UUID, device_id: UUID, as_owner: bool) -> UUID:
        """The owner in the place of whoever was drawn, lest most of what happens be refused."""
        device = self.model.devices.get(device_id)
        return device.customer_id if as_owner and device and device.customer_id else me

    # Who and what is there. Each begins with something of everything, so that every step finds what it is about.

    @initialize(target=everybody)
    def begin(self) -> Any:
        return multiple(*self.model.active)

    @initialize(target=phones)
    def begin_with_phones(self) -> Any:
        return multiple(*self.model.devices)

    @initialize(target=lines)
    def begin_with_lines(self) -> Any:
        return multiple(*self.model.connections)

    @initialize(target=shares)
    def begin_with_shares(self) -> Any:
        return multiple(*self.model.shares)

    def settle(self) -> None:
        ada, bob, cyd = (self.join() for _ in range(3))
        first, second, third = (self.buy(owner, owned=True) for owner in (ada, ada, bob))
        self.give(first, bob, model.EVERYTHING)
        self.give(second, cyd, model.NOTHING)
        self.give(third, ada, model.EVERYTHING)
        for device_id in (first, second, third):
            self.equip(device_id)
            self.report(device_id)

    @precondition(lambda self: len(self.model.active) < 4)
    @rule(target=everybody)
    def join(self) -> UUID:
        name = f"customer {next(self.numbers)}"
        made = self.operator.run(customers.create(name, f"{name}@example.org"))
        self.model.active[made.id] = True
        return made.id

    @precondition(lambda self: len(self.model.devices) < 4)
    @rule(target=phones, owner=everybody, owned=st.sampled_from([True, True, True, False]))
    def buy(self, owner: UUID, owned: bool) -> UUID:
        customer_id = owner if owned else None
        number = next(self.numbers)
        create = devices.create(f"android {number}", 30000 + 4 * number, customer_id=customer_id)
        made = self.operator.run(create)
        self.model.devices[made.id] = plain(made)
        self.seen.append(made.id)
        return made.id

    @rule(device_id=phones, rarely=st.sampled_from([True, False, False, False]))
    def scrap(self, device_id: UUID, rarely: bool) -> None:
        if rarely:
            self.agree(self.operator, devices.delete(device_id), lambda _: self.model.delete(device_id))

    @rule(customer_id=everybody, active=st.booleans())
    def suspend_or_lift(self, customer_id: UUID, active: bool) -> None:
        self.operator.run(customers.update_active(customer_id, active))
        self.model.active[customer_id] = active

    @rule(device_id=phones, customer_id=st.one_of(everybody, everybody, st.none(), st.just(NOBODY)))
    def reassign(self, device_id: UUID, customer_id: UUID | None) -> None:
        change = devices.set_customer_id(device_id, customer_id)
        self.agree(self.operator, change, lambda _: self.model.reassign(device_id, customer_id))

    # Shares.

    @rule(
        target=shares,
        me=everybody,
        as_owner=st.booleans(),
        device_id=phones,
        shared_with=st.one_of(everybody, everybody, everybody, st.just(NOBODY)),
        may=MAY,
    )
    def share(self, me: UUID, as_owner: bool, device_id: UUID, shared_with: UUID, may: Permissions) -> Any:
        me = self.rightful(me, device_id, as_owner)
        create = device_shares.create_for_customer(device_id, me, shared_with, **granted(may))
        return self.made(
            self.agree(self.scope(me), create, lambda id: self.model.share(me, device_id, shared_with, may, id))
        )

    @rule(target=shares, device_id=phones, shared_with=everybody, may=MAY)
    def give(self, device_id: UUID, shared_with: UUID, may: Permissions) -> Any:
        create = device_shares.create(device_id, shared_with, **granted(may))
        return self.made(self.agree(self.operator, create, lambda id: self.model.give(device_id, shared_with, may, id)))

    @rule(me=everybody, as_owner=st.booleans(), share_id=shares, may=MAY)
    def change_share(self, me: UUID, as_owner: bool, share_id: UUID, may: Permissions) -> None:
        me = self.giver(me, share_id, as_owner)
        update = device_shares.update_for_customer(share_id, me, **granted(may))
        self.agree(self.scope(me), update, lambda _: self.model.change_share(me, share_id, may))

    @rule(me=everybody, as_owner=st.booleans(), share_id=shares)
    def revoke(self, me: UUID, as_owner: bool, share_id: UUID) -> None:
        me = self.giver(me, share_id, as_owner)
        delete = device_shares.delete_for_customer(share_id, me)
        self.agree(self.scope(me), delete, lambda _: self.model.revoke(me, share_id))

    def giver(self, me: UUID, share_id: UUID, as_owner: bool) -> UUID:
        share = self.model.shares.get(share_id)
        return share.owner_id if as_owner and share else me

    # What customers do with a phone.

    @rule(me=everybody, device_id=phones, name=NAMES)
    def rename(self, me: UUID, device_id: UUID, name: str) -> None:
        update = devices.update_name_description_for_customer(device_id, me, name, f"{name} of {me}")
        self.agree(self.scope(me), update, lambda _: self.model.rename(me, device_id, name, f"{name} of {me}"))

    @rule(me=everybody, device_id=phones, minutes=st.integers(0, 2))
    def auto_rotate(self, me: UUID, device_id: UUID, minutes: int) -> None:
        update = devices.update_auto_rotate_for_customer(device_id, me, minutes)
        self.agree(self.scope(me), update, lambda _: self.model.auto_rotate(me, device_id, minutes))

    @rule(target=lines, me=everybody, device_id=phones)
    def connect(self, me: UUID, device_id: UUID) -> Any:
        password = f"password {next(self.numbers)}"
        create = connections.create_for_customer(device_id, me, "user", password, password)
        return self.made(self.agree(self.scope(me), create, lambda id: self.model.connect(me, device_id, password, id)))

    @rule(target=lines, device_id=phones)
    def equip(self, device_id: UUID) -> Any:
        password = f"password {next(self.numbers)}"
        create = connections.create(device_id, "user", password, password)
        return self.made(self.agree(self.operator, create, lambda id: self.model.equip(device_id, password, id)))

    @rule(me=everybody, line=lines, active=st.booleans())
    def switch(self, me: UUID, line: UUID, active: bool) -> None:
        update = connections.update_active_for_customer(line, me, active)
        self.agree(self.scope(me), update, lambda _: self.model.change_connection(me, line, active=active))

    @rule(me=everybody, line=lines)
    def set_password(self, me: UUID, line: UUID) -> None:
        new = f"password {next(self.numbers)}"
        update = connections.update_password_for_customer(line, me, new, new)
        change = {"password_hash": new, "password_plain": new}
        self.agree(self.scope(me), update, lambda _: self.model.change_connection(me, line, **change))

    @rule(me=everybody, line=lines)
    def disconnect(self, me: UUID, line: UUID) -> None:
        delete = connections.delete_for_customer(line, me)
        self.agree(self.scope(me), delete, lambda _: self.model.disconnect(me, line))

    @rule(line=lines, used=st.integers(1, 1000))
    def use(self, line: UUID, used: int) -> None:
        update = connections.update_bandwidth_used(line, used)
        self.agree(self.operator, update, lambda _: self.model.use(line, used))

    @rule(me=everybody, device_id=phones, type=COMMANDS)
    def command(self, me: UUID, device_id: UUID, type: Any) -> None:
        create = device_commands.create_for_customer(device_id, me, type)
        self.agree(self.scope(me), create, lambda id: self.model.command(me, device_id, type, id))

    @rule(target=links, me=everybody, as_owner=st.booleans(), device_id=phones)
    def link(self, me: UUID, as_owner: bool, device_id: UUID) -> Any:
        me = self.rightful(me, device_id, as_owner)
        create = rotation_links.create_for_customer(device_id, me)
        return self.made(self.agree(self.scope(me), create, lambda id: self.model.link(me, device_id, id)))

    @rule(me=everybody, link_id=links)
    def unlink(self, me: UUID, link_id: UUID) -> None:
        delete = rotation_links.delete_for_customer(link_id, me)
        self.agree(self.scope(me), delete, lambda _: self.model.unlink(me, link_id))

    @rule(device_id=phones)
    def report(self, device_id: UUID) -> None:
        if device_id not in self.model.devices:
            return
        address, status, log = self.operator.run_all(
            ip_history.create(device_id, "198.51.100.1"),
            status_logs.create(device_id, "online", "offline", HOUR + timedelta(seconds=next(self.numbers))),
            bandwidth.create(device_id, 7, 0, HOUR, HOUR),
        )
        self.model.addresses[address.id] = plain(address)
        self.model.statuses[status.id] = plain(status)
        self.model.traffic[device_id] = self.model.traffic.get(device_id, 0) + log.bytes_in

    # Pairing codes.

    @rule(target=codes, me=everybody, replaces=st.one_of(st.none(), phones), as_owner=st.booleans())
    def make_code(self, me: UUID, replaces: UUID | None, as_owner: bool) -> Any:
        me = me if replaces is None else self.rightful(me, replaces, as_owner)
        create = pairing_codes.create_for_customer(me, LATER, reassign_device_id=replaces)
        create_code = create.parameters["code"]
        return self.made(
            self.agree(self.scope(me), create, lambda id: self.model.make_code(me, replaces, id, create_code))
        )

    @rule(
        target=codes,
        customer_id=st.one_of(st.none(), everybody, everybody),
        replaces=st.one_of(st.none(), phones, phones),
    )
    def issue_code(self, customer_id: UUID | None, replaces: UUID | None) -> Any:
        code = f"C{next(self.numbers)}"
        create = pairing_codes.create(code, "token", LATER, None, None, replaces, customer_id)
        return self.made(
            self.agree(self.operator, create, lambda id: self.model.issue_code(customer_id, replaces, id, code))
        )

    @rule(code_id=codes, device_id=phones)
    def claim(self, code_id: UUID, device_id: UUID) -> None:
        claim = pairing_codes.claim(self.model.codes[code_id].code, device_id)
        self.agree(self.operator, claim, lambda _: self.model.claim(code_id, device_id))

    # What is true after every step.

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
            assert (me, statement.query.name, statement.parameters, answer) == (
                me,
                statement.query.name,
                statement.parameters,
                right,
            )

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
        yield customers.get_stats_for_customer(me), known.stats(me)
        for device_id in self.seen:
            yield devices.permissions_for_customer(device_id, me), known.permissions(me, device_id)

    def details(self, me: UUID) -> Iterator[tuple[Statement[Any], Any]]:
        """What they ask about each thing there is, theirs or not."""
        known = self.model
        for device_id in self.seen:
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


def granted(may: Permissions) -> dict[str, bool]:
    return {each.name: getattr(may, each.name) for each in fields(may)}


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


@pytest.mark.parametrize("identity", [Tenant, Bypassing], ids=["both barriers", "barrier 1 alone"])
def test_the_library_does_what_the_model_does(whole_world: Barrier, identity: type[Tenant]) -> None:
    name = f"model_{identity.__name__.lower()}"
    whole_world.server.create_database(name, whole_world.template)
    with (
        Store.open(whole_world.server.dsn(name, "app"), max_size=1) as store,
        whole_world.connect(name, None) as admin,
    ):

        class Here(Fleet):
            def __init__(self) -> None:
                super().__init__(store, admin, identity)

        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                derandomize=not SOAK,
                suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
            ),
        )
    whole_world.server.drop_database(name)
