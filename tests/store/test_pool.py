"""The pool keeps its size whatever becomes of tasks, connections and processes; a suspension ends what is open."""

import asyncio
import os
import traceback
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore import AsyncStore, Store
from tenantstore.dsn import conninfo
from tenantstore.errors import ConnectionLost, CustomerNotActive, InvalidParameter, NotAllowed, PoolExhausted
from tenantstore.store import core
from tenantstore.testing.faults import Faults
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either, open_either


def test_a_task_that_is_cancelled_while_the_pool_is_busy_gives_its_connection_back(dsn: str, ada: UUID) -> None:
    async def go() -> list[notes.Note]:
        async with AsyncStore.open(dsn, max_size=1, timeout=5) as store:
            inside, over = asyncio.Event(), asyncio.Event()

            async def work() -> None:
                async with store.tenant(ada).transaction():
                    inside.set()
                    await over.wait()

            task = asyncio.create_task(work())
            await inside.wait()
            # As when another task is getting or returning a connection at this moment.
            async with store.pool._lock:
                over.set()
                await asyncio.sleep(0.1)
                task.cancel()
                await asyncio.sleep(0.05)
            await asyncio.gather(task, return_exceptions=True)
            return await store.tenant(ada).run(notes.list_by_customer(ada))

    assert asyncio.run(go()) == []


def test_connections_that_all_die_on_the_way_are_one_clear_error_and_no_more_than_before(
    dsn: str, admin: Admin, ada: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = core.Core.link

    def dying(self: core.Core, connection: Any) -> Any:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        return link(self, connection)

    with Store.open(dsn, max_size=2) as store:
        with monkeypatch.context() as patch:
            patch.setattr(core.Core, "link", dying)
            with pytest.raises(ConnectionLost) as lost:
                store.tenant(ada).run(notes.list_by_customer(ada))
        found = store.tenant(ada).run(notes.list_by_customer(ada))
        size = store.pool.get_stats()["pool_size"]

    assert (lost.value.may_have_happened, found, size <= 2) == (False, [], True)


def _discard(connection: psycopg.Connection[Any]) -> None:
    connection.execute("DISCARD ALL")


async def _discard_async(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute("DISCARD ALL")


# What a pool may do with each connection that comes back; it drops all that is prepared.
DISCARDS = {"sync": _discard, "async": _discard_async}


def test_a_pool_may_discard_all_that_a_connection_has_prepared(open_store: Open, kind: str, ada: UUID) -> None:
    scope = open_store(reset=DISCARDS[kind]).tenant(ada)
    for number in "12":
        with scope.transaction() as transaction:
            transaction.run(notes.create_for_customer(ada, f"a{number}"))
        scope.run_all(notes.create_for_customer(ada, f"b{number}"), notes.create_for_customer(ada, f"c{number}"))
        seen = [note.body for note in scope.stream(notes.list_by_customer(ada))]

    assert sorted(seen) == ["a1", "a2", "b1", "b2", "c1", "c2"]


def test_a_connection_that_breaks_before_a_second_try_is_lost(
    faults: Faults, open_store: Open, kind: str, ada: UUID
) -> None:
    scope = open_store(faults.dsn, reset=DISCARDS[kind]).tenant(ada)
    scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b"))
    # The first try, of what was prepared, has none: this is the rollback's.
    faults.cut("after Parse")
    with pytest.raises(ConnectionLost) as lost:
        scope.run_all(notes.create_for_customer(ada, "c"), notes.create_for_customer(ada, "d"))

    assert str(lost.value).startswith("rollback: connection lost, nothing was committed: ")
    assert {note.body for note in scope.run(notes.list_by_customer(ada))} == {"a", "b"}


def test_a_server_that_takes_no_more_connections_is_not_told_as_a_pool_that_is_too_small(
    open_store: Open, admin: Admin
) -> None:
    scope = open_store(max_size=3, timeout=0.2).operator()
    # Ours, which counts, and the one that is held.
    admin.execute(f"ALTER DATABASE {admin.info.dbname} CONNECTION LIMIT 2")
    with scope.transaction(), pytest.raises(PoolExhausted) as exhausted:
        scope.run(notes.list_all())

    assert str(exhausted.value).splitlines()[2:] == [
        "That is not all of max_size, 3: other code that shares the pool has the rest, or the server takes no more."
        " The log of psycopg.pool says how each attempt to connect failed."
    ]


def test_a_fork_is_told_to_open_a_store_of_its_own(dsn: str, ada: UUID) -> None:
    with Store.open(dsn) as store:
        store._core._pid = os.getppid()
        with pytest.raises(NotAllowed, match="before this process was forked: open another here"):
            store.tenant(ada).run(notes.list_by_customer(ada))


def test_a_suspension_ends_what_an_open_transaction_may_still_read(either: Either, admin: Admin, ada: UUID) -> None:
    def read_twice() -> None:
        with either.tenant(ada).transaction() as transaction:
            transaction.run(notes.list_by_customer(ada))
            admin.execute("UPDATE customers SET active = false WHERE id = %s", [ada])
            transaction.run(notes.list_by_customer(ada))

    with pytest.raises(CustomerNotActive):
        read_twice()


def test_a_suspension_ends_a_stream(dsn: str, admin: Admin, ada: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenantstore.store.batch.FETCH_ROWS", 1)
    with Store.open(dsn) as store:
        store.operator().run_all(notes.create(ada, "one"), notes.create(ada, "two"))
        stream = store.tenant(ada).stream(notes.list_by_customer(ada))
        first = next(stream).body
        admin.execute("UPDATE customers SET active = false WHERE id = %s", [ada])
        with pytest.raises(CustomerNotActive):
            next(stream)

    assert first in {"one", "two"}


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("named", [True, False])
def test_who_gave_no_dsn_is_told_when_nothing_answers(
    kind: str, named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PGHOST": str(tmp_path), "PGPORT": "1", "PGPASSWORD": "sEcret"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TENANTSTORE_DSN", raising=False)
    dsn = f"host={tmp_path} password=sEcret" if named else None
    with pytest.raises(psycopg.OperationalError) as failed, open_either(kind, dsn):
        pass

    told = "".join(traceback.format_exception_only(failed.value))
    assert ("No DSN was given, nor found in TENANTSTORE_DSN" in told, "sEcret" in told) == (not named, False)


@pytest.mark.parametrize(
    "malformed",
    [
        "postgresql://u:sEcret@[bad/db",
        "postgresql://u:sEcret%zz@h/db",
        "postgresql://u:sEcret%ff@h/db",
        "password=sEcret sEcret2",
        "sEcret\ud800",
    ],
)
@pytest.mark.parametrize("store", [Store, AsyncStore])
def test_a_dsn_that_cannot_be_read_is_not_shown(store: type[Store] | type[AsyncStore], malformed: str) -> None:
    with pytest.raises(InvalidParameter, match="dsn is not one that libpq can read: write") as refused:
        store.open(malformed)

    assert ("sEcret" in str(refused.value), refused.value.__cause__, refused.value.__context__) == (False, None, None)


@pytest.mark.parametrize(
    "misread",
    [
        "postgresql://u:pa@sEcret@h/db",
        "postgresql://localhost:sEcret/x@h/db",
        "postgresql://u:pa@/sEcret@h/db",
        "postgres://localhost:5432/sEcret@h/db",
        "host=a,b@sEcret",
        "port=sEcret",
    ],
)
@pytest.mark.parametrize("store", [Store, AsyncStore])
def test_a_password_that_libpq_takes_for_something_else_is_not_shown(
    store: type[Store] | type[AsyncStore], misread: str
) -> None:
    with pytest.raises(InvalidParameter, match="dsn has a host or a port that is none: write") as refused:
        store.open(misread)

    assert "sEcret" not in str(refused.value)


def test_an_at_may_be_a_sockets_or_of_what_is_encoded() -> None:
    sockets = ["host=/tmp/a@b", "host=@abstract,/b@c,h port=5432,,5433", "postgresql://%40abstract/db"]
    sockets += ["postgresql:///a%40b?host=@abstract", "host=h password=postgresql://u/a@b"]

    assert [conninfo(each) for each in sockets] == sockets


class Other(UUID):
    """Equal to another id, and read otherwise."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = UUID.__hash__


def test_an_id_that_only_claims_to_be_the_scopes_own_is_refused(either: Either, ada: UUID, bob: UUID) -> None:
    with pytest.raises(NotAllowed, match="for another customer"):
        either.tenant(ada).run(notes.list_by_customer(Other(str(bob))))
