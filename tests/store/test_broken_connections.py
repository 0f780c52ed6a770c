"""A connection that breaks in the middle of each kind of call: the error says whether the outcome is known, within the
store's time, and the next call works."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore.errors import ConnectionLost, PoolExhausted
from tenantstore.testing import Server, launch
from tenantstore.testing.faults import Faults, Place
from tests.store import notes
from tests.store.conftest import Admin, Clock, Open, set_up
from tests.store.either import open_either

Hit = Callable[[], None]
Call = Callable[[Any, UUID, Hit], Any]


def read(ada: Any, me: UUID, hit: Hit) -> None:
    hit()
    ada.run(notes.list_by_customer(me))


def write(ada: Any, me: UUID, hit: Hit) -> None:
    hit()
    ada.run(notes.create_for_customer(me, "new"))


def batch(ada: Any, me: UUID, hit: Hit) -> None:
    hit()
    ada.run_all(notes.list_by_customer(me), notes.create_for_customer(me, "new"))


def stream(ada: Any, me: UUID, hit: Hit) -> None:
    hit()
    list(ada.stream(notes.list_by_customer(me)))


def rest_of_a_stream(ada: Any, me: UUID, hit: Hit) -> None:
    rows = ada.stream(notes.list_by_customer(me))
    next(rows)
    hit()
    list(rows)


def beginning(ada: Any, me: UUID, hit: Hit) -> None:
    hit()
    with ada.transaction():
        pass


def within(ada: Any, me: UUID, hit: Hit) -> None:
    with ada.transaction() as transaction:
        hit()
        transaction.run(notes.create_for_customer(me, "new"))


def stream_within(ada: Any, me: UUID, hit: Hit) -> None:
    with ada.transaction() as transaction:
        transaction.run(notes.create_for_customer(me, "new"))
        hit()
        list(transaction.stream(notes.list_by_customer(me)))


def commit(ada: Any, me: UUID, hit: Hit) -> None:
    with ada.transaction() as transaction:
        transaction.run(notes.create_for_customer(me, "new"))
        hit()


def commit_of_a_read(ada: Any, me: UUID, hit: Hit) -> None:
    with ada.transaction() as transaction:
        transaction.run(notes.list_by_customer(me))
        hit()


CALLS: list[Call] = [
    read,
    write,
    batch,
    stream,
    rest_of_a_stream,
    beginning,
    within,
    stream_within,
    commit,
    commit_of_a_read,
]
# What the caller has to take for possible: all else commits nothing before its answer is here.
IN_DOUBT = [write, batch, commit]
ROWLESS = [beginning, commit, commit_of_a_read]

FAULTS: dict[str, Callable[[Faults], None]] = {
    "cut, the reply is lost": lambda faults: faults.cut("reply lost"),
    "stall, the reply is late": lambda faults: faults.stall("reply lost"),
    "half-open, the reply is lost": lambda faults: faults.vanish("reply lost"),
    "cut in mid-row": lambda faults: faults.cut("in mid-row"),
    "stall in mid-row": lambda faults: faults.stall("in mid-row"),
    "half-open in mid-row": lambda faults: faults.vanish("in mid-row"),
    "cut": lambda faults: faults.cut(),
    "stall": lambda faults: faults.stall(),
    "half-open": lambda faults: faults.vanish(),
}
# A stall only delays: what was sent arrives in the end, unless the client has taken it back.
ACTS_AFTER_ALL = ["cut, the reply is lost", "half-open, the reply is lost", "stall, the reply is late"]
UNNOTICED = [(call, "cut") for call in (read, write, batch, stream, beginning)]
CASES = [
    (call, fault)
    for call in CALLS
    for fault in FAULTS
    if not ("row" in fault and call in ROWLESS) and (call, fault) not in UNNOTICED
]


@pytest.fixture(autouse=True)
def short_cancelling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is silent does not hear a request to cancel either: the store gives it a second, here less."""
    monkeypatch.setattr("tenantstore.store.core._CANCEL_SECONDS", 0.1)


@pytest.mark.parametrize(("call", "fault"), CASES, ids=[f"{call.__name__}: {fault}" for call, fault in CASES])
def test_a_connection_that_breaks_is_an_error_that_says_what_is_known(
    faults: Faults, clock: Clock, open_store: Open, ada: UUID, call: Call, fault: str
) -> None:
    store = open_store(faults.dsn)
    store.operator().run(notes.fill(ada, 1100))
    with pytest.raises(ConnectionLost) as lost:
        call(store.tenant(ada), ada, lambda: FAULTS[fault](faults))
    clock.heal()

    assert lost.value.may_have_happened is (call in IN_DOUBT)
    listed = store.tenant(ada).run(notes.list_by_customer(ada))
    happened = len(listed) - 1100
    if fault in ACTS_AFTER_ALL:
        assert happened == (call in IN_DOUBT)
    elif call not in IN_DOUBT:
        assert happened == 0


@pytest.mark.parametrize("call", [call for call, _ in UNNOTICED])
def test_a_connection_that_was_cut_while_nobody_had_it_is_not_noticed(
    faults: Faults, open_store: Open, ada: UUID, call: Call
) -> None:
    scope = open_store(faults.dsn).tenant(ada)
    call(scope, ada, faults.cut)

    assert len(scope.run(notes.list_by_customer(ada))) == (call in IN_DOUBT)


# The server's processes that serve the store.
_SERVING = "SELECT pid FROM pg_stat_activity WHERE usename = 'app' AND datname = current_database()"
_VERBS: dict[str, Callable[[Faults, Place], None]] = {
    "cut": Faults.cut,
    "stall": Faults.stall,
    "half-open": Faults.vanish,
}


@pytest.mark.parametrize("verb", _VERBS)
def test_a_commit_whose_reply_is_lost_is_in_doubt_and_was_done(
    faults: Faults, clock: Clock, open_store: Open, ada: UUID, verb: str
) -> None:
    scope = open_store(faults.dsn).tenant(ada)
    # Armed before the transaction: nothing but its COMMIT is hit.
    with pytest.raises(ConnectionLost) as lost:
        commit(scope, ada, lambda: None if faults.struck else _VERBS[verb](faults, "COMMIT sent, reply lost"))
    clock.heal()

    assert str(lost.value).startswith("commit: connection lost, it may have been committed: ")
    assert [note.body for note in scope.run(notes.list_by_customer(ada))] == ["new"]


def test_a_commit_that_a_batch_holds_back_can_be_lost_too(faults: Faults, open_store: Open, ada: UUID) -> None:
    scope = open_store(faults.dsn).tenant(ada)
    faults.cut("COMMIT sent, reply lost")
    with pytest.raises(ConnectionLost) as lost:
        scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b"))

    assert lost.value.may_have_happened
    assert {note.body for note in scope.run(notes.list_by_customer(ada))} == {"a", "b"}


@pytest.mark.parametrize("fault", ["stall", "half-open"])
def test_a_silence_is_given_up_in_the_stores_time(faults: Faults, open_store: Open, ada: UUID, fault: str) -> None:
    scope = open_store(faults.dsn, timeout_seconds=0.2).tenant(ada)
    with pytest.raises(ConnectionLost) as lost:
        write(scope, ada, lambda: FAULTS[fault](faults))
    faults.heal()

    assert str(lost.value) == (
        "notes/create_for_customer: connection lost, it may have been committed: no answer in 0.2 s\n"
        "Look whether it was before trying again."
    )


_PARTS: list[Call] = [read, write, batch, stream, beginning, within, stream_within]
_PLACES: list[Place] = ["after Parse", "after Bind", "after Execute"]


# The server has not got the whole of it, nor will.
@pytest.mark.parametrize("verb", ["cut", "half-open"])
@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("call", _PARTS)
def test_what_never_got_to_the_server_whole_was_not_done(
    faults: Faults, clock: Clock, open_store: Open, ada: UUID, call: Call, place: Place, verb: str
) -> None:
    scope = open_store(faults.dsn).tenant(ada)
    with pytest.raises(ConnectionLost) as lost:
        call(scope, ada, lambda: _VERBS[verb](faults, place))
    clock.heal()

    assert lost.value.may_have_happened is (call in IN_DOUBT)
    assert (scope.run(notes.list_by_customer(ada)), faults.struck) == ([], 1)


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize("call", [*_PARTS, commit, commit_of_a_read])
def test_what_gets_to_the_server_whole_too_late_is_given_up(
    faults: Faults, clock: Clock, open_store: Open, admin: Admin, ada: UUID, call: Call, place: Place
) -> None:
    store = open_store(faults.dsn)
    with pytest.raises(ConnectionLost, match=r": no answer in 60 s(\n|$)") as lost:
        call(store.tenant(ada), ada, lambda: faults.stall(place))
    given_up = admin.execute(_SERVING).fetchall()
    clock.heal()
    while set(admin.execute(_SERVING)) & set(given_up):
        pass

    assert (lost.value.may_have_happened, faults.struck, len(given_up)) == (call in IN_DOUBT, 1, 1)
    # The request to cancel it was held back as well, and gets there before it or after.
    assert len(store.tenant(ada).run(notes.list_by_customer(ada))) in ((0, 1) if call in IN_DOUBT else (0,))
    assert store.free == (1, 1)


def test_a_server_that_stays_silent_exhausts_the_pool_until_it_speaks(
    faults: Faults, clock: Clock, open_store: Open, ada: UUID
) -> None:
    store = open_store(faults.dsn, timeout=0.2)
    faults.stall()
    with pytest.raises(ConnectionLost):
        store.tenant(ada).run(notes.list_by_customer(ada))
    with pytest.raises(PoolExhausted, match=r"^the server seems to be unreachable: this store holds no connection"):
        store.tenant(ada).run(notes.list_by_customer(ada))
    clock.heal()
    store.store.pool.timeout = 30.0

    assert store.tenant(ada).run(notes.list_by_customer(ada)) == []


@pytest.mark.parametrize("verb", _VERBS)
@pytest.mark.parametrize("call", [read, write, batch, stream, within, stream_within])
def test_an_answer_that_ends_after_its_first_row_is_none(
    faults: Faults, clock: Clock, open_store: Open, ada: UUID, call: Call, verb: str
) -> None:
    store = open_store(faults.dsn)
    store.operator().run(notes.fill(ada, 1100))
    with pytest.raises(ConnectionLost) as lost:
        call(store.tenant(ada), ada, lambda: _VERBS[verb](faults, "after the first row"))
    clock.heal()

    assert lost.value.may_have_happened is (call in IN_DOUBT)
    assert len(store.tenant(ada).run(notes.list_by_customer(ada))) in ((1100, 1101) if call in IN_DOUBT else (1100,))


def test_a_store_is_not_opened_on_a_silent_server(faults: Faults, kind: str) -> None:
    faults.stall()
    with pytest.raises(psycopg.errors.ConnectionTimeout), open_either(kind, f"{faults.dsn} connect_timeout=2"):
        pass


def test_a_whole_pool_of_half_open_connections_is_replaced(
    faults: Faults, clock: Clock, open_store: Open, ada: UUID
) -> None:
    store = open_store(faults.dsn, min_size=3, max_size=3)
    faults.vanish()
    lost = 0
    for _ in range(3):
        with pytest.raises(ConnectionLost):
            store.tenant(ada).run(notes.list_by_customer(ada))
        lost += 1
    clock.heal()

    assert (lost, store.tenant(ada).run(notes.list_by_customer(ada))) == (3, [])


@pytest.fixture(scope="module")
def restarting() -> Iterator[Server]:
    """A server that the tests may restart, with the notes in its database ``postgres``."""
    with launch("embedded") as server:
        set_up(server)
        yield server


def restart_when_busy(server: Server) -> threading.Thread:
    """Restarts the server as soon as a store is in the middle of a statement."""

    def look() -> None:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            while not admin.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").rowcount:
                pass
        server.restart()

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def slow_write(ada: Any, me: UUID, server: Server) -> None:
    thread = restart_when_busy(server)
    try:
        ada.run(notes.write_and_wait_for_customer(me, "new", 60))
    finally:
        thread.join()


def slow_batch(ada: Any, me: UUID, server: Server) -> None:
    thread = restart_when_busy(server)
    try:
        ada.run_all(notes.create_for_customer(me, "new"), notes.wait_for_customer(me, 60))
    finally:
        thread.join()


RESTARTED: dict[str, Callable[[Any, UUID, Server], Any]] = {
    "run": slow_write,
    "run_all": slow_batch,
    "stream": lambda ada, me, server: rest_of_a_stream(ada, me, server.restart),
    "transaction": lambda ada, me, server: within(ada, me, server.restart),
    "commit": lambda ada, me, server: commit(ada, me, server.restart),
}


@pytest.mark.parametrize("call", RESTARTED.values(), ids=RESTARTED.keys())
def test_a_server_that_restarts_in_the_middle_of_a_call_has_done_nothing(
    kind: str, restarting: Server, call: Callable[[Any, UUID, Server], Any]
) -> None:
    with psycopg.connect(restarting.dsn(), autocommit=True) as admin:
        ada = admin.execute("SELECT id FROM customers WHERE name = 'Ada'").fetchone()[0]  # type: ignore[index]
        admin.execute("DELETE FROM notes")
    with open_either(kind, restarting.dsn(user="app")) as store:
        store.operator().run(notes.fill(ada, 1100))
        with pytest.raises(ConnectionLost):
            call(store.tenant(ada), ada, restarting)
        listed = store.tenant(ada).run(notes.list_by_customer(ada))

    assert len(listed) == 1100


def test_a_server_that_was_restarted_between_two_calls_is_not_noticed(kind: str, restarting: Server) -> None:
    with open_either(kind, restarting.dsn(user="app"), max_size=3, min_size=3) as store:
        before = store.operator().run(notes.who())
        restarting.restart()
        after = [store.operator().run(notes.who()) for _ in range(4)]

    assert after == [before] * 4
