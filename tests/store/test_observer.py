"""What an observer is told: every statement, transaction and wait for a connection, and how each ended."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore import Store
from tenantstore.errors import ConnectionLost, CustomerNotActive, NotFound, PoolExhausted, TransactionAborted
from tenantstore.observe import Event, PoolWaited, StatementRan, TransactionEnded, all_of
from tenantstore.testing.faults import Faults
from tests.store import notes
from tests.store.conftest import Open
from tests.store.either import Either


def _name(error: type[BaseException] | None) -> str | None:
    return None if error is None else error.__name__


class Heard(list[Event]):
    """What was told, and in short."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    def statements(self) -> list[tuple[str, str, int, int, bool, str | None]]:
        return [
            (e.query, e.scope, e.rows, e.round_trips, e.streamed, _name(e.error))
            for e in self
            if isinstance(e, StatementRan)
        ]

    def transactions(self) -> list[tuple[str, str, int, str | None]]:
        return [(e.scope, e.outcome, e.round_trips, _name(e.error)) for e in self if isinstance(e, TransactionEnded)]

    def batches(self) -> list[int]:
        """How many statements each batch had."""
        numbers = [event.batch for event in self if isinstance(event, StatementRan)]
        return [numbers.count(number) for number in dict.fromkeys(numbers)]

    def round_trips(self) -> int:
        trips = {event.batch: event.round_trips for event in self if isinstance(event, StatementRan)}
        return sum(trips.values()) + sum(event.round_trips for event in self if isinstance(event, TransactionEnded))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def observed(open_store: Open, heard: Heard) -> Either:
    return open_store(observer=heard)


def test_a_statement_is_told_with_its_name_and_its_rows(observed: Either, heard: Heard, ada: UUID) -> None:
    observed.operator().run(notes.fill(ada, 3))
    scope = observed.tenant(ada)
    note = scope.run(notes.list_by_customer(ada))[0]
    scope.run(notes.get_for_customer(note.id, ada))
    scope.run(notes.get_for_customer(ada, ada))

    assert heard.statements() == [
        ("notes/fill", "operator", 3, 1, False, None),
        ("notes/list_by_customer", "tenant", 3, 1, False, None),
        ("notes/get_for_customer", "tenant", 1, 1, False, None),
        ("notes/get_for_customer", "tenant", 0, 1, False, None),
    ]


def test_statements_that_travel_together_are_one_batch(observed: Either, heard: Heard, ada: UUID) -> None:
    scope = observed.tenant(ada)
    scope.run_all(notes.list_by_customer(ada), notes.delete_all_for_customer(ada))
    scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b"))

    assert [(name, trips) for name, _, _, trips, _, _ in heard.statements()] == [
        ("notes/list_by_customer", 1),
        ("notes/delete_all_for_customer", 1),
        ("notes/create_for_customer", 2),
        ("notes/create_for_customer", 2),
    ]
    assert heard.batches() == [2, 2]


def test_a_stream_is_told_once_with_all_its_rows(observed: Either, heard: Heard, ada: UUID) -> None:
    observed.operator().run(notes.fill(ada, 1500))
    heard.clear()
    list(observed.tenant(ada).stream(notes.list_by_customer(ada)))
    with observed.tenant(ada).transaction() as transaction:
        list(transaction.stream(notes.list_by_customer(ada)))
    left = observed.tenant(ada).stream(notes.list_by_customer(ada))
    next(left)
    left.close()

    assert heard.statements() == [
        ("notes/list_by_customer", "tenant", 1500, 4, True, None),
        ("notes/list_by_customer", "tenant", 1500, 4, True, None),
        ("notes/list_by_customer", "tenant", 1000, 2, True, None),
    ]
    assert heard.transactions() == [("tenant", "committed", 2, None)]


def fail_inside(scope: Any, me: UUID) -> None:
    with scope.transaction() as transaction:
        transaction.run(notes.fail_for_customer(me, "22012"))


def swallow_a_failure(scope: Any, me: UUID) -> None:
    with scope.transaction() as transaction, pytest.raises(psycopg.Error):
        transaction.run(notes.fail_for_customer(me, "22012"))


@pytest.mark.parametrize(
    ("act", "raised", "statements", "transactions"),
    [
        (
            lambda ada, me: ada.run(notes.rename_for_customer(me, me, "b")),
            NotFound,
            [("notes/rename_for_customer", "tenant", 0, 1, False, "NotFound")],
            [],
        ),
        (
            lambda ada, me: ada.run_all(notes.list_by_customer(me), notes.fail_for_customer(me, "22012")),
            psycopg.errors.DivisionByZero,
            [
                ("notes/list_by_customer", "tenant", 0, 1, False, "DivisionByZero"),
                ("notes/fail_for_customer", "tenant", 0, 1, False, "DivisionByZero"),
            ],
            [],
        ),
        (
            fail_inside,
            psycopg.errors.DivisionByZero,
            [("notes/fail_for_customer", "tenant", 0, 1, False, "DivisionByZero")],
            [("tenant", "rolled back", 2, None)],
        ),
        (
            swallow_a_failure,
            TransactionAborted,
            [("notes/fail_for_customer", "tenant", 0, 1, False, "DivisionByZero")],
            [("tenant", "rolled back", 2, "TransactionAborted")],
        ),
    ],
    ids=["not found", "a batch", "a transaction", "a transaction that swallows it"],
)
def test_what_fails_is_told_with_its_error(
    observed: Either,
    heard: Heard,
    ada: UUID,
    act: Callable[[Any, UUID], Any],
    raised: type[Exception],
    statements: list[Any],
    transactions: list[Any],
) -> None:
    with pytest.raises(raised):
        act(observed.tenant(ada), ada)

    assert (heard.statements(), heard.transactions()) == (statements, transactions)


def test_the_servers_code_is_told_where_the_caller_has_it_too(observed: Either, heard: Heard, ada: UUID) -> None:
    for state in ("22012", "23505"):
        with pytest.raises(Exception, match=r"secret|conflict"):
            observed.tenant(ada).run(notes.fail_for_customer(ada, state))

    assert [event.sqlstate for event in heard if isinstance(event, StatementRan)] == ["22012", None]


def test_a_suspended_customers_transaction_is_told_as_not_begun(observed: Either, heard: Heard, cyd: UUID) -> None:
    with pytest.raises(CustomerNotActive), observed.tenant(cyd).transaction():
        pass

    assert heard.transactions() == [("tenant", "rolled back", 1, "CustomerNotActive")]


def test_a_commit_whose_answer_is_lost_is_told_as_unknown(
    faults: Faults, open_store: Open, heard: Heard, ada: UUID
) -> None:
    store = open_store(faults.dsn, observer=heard)

    def write() -> None:
        with store.tenant(ada).transaction() as transaction:
            transaction.run(notes.create_for_customer(ada, "a"))
            faults.cut("reply lost")

    with pytest.raises(ConnectionLost):
        write()

    assert heard.transactions() == [("tenant", "unknown", 2, "ConnectionLost")]


def test_a_wait_for_the_pool_is_told(open_store: Open, heard: Heard, ada: UUID) -> None:
    store = open_store(observer=heard, timeout=0.1)
    with store.tenant(ada).transaction(), pytest.raises(PoolExhausted):
        store.operator().run(notes.list_all())
    waits = [event for event in heard if isinstance(event, PoolWaited)]

    assert [_name(wait.error) for wait in waits] == [None, "PoolTimeout"]
    assert heard.statements() == []


def test_what_is_refused_beforehand_is_not_told(observed: Either, heard: Heard, ada: UUID) -> None:
    with pytest.raises(Exception, match="operator's query"):
        observed.tenant(ada).run(notes.list_all())

    assert heard == []


def test_round_trips_are_those_on_the_wire(open_store: Open, heard: Heard, faults: Faults, ada: UUID) -> None:
    store = open_store(faults.dsn, observer=heard)
    scope = store.tenant(ada)
    faults.count()
    scope.run(notes.list_by_customer(ada))
    scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b"))
    list(scope.stream(notes.list_by_customer(ada)))
    with scope.transaction() as transaction:
        transaction.run_all(notes.list_by_customer(ada), notes.list_by_customer(ada))
        list(transaction.stream(notes.list_by_customer(ada)))
    with pytest.raises(psycopg.Error):
        fail_inside(scope, ada)
    counted = faults.count()

    assert counted == (heard.round_trips(), heard.round_trips())


def test_no_event_holds_a_value(observed: Either, heard: Heard, ada: UUID) -> None:
    with observed.tenant(ada).transaction() as transaction:
        transaction.run(notes.create_for_customer(ada, "said in confidence"))
    said = repr([asdict(event) for event in heard])

    assert ("confidence" in said, str(ada) in said) == (False, False)
    assert [hasattr(event, "__dict__") for event in heard] == [False] * 3


def test_an_observer_that_raises_breaks_nothing(open_store: Open, ada: UUID, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("the observer's own trouble")

    store = open_store(observer=fail)
    with caplog.at_level(logging.ERROR, "tenantstore"), store.tenant(ada).transaction() as transaction:
        transaction.run(notes.create_for_customer(ada, "a"))
    list(store.tenant(ada).stream(notes.list_by_customer(ada)))
    listed = [note.body for note in store.tenant(ada).run(notes.list_by_customer(ada))]

    assert (listed, store.free) == (["a"], (1, 1))
    assert {record.getMessage() for record in caplog.records} == {
        "an observer failed at PoolWaited",
        "an observer failed at StatementRan",
        "an observer failed at TransactionEnded",
    }


@pytest.mark.parametrize("kind", [PoolWaited, StatementRan, TransactionEnded])
def test_a_connection_goes_back_when_the_program_is_interrupted_in_an_observer(
    open_store: Open, ada: UUID, kind: type[Event]
) -> None:
    interrupts = [KeyboardInterrupt]

    def interrupt(event: Event) -> None:
        if isinstance(event, kind) and interrupts:
            raise interrupts.pop()

    store = open_store(observer=interrupt)
    with pytest.raises(KeyboardInterrupt), store.tenant(ada).transaction() as transaction:
        transaction.run(notes.list_by_customer(ada))

    assert store.free == (1, 1)


def test_an_async_function_is_no_observer(open_store: Open, ada: UUID, caplog: pytest.LogCaptureFixture) -> None:
    async def observe(event: Event) -> None: ...

    open_store(observer=observe).tenant(ada).run(notes.list_by_customer(ada))

    assert [str(record.exc_info[1]).rpartition(".")[2] for record in caplog.records if record.exc_info] == [
        "observe is an async function"
    ] * 2


def test_an_observer_that_uses_its_own_store_is_not_told_of_that(dsn: str, ada: UUID) -> None:
    heard = Heard()

    def look(event: Event) -> None:
        heard.append(event)
        store.tenant(ada).run(notes.list_by_customer(ada))

    with Store.open(dsn, observer=look, max_size=2) as store:
        store.tenant(ada).run(notes.create_for_customer(ada, "a"))

    assert [type(event) for event in heard] == [PoolWaited, StatementRan]


def test_another_observer_of_the_same_store_is_told_of_it(dsn: str, ada: UUID, heard: Heard) -> None:
    def observe(event: Event) -> None:
        if isinstance(event, StatementRan):
            store.operator().run(notes.list_all())

    with Store.open(dsn, observer=all_of(observe, heard)) as store:
        store.operator().run(notes.create(ada, "a"))

    assert [each[0] for each in heard.statements()] == ["notes/list_all", "notes/create"]
