"""The columns that come back are the record's fields, in order, or nothing is mapped: on every way to the server."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tenantstore import Catalog, Statement
from tenantstore.errors import ColumnMismatch
from tests.store.conftest import Admin, Open
from tests.store.either import Runs


@dataclass(frozen=True, slots=True)
class Pair:
    number: int
    word: str


WAYS: dict[str, Callable[[Runs, Statement[Any]], Any]] = {
    "run": lambda scope, statement: scope.run(statement),
    "run_all": lambda scope, statement: scope.run_all(statement),
    "stream": lambda scope, statement: list(scope.stream(statement)),
}

ADVICE = "Give the one the names and the order of the other."
# What the SQL gives instead, and how the error shows it.
WRONG = {
    "'a' AS word, 1 AS number": ["      column  field", "--> 1 word    number", "    2 number  word"],
    "1 AS number": ["      column  field", "    1 number  number", "--> 2 -       word"],
    "1 AS number, 'a' AS word, true AS active": [
        "      column  field",
        "    1 number  number",
        "    2 word    word",
        "--> 3 active  -",
    ],
    "1 AS number, 2 AS number": ["      column  field", "    1 number  number", "--> 2 number  word"],
    "1 AS number, 'a' AS letters": ["      column   field", "    1 number   number", "--> 2 letters  word"],
    "": ["      column  field", "--> 1 -       number", "    2 -       word"],
}


@pytest.fixture
def declare(tmp_path: Path) -> Callable[[str], Callable[[], Statement[Any]]]:
    """A query of the operator for pairs, from its SQL."""

    def declare(sql: str) -> Callable[[], Statement[Any]]:
        (tmp_path / "pairs.sql").write_text(f"-- scope: operator\n{sql};\n")
        return Catalog(tmp_path).many(Pair, "pairs")

    return declare


Declare = Callable[[str], Callable[[], Statement[Any]]]


@pytest.mark.parametrize("way", [*WAYS, "transaction", "stream in a transaction"])
@pytest.mark.parametrize("prepare", [True, False], ids=["prepared", "not prepared"])
def test_wrong_columns_are_shown_beside_the_fields(open_store: Open, declare: Declare, way: str, prepare: bool) -> None:
    scope = open_store(prepare=prepare).operator()
    shown = []
    for columns in WRONG:
        for rows in ("WHERE true", "WHERE false"):
            with pytest.raises(ColumnMismatch) as wrong:
                go(way, scope, declare(f"SELECT {columns} {rows}")())
            shown.append(str(wrong.value).splitlines())

    assert shown == [
        ["pairs: the columns are not the fields of Pair", *lines, ADVICE] for lines in WRONG.values() for _ in "tf"
    ]


def go(way: str, scope: Any, statement: Statement[Any]) -> Any:
    """Run the statement on that way."""
    if way in WAYS:
        return WAYS[way](scope, statement)
    with scope.transaction() as transaction:
        return WAYS["stream" if "stream" in way else "run"](transaction, statement)


@pytest.mark.parametrize("way", [*WAYS, "transaction", "stream in a transaction"])
@pytest.mark.parametrize("prepare", [True, False], ids=["prepared", "not prepared"])
def test_a_table_that_changes_under_a_plan_is_noticed(
    open_store: Open, declare: Declare, admin: Admin, way: str, prepare: bool
) -> None:
    admin.execute("CREATE TABLE pairs AS SELECT 1 AS number, 'a' AS word")
    admin.execute("GRANT SELECT ON pairs TO tenantstore_operator")
    scope, query = open_store(prepare=prepare).operator(), declare("SELECT * FROM pairs")
    go(way, scope, query())
    admin.execute("ALTER TABLE pairs RENAME COLUMN word TO letters")
    if prepare and way == "transaction":
        # The server refuses the old plan, and its error has failed the transaction. The next one plans anew.
        with pytest.raises(Exception, match="cached plan must not change result type"):
            go(way, scope, query())
    with pytest.raises(ColumnMismatch, match="--> 2 letters  word"):
        go(way, scope, query())
    admin.execute("ALTER TABLE pairs RENAME COLUMN letters TO word")
    if prepare and way == "transaction":
        with pytest.raises(Exception, match="cached plan must not change result type"):
            go(way, scope, query())

    assert go(way, scope, query()) in ([Pair(1, "a")], ([Pair(1, "a")],))


def test_a_change_that_keeps_the_columns_goes_unnoticed(open_store: Open, declare: Declare, admin: Admin) -> None:
    admin.execute("CREATE TABLE pairs AS SELECT 1 AS number, 'a' AS word")
    admin.execute("GRANT SELECT ON pairs TO tenantstore_operator")
    scope, query = open_store().operator(), declare("SELECT number, word FROM pairs")
    seen = [scope.run(query())]
    admin.execute("ALTER TABLE pairs ADD COLUMN active boolean")
    seen.append(scope.run(query()))
    admin.execute("ALTER TABLE pairs ALTER COLUMN number TYPE bigint")
    seen.append(scope.run(query()))

    assert seen == [[Pair(1, "a")]] * 3


def test_a_change_that_gives_rows_is_no_count(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "touch.sql").write_text("-- scope: operator\nUPDATE notes SET body = body RETURNING id;\n")
    (tmp_path / "two.sql").write_text("-- scope: operator\nSELECT 1 AS one, 2 AS two;\n")
    catalog, scope = Catalog(tmp_path), open_store().operator()
    shown = []
    for query in (catalog.affected("touch"), catalog.scalar(int, "two")):
        with pytest.raises(ColumnMismatch) as wrong:
            scope.run(query())
        shown.append(str(wrong.value).removesuffix(f"\n{ADVICE}"))

    assert shown == [
        "touch: the columns are not the fields of int\n      column  field\n--> 1 ?       -",
        "two: the columns are not the fields of int\n      column  field\n    1 one     one\n--> 2 two     -",
    ]


def test_a_batch_that_holds_its_commit_is_planned_anew_too(open_store: Open, tmp_path: Path, admin: Admin) -> None:
    admin.execute("CREATE TABLE pairs (number int, word text)")
    admin.execute("GRANT SELECT, INSERT ON pairs TO tenantstore_operator")
    (tmp_path / "add.sql").write_text("-- scope: operator\nINSERT INTO pairs VALUES (1, 'a') RETURNING *;\n")
    scope, add = open_store().operator(), Catalog(tmp_path).one(Pair, "add")
    first = scope.run_all(add(), add())
    admin.execute("ALTER TABLE pairs ALTER COLUMN number TYPE bigint")
    second = scope.run_all(add(), add())

    assert first == second == (Pair(1, "a"),) * 2
    assert admin.execute("SELECT count(*) FROM pairs").fetchone() == (4,)
