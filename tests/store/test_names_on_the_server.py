"""What the server shows of a statement: its text, and at the end of it the name of its file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore import Catalog, Statement
from tenantstore.testing import NoProvider, Server, launch
from tests.store import notes
from tests.store.conftest import Admin, Open, set_up
from tests.store.either import Either, open_either

_WAITING = "SELECT pid, query FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
_COUNTED = r"""
SELECT substring(query, '^\w+'), (regexp_match(query, '(?:/\* |")(notes/\w+)(?: \*/| 1")$'))[1] AS name, calls, rows
FROM pg_stat_statements
WHERE query ~ 'notes/'
ORDER BY name, query
"""
_SLEEPER = (
    "-- Sleeps, row by row.\n-- scope: operator\nSELECT length(pg_sleep(:seconds)::text) FROM generate_series(1, 2)"
)


def waiting(admin: Admin, act: Callable[[], Any]) -> list[str]:
    """The texts that sleep on the server while ``act`` does; they are cancelled as soon as they are seen."""
    acting = Thread(target=act)
    acting.start()
    seen: list[tuple[int, str]] = []
    while acting.is_alive() and not seen:
        seen = admin.execute(_WAITING).fetchall()
    for pid, _ in seen:
        admin.execute("SELECT pg_cancel_backend(%s)", [pid])
    acting.join()
    return [text for _, text in seen]


def cancelled(run: Callable[[], Any]) -> Callable[[], None]:
    def act() -> None:
        with pytest.raises(psycopg.errors.QueryCanceled):
            run()

    return act


def in_a_transaction(scope: Any, statement: Statement[Any]) -> None:
    with scope.transaction() as transaction:
        transaction.run(statement)


@pytest.mark.parametrize("prepare", [True, False], ids=["prepared", "not prepared"])
@pytest.mark.parametrize(
    "run",
    [
        lambda scope, me: scope.run(notes.wait_for_customer(me, 60)),
        lambda scope, me: scope.run_all(notes.list_by_customer(me), notes.wait_for_customer(me, 60)),
        lambda scope, me: in_a_transaction(scope, notes.wait_for_customer(me, 60)),
    ],
    ids=["run", "run_all", "transaction"],
)
def test_a_statement_that_runs_is_seen_with_its_name(
    open_store: Open, admin: Admin, ada: UUID, run: Callable[[Any, UUID], Any], prepare: bool
) -> None:
    scope = open_store(prepare=prepare).tenant(ada)
    (seen,) = waiting(admin, cancelled(lambda: run(scope, ada)))

    assert seen.endswith("AS waited /* notes/wait_for_customer */")


def test_a_stream_is_seen_with_its_name_while_it_fetches(either: Either, admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/sleep.sql").write_text(_SLEEPER)
    sleep = Catalog(tmp_path).many(int, "notes/sleep")

    assert waiting(admin, cancelled(lambda: list(either.operator().stream(sleep(seconds=60))))) == [
        'FETCH FORWARD 1000 FROM "notes/sleep 1"'
    ]


@pytest.mark.parametrize("folder", ["*", "a */ ; --", "a /*", "täglich", "' \" $1 :name %s ?", "x" * 90])
def test_no_name_of_a_folder_changes_the_statement(either: Either, tmp_path: Path, folder: str) -> None:
    for name in ("get", "/* x", "*"):
        path = tmp_path / f"x{folder}/{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.sql").write_text("-- scope: operator\nSELECT n FROM generate_series(1, 3) AS n\n")
    catalog = Catalog(tmp_path)
    queries = [catalog.many(int, name) for name in catalog]
    found = [[either.operator().run(query()), list(either.operator().stream(query()))] for query in queries]

    assert (len(queries), found) == (3, [[[1, 2, 3]] * 2] * 3)


def test_two_files_of_one_text_are_told_apart(either: Either, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    for name in ("one", "two"):
        (tmp_path / f"notes/{name}.sql").write_text("-- scope: operator\nSELECT current_query() AS text")
    catalog = Catalog(tmp_path)
    operator = either.operator()
    texts = [operator.run(catalog.scalar(str, f"notes/{name}")()) for name in ("one", "two", "one")]

    assert texts == [f"SELECT current_query() AS text /* notes/{name} */" for name in ("one", "two", "one")]


@pytest.fixture(params=["embedded", "local"], ids=["18", "15"])
def counting(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that counts statements: the newest and, where the machine has it, the oldest that is supported."""
    version = 15 if request.param == "local" else None
    try:
        server = launch(request.param, version=version, settings={"shared_preload_libraries": "pg_stat_statements"})
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        set_up(server)
        yield server


def test_pg_stat_statements_keeps_the_names(counting: Server) -> None:
    with psycopg.connect(counting.dsn("postgres"), autocommit=True) as admin:
        admin.execute("CREATE EXTENSION pg_stat_statements")
        with open_either("sync", counting.dsn("postgres", "app")) as store:
            operator = store.operator()
            (me,) = admin.execute("SELECT id FROM customers WHERE name = 'Ada'").fetchone() or ()
            for number in (1, 2):
                operator.run(notes.create(me, f"note {number}"))
            store.tenant(me).run_all(notes.list_by_customer(me), notes.who_for_customer(me))
            list(operator.stream(notes.list_all()))
        counted = admin.execute(_COUNTED).fetchall()

    assert counted == [
        ("INSERT", "notes/create", 2, 2),
        ("DECLARE", "notes/list_all", 1, 0),
        ("FETCH", "notes/list_all", 2, 2),
        ("SELECT", "notes/list_by_customer", 1, 2),
        ("SELECT", "notes/who_for_customer", 1, 1),
    ]
