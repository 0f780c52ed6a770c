"""As whom statements run, what a scope refuses, and that nothing of it stays behind on a connection."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore import Statement, Store
from tenantstore.errors import CustomerNotActive, NotAllowed
from tenantstore.testing import Server
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either, Runs, on_a_pool_of_the_service, open_either
from tests.store.notes import Who

Make = Callable[[], Statement[Any]]
Way = Callable[[Runs, Make], Any]


def _within(scope: Any, call: Callable[[Any], Any]) -> Any:
    with scope.transaction() as transaction:
        return call(transaction)


WAYS: dict[str, Way] = {
    "run": lambda scope, make: scope.run(make()),
    "run_all": lambda scope, make: scope.run_all(make()),
    "stream": lambda scope, make: list(scope.stream(make())),
    "transaction": lambda scope, make: _within(scope, lambda transaction: transaction.run(make())),
    "stream in a transaction": lambda scope, make: _within(scope, lambda transaction: list(transaction.stream(make()))),
}
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def test_statements_run_as_the_scopes_role_and_for_its_customer(either: Either, ada: UUID) -> None:
    with either.tenant(ada).transaction() as transaction:
        within = transaction.run(notes.who_for_customer(ada))

    assert [within, either.tenant(ada).run(notes.who_for_customer(ada)), either.operator().run(notes.who())] == [
        Who("tenantstore_tenant", str(ada), "app"),
        Who("tenantstore_tenant", str(ada), "app"),
        Who("tenantstore_operator", "", "app"),
    ]


@every_way
def test_a_customers_scope_refuses_what_is_not_the_customers(either: Either, ada: UUID, bob: UUID, way: Way) -> None:
    refusals = []
    for make in (notes.list_all, lambda: notes.list_by_customer(bob)):
        with pytest.raises(NotAllowed) as refused:
            way(either.tenant(ada), make)
        refusals.append(str(refused.value))

    assert refusals == [
        "notes/list_all: an operator's query in a customer's scope",
        "notes/list_by_customer: a statement for another customer than the scope's",
    ]


@every_way
@pytest.mark.parametrize("who", ["suspended", "unknown"])
def test_a_customer_who_is_suspended_or_unknown_has_no_scope(either: Either, cyd: UUID, who: str, way: Way) -> None:
    customer_id = cyd if who == "suspended" else uuid4()
    with pytest.raises(CustomerNotActive) as refused:
        way(either.tenant(customer_id), lambda: notes.list_by_customer(customer_id))

    assert str(refused.value) == f"customer {customer_id}: unknown or suspended"
    assert either.free == (1, 1)


def test_a_suspension_is_seen_by_the_next_write_of_an_open_transaction(either: Either, admin: Admin, ada: UUID) -> None:
    def suspend_and_write(transaction: Runs) -> None:
        transaction.run(notes.list_by_customer(ada))
        admin.execute("UPDATE customers SET active = false WHERE id = %s", [ada])
        transaction.run(notes.create_for_customer(ada, "after"))

    with pytest.raises(CustomerNotActive):
        _within(either.tenant(ada), suspend_and_write)

    assert admin.execute("SELECT count(*) FROM notes").fetchone() == (0,)


@pytest.mark.parametrize("customer_id", [None, "", "00000000-0000-0000-0000-000000000000", 1])
def test_a_scope_is_for_a_uuid_and_nothing_else(either: Either, customer_id: object) -> None:
    with pytest.raises(TypeError) as refused:
        either.store.tenant(customer_id)  # type: ignore[arg-type]

    assert str(refused.value) == f"customer_id is a UUID, not {type(customer_id).__name__}"


def test_a_connection_between_calls_is_nobodys(either: Either, dsn: str, ada: UUID, admin: Admin) -> None:
    """Role, setting, temporary table, held cursor, lock, open transaction: none of them outlives the call."""
    either.operator().run(notes.who())
    either.tenant(ada).run(notes.create_for_customer(ada, "a"))
    with pytest.raises(StopIteration):
        # A stream that is left in the middle, in a transaction that an error ends.
        _within(
            either.tenant(ada),
            lambda transaction: [next(transaction.stream(notes.list_by_customer(ada))), next(iter(()))],
        )
    left = admin.execute(
        """
        SELECT a.state, (SELECT count(*) FROM pg_locks AS l WHERE l.pid = a.pid)
        FROM pg_stat_activity AS a WHERE a.usename = 'app' AND a.datname = current_database()
        """
    ).fetchall()

    assert left == [("idle", 0)]
    if isinstance(either.store, Store):
        with either.store.pool.connection() as connection:
            row = connection.execute(
                """
                SELECT current_user::text, current_setting('tenantstore.customer_id', true),
                       (SELECT count(*) FROM pg_cursors), pg_my_temp_schema()::int
                """
            ).fetchone()
        assert row == ("app", "", 0, 0)


def test_identities_take_turns_on_one_connection(either: Either, ada: UUID, bob: UUID) -> None:
    either.operator().run_all(notes.create(ada, "Ada's"), notes.create(bob, "Bob's"))
    seen = [
        [note.body for note in scope.run(statement)]
        for _ in range(3)
        for scope, statement in [
            (either.tenant(ada), notes.list_by_customer(ada)),
            (either.tenant(bob), notes.list_by_customer(bob)),
            (either.operator(), notes.list_by_customer(bob)),
            (either.operator(), notes.list_all()),
        ]
    ]

    assert [sorted(each) for each in seen] == [["Ada's"], ["Bob's"], ["Bob's"], ["Ada's", "Bob's"]] * 3


@every_way
def test_the_oldest_server_is_served_as_the_newest(kind: str, oldest_server: Server, way: Way) -> None:
    with psycopg.connect(oldest_server.dsn("notes"), autocommit=True) as admin:
        rows = admin.execute("SELECT id FROM customers ORDER BY name").fetchall()
    (ada,), (_,), (cyd,) = rows
    with open_either(kind, oldest_server.dsn("notes", "app")) as either:
        listed = way(either.tenant(ada), lambda: notes.list_by_customer(ada))
        with pytest.raises(CustomerNotActive):
            way(either.tenant(cyd), lambda: notes.list_by_customer(cyd))

        assert (listed, either.free) in [([], (1, 1)), (([],), (1, 1))]


def test_a_store_works_on_a_pool_that_the_service_has(kind: str, dsn: str, ada: UUID) -> None:
    with on_a_pool_of_the_service(kind, dsn) as either:
        made = either.tenant(ada).run(notes.create_for_customer(ada, "a"))
        with either.tenant(ada).transaction() as transaction:
            transaction.run(notes.rename_for_customer(made.id, ada, "b"))

        assert [note.body for note in either.operator().run(notes.list_all())] == ["b"]


def test_where_the_database_is_comes_from_the_argument_the_environment_or_libpq(
    open_store: Open, kind: str, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in psycopg.conninfo.conninfo_to_dict(dsn).items():
        monkeypatch.setenv({"dbname": "PGDATABASE"}.get(name, f"PG{name.upper()}"), str(value))
    by_libpq = open_store(None).operator().run(notes.who())
    monkeypatch.setenv("PGUSER", "nobody")
    monkeypatch.setenv("TENANTSTORE_DSN", dsn)
    by_environment = open_store(None).operator().run(notes.who())
    monkeypatch.setenv("TENANTSTORE_DSN", "host=/nowhere")
    by_argument = open_store(dsn).operator().run(notes.who())

    assert (by_libpq.login, by_environment.login, by_argument.login) == ("app",) * 3


def test_a_store_that_cannot_connect_says_why_at_once(kind: str, open_store: Open, dsn: str) -> None:
    with pytest.raises(psycopg.OperationalError, match='role "stranger" does not exist'):
        open_store(psycopg.conninfo.make_conninfo(dsn, user="stranger"))


def test_a_store_on_an_empty_database_says_what_is_missing(open_store: Open, database: str) -> None:
    nobody = uuid4()
    scope = open_store(database).tenant(nobody)
    with pytest.raises(psycopg.Error) as failed:
        scope.run(notes.list_by_customer(nobody))

    assert failed.value.__notes__ == [
        "The scope could not be entered. Is the database migrated (tenantstore migrate up), and is the login role a "
        "member of tenantstore_tenant and tenantstore_operator?"
    ]


def test_the_dsn_names_the_application_or_the_library_does(open_store: Open, dsn: str, admin: Admin) -> None:
    open_store()
    open_store(psycopg.conninfo.make_conninfo(dsn, application_name="billing"))
    names = admin.execute(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app' "
        "ORDER BY application_name"
    ).fetchall()

    assert names == [("billing",), ("tenantstore",)]


def test_what_is_no_statement_is_told_how_to_become_one(either: Either, ada: UUID) -> None:
    told = []
    for given in (notes.list_by_customer, [UUID(int=1)]):
        with pytest.raises(TypeError) as refused:
            either.tenant(ada).run(given)
        told.append(str(refused.value).rpartition(": ")[2])

    # What is given may be somebody's data.
    assert told == ["not a function", "not a list"]
    assert str(refused.value).startswith("a statement is run, which a repository function returns: ")
