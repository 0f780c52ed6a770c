"""What a customer may know of a failure, and what an operator is told."""

import pickle
import traceback
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore.errors import Conflict, NotAllowed, NotFound
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either

CASES: dict[str, tuple[Callable[[UUID, UUID], Any], type[Exception], str, str]] = {
    "23505 unique": (
        lambda me, bob: notes.create_for_customer(me, "Bob's secret"),
        Conflict,
        "notes/create_for_customer: in conflict with what is there",
        "23505",
    ),
    "23P01 exclusion": (
        lambda me, bob: notes.create_for_customer(me, "new", number=13),
        Conflict,
        "notes/create_for_customer: in conflict with what is there",
        "23P01",
    ),
    "23503 foreign key": (
        lambda me, bob: notes.create_under_for_customer(me, "new", uuid4()),
        NotFound,
        "notes/create_under_for_customer: not found",
        "23503",
    ),
    "23001 foreign key with RESTRICT, from 18 on": (
        lambda me, bob: notes.fail_for_customer(me, "23001"),
        NotFound,
        "notes/fail_for_customer: not found",
        "23001",
    ),
    "23514 check": (
        lambda me, bob: notes.create_for_customer(me, "new", number=-1),
        NotAllowed,
        "notes/create_for_customer: a CHECK refuses a value; the server's log names the constraint",
        "23514",
    ),
    "23502 not null": (
        lambda me, bob: notes.fail_for_customer(me, "23502"),
        NotAllowed,
        "notes/fail_for_customer: null where a column takes none; the server's log names the column",
        "23502",
    ),
    "22001 too long": (
        lambda me, bob: notes.fail_for_customer(me, "22001"),
        NotAllowed,
        "notes/fail_for_customer: a text that is longer than its column takes",
        "22001",
    ),
    "22003 out of range": (
        lambda me, bob: notes.fail_for_customer(me, "22003"),
        NotAllowed,
        "notes/fail_for_customer: a number out of the range that its column takes",
        "22003",
    ),
    "22P05 not to be stored": (
        lambda me, bob: notes.fail_for_customer(me, "22P05"),
        NotAllowed,
        "notes/fail_for_customer: a character that its column cannot hold",
        "22P05",
    ),
    "23000 another": (
        lambda me, bob: notes.fail_for_customer(me, "23000"),
        NotAllowed,
        "notes/fail_for_customer: a value that the table does not take",
        "23000",
    ),
    "40P01 deadlock": (
        lambda me, bob: notes.fail_for_customer(me, "40P01"),
        Conflict,
        "notes/fail_for_customer: in conflict with what is there",
        "40P01",
    ),
    "40001 serialization": (
        lambda me, bob: notes.fail_for_customer(me, "40001"),
        Conflict,
        "notes/fail_for_customer: in conflict with what is there",
        "40001",
    ),
    "55P03 lock": (
        lambda me, bob: notes.fail_for_customer(me, "55P03"),
        Conflict,
        "notes/fail_for_customer: in conflict with what is there",
        "55P03",
    ),
    "42501 row-level security": (
        notes.give_away_for_customer,
        NotFound,
        "notes/give_away_for_customer: not found",
        "",
    ),
    "42501 privilege": (
        lambda me, bob: notes.read_secret_for_customer(me),
        NotAllowed,
        "notes/read_secret_for_customer: the tenant role lacks a privilege for it",
        "",
    ),
}


@pytest.fixture
def bobs(admin: Admin, bob: UUID) -> str:
    """A row of Bob's whose every value is telling."""
    admin.execute("INSERT INTO notes (customer_id, body, number) VALUES (%s, %s, 13)", [bob, "Bob's secret"])
    return "Bob's secret"


@pytest.mark.parametrize(("make", "error", "text", "state"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("way", ["run", "run_all", "transaction"])
def test_a_customer_learns_what_failed_and_nothing_of_anothers_row(
    either: Either,
    ada: UUID,
    bob: UUID,
    bobs: str,
    way: str,
    make: Callable[[UUID, UUID], Any],
    error: type[Exception],
    text: str,
    state: str,
) -> None:
    with pytest.raises(error) as refused:
        _go(way, either.tenant(ada), lambda: make(ada, bob))
    found = refused.value
    told = "".join(traceback.format_exception(found)[-1:]) + repr(vars(found)) + repr(found.args)
    told += repr(pickle.dumps(found)) + repr(found.__cause__) + repr(found.__context__) + repr(_notes(found))

    assert (type(found), str(found)) == (error, text)
    assert [word for word in (bobs, str(bob), "notes_", "13", "DETAIL", "psycopg") if word in told] == []
    assert (either.tenant(ada).run(notes.list_by_customer(ada)), either.free) == ([], (1, 1))


def test_a_refused_value_is_told_from_what_a_scope_may_not_do(either: Either, ada: UUID, bob: UUID) -> None:
    refused = []
    for name, (make, error, _, _) in CASES.items():
        if error is NotAllowed:
            with pytest.raises(NotAllowed) as found:
                either.tenant(ada).run(make(ada, bob))
            refused += [name] if pickle.loads(pickle.dumps(found.value)).value_refused else []

    asked = ["23514 check", "23502 not null", "22001 too long", "22003 out of range", "22P05 not to be stored"]
    assert refused == asked


@pytest.mark.parametrize("way", ["run", "run_all", "transaction"])
def test_a_lock_that_keeps_a_customer_out_is_in_conflict_as_any_other(
    open_store: Open, admin: Admin, ada: UUID, way: str
) -> None:
    either = open_store(kwargs={"options": "-c lock_timeout=20ms"})
    with admin.transaction():
        admin.execute("UPDATE customers SET name = 'Ada L.' WHERE id = %s", [ada])
        with pytest.raises(Conflict) as refused:
            _go(way, either.tenant(ada), lambda: notes.create_for_customer(ada, "new"))

    assert (str(refused.value), _notes(refused.value), refused.value.__context__) == (
        "notes/create_for_customer: in conflict with what is there",
        [],
        None,
    )


@pytest.mark.parametrize("scope", ["tenant", "operator"])
def test_a_server_that_takes_no_writes_is_read_and_says_so_of_a_write(open_store: Open, ada: UUID, scope: str) -> None:
    # As on a standby, also the lock of a customer who is to write is refused.
    store = open_store(kwargs={"options": "-c default_transaction_read_only=on"})
    found = store.tenant(ada) if scope == "tenant" else store.operator()
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction) as refused:
        found.run(notes.create_for_customer(ada, "new"))

    assert _notes(refused.value) == [
        "in the query notes/create_for_customer",
        "The server takes no writes: is it a standby? SHOW default_transaction_read_only says whether it is set.",
    ]
    assert (found.run(notes.list_by_customer(ada)), store.free) == ([], (1, 1))


def _go(way: str, scope: Any, make: Callable[[], Any]) -> None:
    if way == "transaction":
        with scope.transaction() as transaction:
            transaction.run(make())
    else:
        getattr(scope, way)(make())


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


@pytest.mark.parametrize(
    ("make", "state"),
    [(make, state) for make, _, _, state in CASES.values() if state],
    ids=lambda value: str(value)[:5],
)
def test_the_operator_gets_the_servers_error_whole(
    either: Either, ada: UUID, bob: UUID, bobs: str, make: Callable[[UUID, UUID], Any], state: str
) -> None:
    with pytest.raises(psycopg.Error) as refused:
        either.operator().run(make(ada, bob))

    notes_of = [note for note in _notes(refused.value) if note.startswith("in the query notes/")]
    assert (refused.value.sqlstate, refused.value.diag.table_name, len(notes_of)) == (state, "notes", 1)


def test_a_row_that_is_not_there_is_not_found_and_neither_is_anothers(
    either: Either, admin: Admin, ada: UUID, bobs: str
) -> None:
    row = admin.execute("SELECT id FROM notes").fetchone()
    assert row
    told = []
    for note_id in (row[0], uuid4()):
        with pytest.raises(NotFound) as refused:
            either.tenant(ada).run(notes.rename_for_customer(note_id, ada, "mine"))
        told.append((str(refused.value), refused.value.args))

    assert told == [("notes/rename_for_customer: not found", ("notes/rename_for_customer",))] * 2


def test_one_that_finds_nothing_undoes_the_others_of_its_batch(either: Either, ada: UUID) -> None:
    with pytest.raises(NotFound):
        either.tenant(ada).run_all(notes.create_for_customer(ada, "a"), notes.rename_for_customer(uuid4(), ada, "b"))

    assert (either.tenant(ada).run(notes.list_by_customer(ada)), either.free) == ([], (1, 1))
