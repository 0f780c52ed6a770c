"""A few customers with phones, and the plain-Python model of them: whatever they do, the model says what they then see.

An island has a thread, and what it has is nobody else's; so its model is right although all islands use one database,
and what one island sees of another's is a leak.
"""

from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from time import sleep
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from tenantstore import Store
from tenantstore.errors import ConnectionLost, CustomerNotActive, TenantstoreError
from tenantstore.queries import Statement
from tenantstore.repositories import bandwidth, connections, customers, device_shares, devices
from tenantstore.store import Scope
from tests.fix_fleet import Admin
from tests.isolation.fleet import LATER, NOBODY, SINCE, plain
from tests.isolation.model import Customer, Model
from tests.load.steps import STEPS, Step

T = TypeVar("T")
Question = tuple[Statement[Any], Any]

CUSTOMERS, PHONES = 4, 6
_TRIES = 50
_OTHERS = "SELECT FROM pg_stat_activity WHERE application_name = %s AND pid <> %s"


class Island:
    """What its customers do and see.

    ``store`` has a single connection, for changes, under the island's name; ``crowded`` is every island's, for reads.
    ``calm`` and ``admin`` lose no connections.
    """

    def __init__(self, name: str, first_port: int, store: Store, crowded: Store, calm: Store, admin: Admin) -> None:
        self.name, self.random, self.model = name, Random(name), Model()
        self.store, self.crowded, self.calm, self.admin = store, crowded, calm, admin
        self.changes = self.refusals = self.answers = self.losses = self.unknown = 0
        self._last: deque[str] = deque(maxlen=12)
        operator = calm.operator()
        for number in range(CUSTOMERS):
            made = operator.run(customers.create(name, f"{number}@{name}.example.org"))
            self.model.active[made.id] = True
        self.people = list(self.model.active)
        for number in range(PHONES):
            owner, port = self.people[number % 2], first_port + 4 * number
            device = operator.run(devices.create(f"{name} {number}", port, customer_id=owner))
            self.model.devices[device.id] = plain(device)
        self.phones = list(self.model.devices)

    def change(self) -> None:
        """Something happens; its outcome is the model's."""
        (draw,) = self.random.choices(list(STEPS), weights=list(STEPS.values()))
        step = draw(self.model, self.random, self.random.choice(self.phones), self.random.choice(self.people))
        try:
            found = outcome(lambda: self._scope(step.me).run(step.statement))
        except ConnectionLost as lost:
            self.losses += 1
            self._note(step, lost)
            if lost.may_have_happened:
                self._settle(step)
            return
        expected = outcome(lambda: step.expect(self.model, getattr(found, "id", NOBODY)))
        self.changes += 1
        self.refusals += isinstance(found, type)
        self._note(step, found)
        assert plain(found) == expected, self._wrong(step.me, step.statement, plain(found), expected)

    def ask(self, strange: UUID) -> None:
        """Somebody asks all that they can ask in one call, and after ``strange``, which is another island's."""
        me = self.random.choice(self.people)
        asked = [*questions(self.model, me, self.phones), (devices.get_by_id_for_customer(strange, me), None)]
        statements, answers = zip(*asked, strict=True)
        found = self._read(me, statements)
        if not self.model.active[me]:
            assert found is CustomerNotActive
            return
        assert not isinstance(found, type), found
        self.answers += len(found)
        for statement, answer, right in zip(statements, plain(list(found)), answers, strict=True):
            assert answer == right, self._wrong(me, statement, answer, right)

    def _read(self, me: UUID, statements: tuple[Statement[Any], ...]) -> Any:
        """The outcome, however often the connection is lost before: what only reads may be run again."""
        for _ in range(_TRIES):
            try:
                return outcome(lambda: self.crowded.tenant(me).run_all(*statements))
            except ConnectionLost as error:
                lost = error
                self.losses += 1
            assert not lost.may_have_happened
        raise AssertionError(f"lost {_TRIES} times") from lost

    def _scope(self, me: UUID | None) -> Scope:
        return self.store.operator() if me is None else self.store.tenant(me)

    def _settle(self, step: Step) -> None:
        """Find out whether a change whose answer was lost has been made: what is there is the one or the other."""
        self.unknown += 1
        while self._is_at_it():
            sleep(0.005)
        after = deepcopy(self.model)
        made = self._made(after) if step.makes else NOBODY
        happened = made is not None
        if made is not None:
            happened = not isinstance(outcome(lambda: step.expect(after, made)), type) and self._is(after)
        assert happened or self._is(self.model), f"neither done nor undone: {step.statement.query.name}"
        self._note(step, happened)
        if happened:
            self.model = after

    def _note(self, step: Step, what: object) -> None:
        self._last.append(f"{step.me}: {step.statement.query.name} {dict(step.statement.parameters)}: {what}")

    def _wrong(self, me: UUID | None, statement: Statement[Any], found: object, right: object) -> str:
        """What there is to say of a fault: who was shown what, and what had been done before."""
        asked = f"{self.name}, {me}: {statement.query.name} {dict(statement.parameters)}"
        return "\n".join([asked, f"found {found}", f"right {right}", *self._last])

    def _is_at_it(self) -> bool:
        """Whether the server still has a process of a connection that this island has lost."""
        with self.store.pool.connection() as connection:
            return self.admin.execute(_OTHERS, [self.name, connection.info.backend_pid]).rowcount > 0

    def _made(self, known: Model) -> UUID | None:
        """The share or the connection that the model does not know of."""
        operator, found = self.calm.operator(), set[UUID]()
        for phone in self.phones:
            found |= {share.id for share in operator.run(device_shares.list_by_device(phone))}
            found |= {line.id for line in operator.run(connections.list_by_device(phone))}
        return next(iter(found - known.shares.keys() - known.connections.keys()), None)

    def _is(self, model: Model) -> bool:
        """Whether that model is what there is. The operator acts as each customer, since one may be suspended."""
        operator = self.calm.operator()
        for me in self.people:
            statements, answers = zip(*questions(model, me, self.phones), strict=True)
            customer, *found = operator.run_all(customers.get_by_id(me), *statements)
            if (plain(customer), plain(found)) != (Customer(me, model.active[me]), list(answers)):
                return False
        return True


def questions(known: Model, me: UUID, phones: list[UUID]) -> Iterator[Question]:
    """What a customer can ask, and the model's answers."""
    mine = known.devices_of(me)
    yield devices.list_by_customer(me), mine
    yield devices.list_by_customer(me, limit=1), mine[:1]
    if mine:
        yield devices.list_by_customer(me, limit=2, after=(mine[0].name, mine[0].id)), mine[1:3]
    yield connections.list_by_customer(me), known.connections_of(me)
    yield device_shares.list_by_customer(me), known.shares_seen(me)
    yield customers.get_stats_for_customer(me), known.stats(me)
    for phone in phones:
        yield devices.get_by_id_for_customer(phone, me), known.device(me, phone)
        yield devices.permissions_for_customer(phone, me), known.permissions(me, phone)
        yield connections.list_by_device_for_customer(phone, me), known.connections_on(me, phone)
        yield device_shares.get_by_device_and_customer(phone, me), known.share_of(me, phone)
        yield bandwidth.device_total_for_customer(phone, me, SINCE, LATER), known.total(me, phone)


def outcome(run: Callable[[], T]) -> Any:
    """The result, or the class of the error; the loss of a connection is neither."""
    try:
        return run()
    except ConnectionLost:
        raise
    except (TenantstoreError, psycopg.Error) as error:
        return type(error)
