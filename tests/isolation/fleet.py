"""What can happen to a fleet: each step is taken on the database and on the model, and both say the same of it."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from tenantstore.errors import TenantstoreError
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
from tenantstore.testing.fixtures.isolation import count
from tests.isolation import model
from tests.isolation.world import named

F = TypeVar("F", bound=Callable[..., None])

NOBODY = named("nobody")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = datetime(2026, 1, 5, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

#: Which of those that there are, or were.
WHICH = st.integers(0, 7)
WHICH_OR_NONE = st.sampled_from([*range(8), None])
MOSTLY = st.sampled_from([True, True, False])
NAMES = st.sampled_from(["", "a", "b"])
MAY = st.builds(Permissions, st.booleans(), st.booleans(), st.booleans(), st.booleans())
COMMANDS = st.sampled_from(["reboot", "rotate_ip"])

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


#: Steps by name, each drawn as its name and arguments. As rules of their own, of which every example leaves some out, a
#: small run would not see them all.
STEPS: dict[str, st.SearchStrategy[tuple[str, dict[str, Any]]]] = {}


def step(**arguments: st.SearchStrategy[Any]) -> Callable[[F], F]:
    def note(method: F) -> F:
        STEPS[method.__name__] = st.tuples(st.just(method.__name__), st.fixed_dictionaries(arguments))
        return method

    return note


class Fleet(RuleBasedStateMachine):
    """Customers, their phones and what they let each other do; each step on the database and on the model."""

    def __init__(self, operator: Scope, scope: Callable[[UUID], Scope]) -> None:
        """``scope`` gives a customer's."""
        super().__init__()
        self.operator = operator
        self.scope = scope
        self.model = model.Model()
        # All that there ever were: what is gone is asked for as well.
        self.phones: list[UUID] = []
        self.lines: list[UUID] = []
        self.shares: list[UUID] = []
        self.codes: list[UUID] = []
        self.links: list[UUID] = []
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

    def make(self, ids: list[UUID], scope: Scope, statement: Statement[Any], expect: Callable[[UUID], Any]) -> None:
        """The same, where something is made: its id is one of ``ids`` from then on."""
        made = self.agree(scope, statement, expect)
        if made is not None:
            ids.append(made.id)

    def customer(self, which: int) -> UUID:
        return nth(list(self.model.active), which)

    def owner_or(self, which: int, device_id: UUID, as_owner: bool) -> UUID:
        """The owner in the place of whoever was drawn, lest most of what happens be refused."""
        owner = self.owner(device_id)
        return owner if as_owner and owner else self.customer(which)

    def giver_or(self, which: int, share_id: UUID, as_owner: bool) -> UUID:
        share = self.model.shares.get(share_id)
        return share.owner_id if as_owner and share else self.customer(which)

    def actor(self, which: int, device_id: UUID | None) -> UUID:
        """Grantees first, then the owner, then strangers."""
        grantees, owner = self.grantees(device_id), self.owner(device_id)
        return nth(sorted(self.model.active, key=lambda each: (each not in grantees, each != owner)), which)

    def receiver(self, which: int, device_id: UUID) -> UUID:
        """Strangers first, then those with whom it is shared, then the owner."""
        grantees, owner = self.grantees(device_id), self.owner(device_id)
        return nth(sorted(self.model.active, key=lambda each: (each == owner, each in grantees)), which)

    def owner(self, device_id: UUID | None) -> UUID | None:
        return next((each.customer_id for each in self.model.devices.values() if each.id == device_id), None)

    def grantees(self, device_id: UUID | None) -> list[UUID]:
        return [share.shared_with for share in self.model.shares.values() if share.device_id == device_id]

    def device_of(self, connection_id: UUID) -> UUID | None:
        return next((each.device_id for each in self.model.connections.values() if each.id == connection_id), None)

    # Who and what is there.

    def settle(self) -> None:
        """Begin with something of everything, so that every step finds what it is about."""
        for _ in range(3):
            self.join()
        for owner in (0, 0, 1):
            self.buy(owner)
        for phone, may in enumerate([model.EVERYTHING, model.NOTHING, Permissions(True, False, False, True)]):
            self.give(phone, 0, may)
            self.equip(phone)
            self.report(phone)

    @step()
    def join(self) -> None:
        if len(self.model.active) == 4:
            return
        name = f"customer {next(self.numbers)}"
        made = self.operator.run(customers.create(name, f"{name}@example.org"))
        self.model.active[made.id] = True

    @step(owner=WHICH_OR_NONE)
    def buy(self, owner: int | None) -> None:
        if len(self.model.devices) == 4:
            return
        customer_id = None if owner is None else self.customer(owner)
        number = next(self.numbers)
        made = self.operator.run(devices.create(f"android {number}", 30000 + 4 * number, customer_id=customer_id))
        self.model.devices[made.id] = plain(made)
        self.phones.append(made.id)

    @step(phone=WHICH, rarely=st.sampled_from([*[False] * 5, True]))
    def scrap(self, phone: int, rarely: bool) -> None:
        device_id = nth(self.phones, phone)
        if rarely:
            self.agree(self.operator, devices.delete(device_id), lambda _: self.model.delete(device_id))

    @step(which=WHICH, active=st.booleans())
    def suspend_or_lift(self, which: int, active: bool) -> None:
        customer_id = self.customer(which)
        self.operator.run(customers.update_active(customer_id, active))
        self.model.active[customer_id] = active

    @step(phone=WHICH, to=st.sampled_from([*range(8), None, NOBODY]))
    def reassign(self, phone: int, to: int | UUID | None) -> None:
        device_id = nth(self.phones, phone)
        customer_id = self.customer(to) if isinstance(to, int) else to
        change = devices.set_customer_id(device_id, customer_id)
        self.agree(self.operator, change, lambda _: self.model.reassign(device_id, customer_id))

    # Shares.

    @step(who=WHICH, as_owner=MOSTLY, phone=WHICH, to=WHICH_OR_NONE, may=MAY)
    def share(self, who: int, as_owner: bool, phone: int, to: int | None, may: Permissions) -> None:
        device_id = nth(self.phones, phone)
        me = self.owner_or(who, device_id, as_owner)
        shared_with = NOBODY if to is None else self.receiver(to, device_id)
        create = device_shares.create_for_customer(device_id, me, shared_with, **granted(may))
        share = self.model.share
        self.make(self.shares, self.scope(me), create, lambda id: share(me, device_id, shared_with, may, id))

    @step(phone=WHICH, to=WHICH, may=MAY)
    def give(self, phone: int, to: int, may: Permissions) -> None:
        device_id = nth(self.phones, phone)
        shared_with = self.receiver(to, device_id)
        create = device_shares.create(device_id, shared_with, **granted(may))
        self.make(self.shares, self.operator, create, lambda id: self.model.give(device_id, shared_with, may, id))

    @step(who=WHICH, as_owner=MOSTLY, share=WHICH, may=MAY)
    def change_share(self, who: int, as_owner: bool, share: int, may: Permissions) -> None:
        share_id = nth(self.shares, share)
        me = self.giver_or(who, share_id, as_owner)
        update = device_shares.update_for_customer(share_id, me, **granted(may))
        self.agree(self.scope(me), update, lambda _: self.model.change_share(me, share_id, may))

    @step(who=WHICH, as_owner=MOSTLY, share=WHICH)
    def revoke(self, who: int, as_owner: bool, share: int) -> None:
        share_id = nth(self.shares, share)
        me = self.giver_or(who, share_id, as_owner)
        delete = device_shares.delete_for_customer(share_id, me)
        self.agree(self.scope(me), delete, lambda _: self.model.revoke(me, share_id))

    # What customers do with a phone.

    @step(who=WHICH, phone=WHICH, name=NAMES)
    def rename(self, who: int, phone: int, name: str) -> None:
        device_id = nth(self.phones, phone)
        me = self.actor(who, device_id)
        update = devices.update_name_description_for_customer(device_id, me, name, f"{name} of {me}")
        self.agree(self.scope(me), update, lambda _: self.model.rename(me, device_id, name, f"{name} of {me}"))

    @step(who=WHICH, phone=WHICH, minutes=st.integers(0, 2))
    def auto_rotate(self, who: int, phone: int, minutes: int) -> None:
        device_id = nth(self.phones, phone)
        me = self.actor(who, device_id)
        update = devices.update_auto_rotate_for_customer(device_id, me, minutes)
        self.agree(self.scope(me), update, lambda _: self.model.auto_rotate(me, device_id, minutes))

    @step(who=WHICH, phone=WHICH)
    def connect(self, who: int, phone: int) -> None:
        if len(self.model.connections) == 6:
            return
        device_id = nth(self.phones, phone)
        me = self.actor(who, device_id)
        new = f"password {next(self.numbers)}"
        create = connections.create_for_customer(device_id, me, "user", new, new)
        self.make(self.lines, self.scope(me), create, lambda id: self.model.connect(me, device_id, new, id))

    @step(phone=WHICH)
    def equip(self, phone: int) -> None:
        if len(self.model.connections) == 6:
            return
        device_id = nth(self.phones, phone)
        new = f"password {next(self.numbers)}"
        create = connections.create(device_id, "user", new, new)
        self.make(self.lines, self.operator, create, lambda id: self.model.equip(device_id, new, id))

    @step(who=WHICH, line=WHICH, active=st.booleans())
    def switch(self, who: int, line: int, active: bool) -> None:
        connection_id = nth(self.lines, line)
        me = self.actor(who, self.device_of(connection_id))
        update = connections.update_active_for_customer(connection_id, me, active)
        self.agree(self.scope(me), update, lambda _: self.model.change_connection(me, connection_id, active=active))

    @step(who=WHICH, line=WHICH)
    def set_password(self, who: int, line: int) -> None:
        connection_id = nth(self.lines, line)
        me = self.actor(who, self.device_of(connection_id))
        new = f"password {next(self.numbers)}"
        update = connections.update_password_for_customer(connection_id, me, new, new)
        change = {"password_hash": new, "password_plain": new}
        self.agree(self.scope(me), update, lambda _: self.model.change_connection(me, connection_id, **change))

    @step(who=WHICH, line=WHICH)
    def disconnect(self, who: int, line: int) -> None:
        connection_id = nth(self.lines, line)
        me = self.actor(who, self.device_of(connection_id))
        delete = connections.delete_for_customer(connection_id, me)
        self.agree(self.scope(me), delete, lambda _: self.model.disconnect(me, connection_id))

    @step(line=WHICH, used=st.integers(1, 1000))
    def use(self, line: int, used: int) -> None:
        connection_id = nth(self.lines, line)
        update = connections.update_bandwidth_used(connection_id, used)
        self.agree(self.operator, update, lambda _: self.model.use(connection_id, used))

    @step(who=WHICH, phone=WHICH, type=COMMANDS)
    def command(self, who: int, phone: int, type: Any) -> None:
        device_id = nth(self.phones, phone)
        me = self.actor(who, device_id)
        create = device_commands.create_for_customer(device_id, me, type)
        self.agree(self.scope(me), create, lambda id: self.model.command(me, device_id, type, id))

    @step(who=WHICH, as_owner=MOSTLY, phone=WHICH)
    def link(self, who: int, as_owner: bool, phone: int) -> None:
        device_id = nth(self.phones, phone)
        me = self.owner_or(who, device_id, as_owner)
        create = rotation_links.create_for_customer(device_id, me)
        self.make(self.links, self.scope(me), create, lambda id: self.model.link(me, device_id, id))

    @step(who=WHICH, link=WHICH)
    def unlink(self, who: int, link: int) -> None:
        me, link_id = self.customer(who), nth(self.links, link)
        delete = rotation_links.delete_for_customer(link_id, me)
        self.agree(self.scope(me), delete, lambda _: self.model.unlink(me, link_id))

    @step(phone=WHICH)
    def report(self, phone: int) -> None:
        device_id = nth(self.phones, phone)
        if device_id not in self.model.devices:
            return
        changed_at = HOUR + timedelta(seconds=next(self.numbers))
        address, status, log = self.operator.run_all(
            ip_history.create(device_id, "198.51.100.1"),
            status_logs.create(device_id, "online", "offline", changed_at),
            bandwidth.create(device_id, 7, 0, HOUR, HOUR),
        )
        self.model.addresses[address.id] = plain(address)
        self.model.statuses[status.id] = plain(status)
        self.model.traffic[device_id] = self.model.traffic.get(device_id, 0) + log.bytes_in

    # Pairing codes.

    @step(who=WHICH, replaces=WHICH_OR_NONE, as_owner=MOSTLY)
    def make_code(self, who: int, replaces: int | None, as_owner: bool) -> None:
        replaced_id = None if replaces is None else nth(self.phones, replaces)
        me = self.customer(who) if replaced_id is None else self.owner_or(who, replaced_id, as_owner)
        create = pairing_codes.create_for_customer(me, LATER, reassign_device_id=replaced_id)
        code = create.parameters["code"]
        self.make(self.codes, self.scope(me), create, lambda id: self.model.make_code(me, replaced_id, id, code))

    @step(to=WHICH_OR_NONE, replaces=WHICH_OR_NONE)
    def issue_code(self, to: int | None, replaces: int | None) -> None:
        customer_id = None if to is None else self.customer(to)
        replaced_id = None if replaces is None else nth(self.phones, replaces)
        code = f"C{next(self.numbers)}"
        create = pairing_codes.create(code, "token", LATER, None, None, replaced_id, customer_id)
        issue = self.model.issue_code
        self.make(self.codes, self.operator, create, lambda id: issue(customer_id, replaced_id, id, code))

    @step(which=WHICH, phone=WHICH)
    def claim(self, which: int, phone: int) -> None:
        if not self.codes:
            return
        code_id, device_id = nth(self.codes, which), nth(self.phones, phone)
        claim = pairing_codes.claim(self.model.codes[code_id].code, device_id)
        self.agree(self.operator, claim, lambda _: self.model.claim(code_id, device_id))


def nth(ids: Sequence[UUID], which: int) -> UUID:
    return ids[which % len(ids)] if ids else NOBODY


def granted(may: Permissions) -> dict[str, bool]:
    return {each.name: getattr(may, each.name) for each in fields(may)}
