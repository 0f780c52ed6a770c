"""How often a call goes to the server and back, counted on the wire."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from tenantstore.testing.faults import Faults
from tests.store import notes
from tests.store.conftest import Open
from tests.store.either import Runs

CASES: dict[str, tuple[Callable[[Runs, UUID], Any], int]] = {
    "run": (lambda ada, me: ada.run(notes.list_by_customer(me)), 1),
    "run of a change": (lambda ada, me: ada.run(notes.create_for_customer(me, "new")), 1),
    "run_all": (lambda ada, me: ada.run_all(*[notes.list_by_customer(me)] * 4), 1),
    "run_all of changes": (
        lambda ada, me: ada.run_all(notes.delete_all_for_customer(me), notes.delete_all_for_customer(me)),
        1,
    ),
    # One that finds nothing undoes the other, so COMMIT waits until both are seen.
    "run_all of a change and one that must find": (
        lambda ada, me: ada.run_all(notes.create_for_customer(me, "a"), notes.create_for_customer(me, "b")),
        2,
    ),
    "stream": (lambda ada, me: list(ada.stream(notes.list_by_customer(me))), 2),
}


@pytest.mark.parametrize("prepare", [True, False], ids=["prepared", "not prepared"])
@pytest.mark.parametrize(("call", "expected"), CASES.values(), ids=CASES.keys())
def test_a_call_of_a_tenant_takes_as_few_round_trips_as_can_be(
    open_store: Open, faults: Faults, ada: UUID, prepare: bool, call: Callable[[Runs, UUID], Any], expected: int
) -> None:
    scope = open_store(faults.dsn, prepare=prepare).tenant(ada)
    faults.count()
    call(scope, ada)

    assert faults.count() == (expected, expected)


def test_later_calls_take_no_more_and_the_operators_as_many(open_store: Open, faults: Faults, ada: UUID) -> None:
    store = open_store(faults.dsn)
    counts = []
    calls: list[Callable[[], Any]] = [
        lambda: store.tenant(ada).run(notes.list_by_customer(ada)),
        lambda: store.operator().run(notes.list_all()),
        lambda: store.operator().run(notes.list_by_customer(ada)),
        lambda: store.operator().run_all(notes.list_all(), notes.who()),
    ]
    for call in calls * 2:
        faults.count()
        call()
        counts.append(faults.count())

    assert counts == [(1, 1)] * 8


def test_a_transaction_takes_one_to_begin_one_for_each_call_and_one_to_end(
    open_store: Open, faults: Faults, ada: UUID
) -> None:
    scope = open_store(faults.dsn).tenant(ada)
    faults.count()
    with scope.transaction() as transaction:
        begun = faults.count()
        transaction.run(notes.list_by_customer(ada))
        transaction.run_all(notes.create_for_customer(ada, "a"), notes.list_by_customer(ada))
        within = faults.count()

    assert (begun, within, faults.count()) == ((1, 1), (2, 2), (1, 1))


def test_what_is_refused_beforehand_never_leaves(open_store: Open, faults: Faults, ada: UUID, bob: UUID) -> None:
    scope = open_store(faults.dsn).tenant(ada)
    faults.count()
    for statement in (notes.list_all(), notes.list_by_customer(bob), notes.get_for_customer(uuid4(), bob)):
        with pytest.raises(Exception, match=r"an operator's query|for another customer") as refused:
            scope.run_all(notes.list_by_customer(ada), statement)
        assert type(refused.value).__name__ == "NotAllowed"

    assert faults.count() == (0, 0)
