"""What a recorder of statements says: how often each ran and from where, and that there were too many."""

import asyncio
import re
from pathlib import Path
from uuid import UUID

import pytest

from tenantstore import AsyncStore, Store
from tenantstore.store import AsyncScope, Scope
from tenantstore.testing.recorder import Recorder
from tests.store import notes
from tests.store.conftest import Open

pytest_plugins = ["pytester"]

HERE = Path(__file__).name


@pytest.fixture
def queries() -> Recorder:
    return Recorder()


def test_it_knows_what_ran_how_often_and_in_how_many_round_trips(
    open_store: Open, queries: Recorder, ada: UUID
) -> None:
    scope = open_store(observer=queries).tenant(ada)
    scope.run_all(notes.list_by_customer(ada), notes.list_by_customer(ada))
    with scope.transaction() as transaction:
        list(transaction.stream(notes.list_by_customer(ada)))
        transaction.run(notes.create_for_customer(ada, "a"))

    assert queries.names == ["notes/list_by_customer"] * 3 + ["notes/create_for_customer"]
    assert queries.counts == {"notes/list_by_customer": 3, "notes/create_for_customer": 1}
    # One for both lists, two for the cursor's rows and one for its end, one for the note, two for the transaction.
    assert queries.round_trips == 1 + 2 + 1 + 2


def test_a_budget_that_is_kept_says_nothing(open_store: Open, queries: Recorder, ada: UUID) -> None:
    scope = open_store(observer=queries).tenant(ada)
    scope.run(notes.list_by_customer(ada))
    with queries.at_most(2, round_trips=1):
        scope.run_all(notes.list_by_customer(ada), notes.list_by_customer(ada))
    with queries.at_most(1, round_trips=3), scope.transaction() as transaction:
        transaction.run(notes.list_by_customer(ada))
    queries.clear()

    assert (queries.statements, queries.round_trips) == ([], 0)


SAID = (
    "4 statements where at most 1 is allowed, 4 round trips where at most 1 is allowed\n"
    "    2 x notes/create_for_customer\n"
    "          2 x FILE:LINE in work\n"
    "    2 x notes/get_for_customer\n"
    "          2 x FILE:LINE in work\n"
    "One line ran one query again and again: ask for all at once, by a list, or by run_all."
)


def said(over: pytest.ExceptionInfo[AssertionError]) -> str:
    return re.sub(rf"\S*{HERE}:\d+", "FILE:LINE", str(over.value))


def test_a_budget_that_is_not_says_what_ran_how_often_and_from_where(dsn: str, queries: Recorder, ada: UUID) -> None:
    def work(scope: Scope) -> None:
        for each in scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b")):
            scope.run(notes.get_for_customer(each.id, ada))

    with (
        Store.open(dsn, observer=queries) as store,
        pytest.raises(AssertionError) as over,
        queries.at_most(1, round_trips=1),
    ):
        work(store.tenant(ada))

    assert said(over) == SAID


def test_the_place_is_the_callers_also_where_it_awaits(dsn: str, queries: Recorder, ada: UUID) -> None:
    async def work(scope: AsyncScope) -> None:
        for each in await scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b")):
            await scope.run(notes.get_for_customer(each.id, ada))

    async def go() -> None:
        async with AsyncStore.open(dsn, observer=queries) as store:
            with queries.at_most(1, round_trips=1):
                await work(store.tenant(ada))

    with pytest.raises(AssertionError) as over:
        asyncio.run(go())

    assert said(over) == SAID


def test_too_many_round_trips_alone_are_told_too(open_store: Open, queries: Recorder, ada: UUID) -> None:
    scope = open_store(observer=queries).tenant(ada)
    with (
        pytest.raises(AssertionError, match=r"^2 round trips where at most 1 is allowed"),
        queries.at_most(5, round_trips=1),
    ):
        scope.run_all(notes.create_for_customer(ada, "a"), notes.create_for_customer(ada, "b"))


def test_an_error_of_the_block_is_not_hidden_by_the_budget(open_store: Open, queries: Recorder, ada: UUID) -> None:
    scope = open_store(observer=queries).tenant(ada)

    def work() -> None:
        with queries.at_most(0):
            scope.run(notes.list_by_customer(ada))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_a_budget_counts_what_was_forgotten_within_it(open_store: Open, queries: Recorder, ada: UUID) -> None:
    scope = open_store(observer=queries).tenant(ada)
    scope.run(notes.list_by_customer(ada))
    with pytest.raises(AssertionError, match=r"^2 statements where at most 1 is allowed"), queries.at_most(1):  # noqa: PT012
        scope.run(notes.list_by_customer(ada))
        queries.clear()
        scope.run(notes.list_by_customer(ada))

    assert queries.names == ["notes/list_by_customer"]


def test_a_budget_without_a_block_is_no_assertion(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(ts_queries):\n    ts_queries.at_most(0)\n")
    pytester.makeconftest("pytest_plugins = ['tenantstore.testing.fixtures.queries']")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio")

    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(
        ["E*AssertionError: a budget that no block was held to: write `with ts_queries.at_most(…):`"]
    )


SERVICE = """
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from tenantstore import Catalog, Statement

CATALOG = Catalog(Path(__file__).parent / "sql")


@dataclass(frozen=True, slots=True)
class Title:
    body: str


_LIST_IDS = CATALOG.many(UUID, "titles/list_ids")
_GET_TITLE = CATALOG.one(Title, "titles/get_title")


def list_ids(customer_id: UUID) -> Statement[list[UUID]]:
    return _LIST_IDS(customer_id=customer_id)


def get_title(note_id: UUID, customer_id: UUID) -> Statement[Title]:
    return _GET_TITLE(note_id=note_id, customer_id=customer_id)


def show_titles(scope):
    return [scope.run(get_title(id, scope.customer_id)).body for id in scope.run(list_ids(scope.customer_id))]
"""
TEST = """
from uuid import UUID

from service import show_titles
from tenantstore import Store


def test_titles_are_shown(ts_queries):
    with Store.open({dsn!r}, observer=ts_queries) as store, ts_queries.at_most(2, round_trips=1):
        assert show_titles(store.tenant(UUID({ada!r}))) == ["a", "b", "c"]
"""


def test_a_query_for_each_row_is_caught_in_a_service_of_somebodys(
    pytester: pytest.Pytester, dsn: str, open_store: Open, ada: UUID
) -> None:
    for body in "abc":
        open_store().operator().run(notes.create(ada, body))
    titles = pytester.mkdir("sql") / "titles"
    titles.mkdir()
    scope = "-- scope: tenant\nSELECT"
    (titles / "list_ids.sql").write_text(f"{scope} id FROM notes WHERE customer_id = :customer_id ORDER BY body")
    mine = "customer_id = :customer_id AND id = :note_id"
    (titles / "get_title.sql").write_text(f"{scope} body FROM notes WHERE {mine}")
    pytester.makepyfile(service=SERVICE, test_service=TEST.format(dsn=dsn, ada=str(ada)))
    pytester.makeconftest("pytest_plugins = ['tenantstore.testing.fixtures.queries']")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio")

    done.stdout.fnmatch_lines(
        [
            "E*AssertionError: 4 statements where at most 2 are allowed, 4 round trips where at most 1 is allowed",
            "E*3 x titles/get_title",
            "E*3 x service.py:28 in *",
            "E*1 x titles/list_ids",
            "E*1 x service.py:28 in show_titles",
            "E*One line ran one query again and again: ask for all at once, by a list, or by run_all.",
        ]
    )
