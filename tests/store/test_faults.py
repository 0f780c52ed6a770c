"""Connections that are cut, silent, used up or gone: the call says so within its time, and the next one works."""

import re
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore import Store
from tenantstore.errors import ConnectionLost, PoolExhausted
from tenantstore.testing import Server
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either, open_either

_MINE = "usename = 'app' AND datname = current_database()"


def terminate_when_busy(admin: Admin) -> threading.Thread:
    """Ends the store's server process as soon as it is in the middle of a statement."""

    def look() -> None:
        found = 0
        while not found:
            found = admin.execute(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_MINE} AND wait_event = 'PgSleep'"
            ).rowcount

    thread = threading.Thread(target=look)
    thread.start()
    return thread


def _within(scope: Any, call: Callable[[Any], Any]) -> Any:
    with scope.transaction() as transaction:
        return call(transaction)


CALLS: dict[str, Callable[[Any, UUID], Any]] = {
    "a read": lambda ada, me: ada.run(notes.wait_for_customer(me, 30)),
    "a write": lambda ada, me: ada.run(notes.write_and_wait_for_customer(me, "a", 30)),
    "a batch": lambda ada, me: ada.run_all(notes.list_by_customer(me), notes.wait_for_customer(me, 30)),
    "in a transaction": lambda ada, me: _within(ada, lambda tx: tx.run(notes.write_and_wait_for_customer(me, "a", 30))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_server_process_that_is_ended_in_a_statement_has_done_nothing(
    either: Either, admin: Admin, ada: UUID, call: Callable[[Any, UUID], Any]
) -> None:
    ending = terminate_when_busy(admin)
    with pytest.raises(ConnectionLost, match="terminating connection due to administrator command") as lost:
        call(either.tenant(ada), ada)
    ending.join()

    assert (lost.value.may_have_happened, either.tenant(ada).run(notes.list_by_customer(ada))) == (False, [])


@pytest.mark.parametrize("sql", ["COPY (SELECT 1) TO STDOUT", "COPY loose FROM STDIN"])
def test_a_copy_that_got_to_the_server_ends_the_call_and_its_connection(
    either: Either, admin: Admin, monkeypatch: pytest.MonkeyPatch, sql: str
) -> None:
    admin.execute("CREATE TABLE loose (number integer); GRANT ALL ON TABLE loose TO tenantstore_operator")
    statement = notes.list_all()
    monkeypatch.setattr(statement.query, "sent", sql)
    with pytest.raises(ConnectionLost) as lost:
        either.operator().run(statement)
    monkeypatch.undo()

    assert str(lost.value).splitlines()[0].endswith(": a store does not run COPY, which has begun")
    assert (either.operator().run(notes.list_all()), either.free) == ([], (1, 1))


def test_a_statement_that_takes_too_long_is_cancelled_in_the_server(
    open_store: Open, admin: Admin, ada: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleeping() -> int:
        return admin.execute(f"SELECT FROM pg_stat_activity WHERE {_MINE} AND wait_event = 'PgSleep'").rowcount

    passed = 0.0

    def clock() -> float:
        # A second at each look that finds the server in the middle of the statement.
        nonlocal passed
        passed += sleeping()
        return passed

    monkeypatch.setattr("tenantstore.store.wire.monotonic", clock)
    scope = open_store(timeout_seconds=0.2).tenant(ada)
    with pytest.raises(ConnectionLost) as lost:
        scope.run(notes.write_and_wait_for_customer(ada, "a", 60))
    looks = 20_000
    while looks and sleeping():
        looks -= 1

    assert str(lost.value) == (
        "notes/write_and_wait_for_customer: connection lost, it may have been committed: no answer in 0.2 s\n"
        "Look whether it was before trying again."
    )
    assert looks
    assert scope.run(notes.list_by_customer(ada)) == []


def test_connections_that_were_ended_while_idle_are_replaced(open_store: Open, admin: Admin, ada: UUID) -> None:
    either = open_store(min_size=2, max_size=2)
    admin.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {_MINE}")
    with either.tenant(ada).transaction() as transaction:
        held = transaction.run(notes.list_by_customer(ada))

    assert (held, either.operator().run(notes.list_all())) == ([], [])


def test_a_pool_that_is_used_up_says_who_holds_what_and_since_when(
    open_store: Open, kind: str, ada: UUID, bob: UUID
) -> None:
    either = open_store(min_size=2, max_size=2, timeout=0.2)
    either.operator().run(notes.create(bob, "b"))
    stream = either.operator().stream(notes.list_all())
    next(stream)
    with either.tenant(ada).transaction(), pytest.raises(PoolExhausted) as exhausted:
        either.tenant(bob).run(notes.list_by_customer(bob))
    stream.close()

    by = "thread MainThread" if kind == "sync" else r"task Task-\d+"
    assert re.fullmatch(
        "no connection came free in 0.2 s; held now:\n"
        rf"  stream notes/list_all for the operator, \d+\.\d s, in {by}"
        "\n"
        rf"  transaction for customer {ada}, \d+\.\d s, in {by}"
        "\n"
        "Hold them for less long, or set max_size higher.",
        str(exhausted.value),
    )
    assert either.tenant(bob).run(notes.list_by_customer(bob))[0].body == "b"


def test_a_server_that_cannot_be_reached_is_given_up_in_the_pools_time(kind: str, own_server: Server) -> None:
    with open_either(kind, own_server.dsn(user="app"), timeout=0.5) as either:
        either.operator().run(notes.list_all())
        own_server.close()
        with pytest.raises((PoolExhausted, ConnectionLost)):
            either.operator().run(notes.list_all())
        # By now no connection of before is left.
        with pytest.raises(PoolExhausted, match=r"^the server seems to be unreachable: this store holds no connection"):
            either.operator().run(notes.list_all())


def test_a_closed_store_refuses(dsn: str) -> None:
    store = Store.open(dsn)
    store.close()
    with pytest.raises(psycopg.OperationalError, match="closed"):
        store.operator().run(notes.list_all())
