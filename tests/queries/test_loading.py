"""What is wrong with a query is said when the module that declares it is imported, and where."""

import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tenantstore import repositories
from tenantstore.errors import DeclarationError, InvalidParameter, InvalidQuery
from tenantstore.queries import CATALOG, Catalog, Scope

TENANT = "-- One.\n-- scope: tenant\nSELECT 1 AS one WHERE :customer_id::uuid IS NOT NULL;\n"
OPERATOR = "-- scope: operator\nSELECT :number::int AS one;\n"

Import = Callable[[dict[str, str], str], ModuleType]


@pytest.fixture
def import_(tmp_path: Path) -> Iterator[Import]:
    """Import a module that declares queries of these files."""

    def import_(files: dict[str, str], module: str) -> ModuleType:
        for name, text in files.items():
            path = tmp_path / "sql" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        source = tmp_path / "declaring.py"
        source.write_text(
            f"from tenantstore import Catalog\ncatalog = Catalog({str(tmp_path / 'sql')!r})\n{module}", encoding="utf-8"
        )
        spec = importlib.util.spec_from_file_location("declaring", source)
        assert spec is not None
        assert spec.loader is not None
        loaded = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
        return loaded

    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    yield import_
    sys.dont_write_bytecode = before


LIST = '_LIST = catalog.many(int, "orders/list")\n'
CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "unknown header key": (
        {"orders/list.sql": "-- The orders.\n-- scpe: tenant\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:2: unknown header key 'scpe'; did you mean scope?",
    ),
    "unknown header key that is like none": (
        {"orders/list.sql": "-- owner: me\n-- scope: tenant\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:1: unknown header key 'owner'",
    ),
    "unknown scope": (
        {"orders/list.sql": "-- scope: tenants\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:1: scope is tenant or operator, not 'tenants'; did you mean tenant?",
    ),
    "two scopes": (
        {"orders/list.sql": "-- scope: tenant\n-- scope: operator\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:2: a second scope line",
    ),
    "no scope": (
        {"orders/list.sql": "-- The orders.\nSELECT 1 -- scope: tenant\n"},
        LIST,
        "{sql}/orders/list.sql: the header has no line '-- scope: tenant' or '-- scope: operator'",
    ),
    "a claim without a reason": (
        {"orders/list.sql": "-- scope: operator\n-- not-null: total\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:2: not-null takes its reason: '-- not-null: column: reason'",
    ),
    "a claim without a column": (
        {"orders/list.sql": "-- scope: operator\n-- type: : registered\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:2: type takes its reason: '-- type: column: reason'",
    ),
    "a claim of the whole without a reason": (
        {"orders/list.sql": "-- scope: operator\n-- at-most-one:\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:2: at-most-one takes its reason: '-- at-most-one: reason'",
    ),
    "a claim made twice": (
        {"orders/list.sql": "-- scope: operator\n-- not-null: a: b\n-- not-null: a: c\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql:3: a second not-null a line",
    ),
    "a tenant's without a customer": (
        {"orders/list.sql": "-- scope: tenant\nSELECT 1;\n"},
        LIST,
        "{sql}/orders/list.sql: a query of scope tenant takes :customer_id; this one does not",
    ),
    "missing file": (
        {"orders/list_all.sql": OPERATOR},
        LIST,
        "{sql}/orders/list.sql: no such file; did you mean orders/list_all?",
    ),
    "missing file that is like none": ({"a.sql": OPERATOR}, LIST, "{sql}/orders/list.sql: no such file"),
    "missing folder": ({}, LIST, "{sql}/orders/list.sql: there is no folder {sql}: are the .sql files in the package?"),
    "another case": (
        {"orders/List.sql": OPERATOR},
        LIST,
        "{sql}/orders/list.sql: no such file; did you mean orders/List?",
    ),
    "two files of one name": (
        {"orders/list.sql": OPERATOR, "orders/LIST.SQL": OPERATOR},
        LIST,
        "{sql}/orders/list.sql: two files of one name: {sql}/orders/LIST.SQL, {sql}/orders/list.sql",
    ),
    "a parameter the SQL does not use": (
        {"orders/list.sql": OPERATOR},
        LIST + "def f(number: int):\n    return _LIST(number=number, numbers=1)\n",
        "{folder}/declaring.py:5: orders/list has no parameter :numbers; did you mean number?",
    ),
    "a parameter the call does not give": (
        {"orders/list.sql": TENANT},
        LIST + "def f():\n    return _LIST()\n",
        "{folder}/declaring.py:5: orders/list needs :customer_id",
    ),
    "a parameter that a method does not give": (
        {"orders/list.sql": TENANT},
        LIST + "class Orders:\n    async def f(self):\n        return _LIST()\n",
        "{folder}/declaring.py:6: orders/list needs :customer_id",
    ),
    "a parameter that a method does not give to a query of its class": (
        {"orders/list.sql": TENANT},
        f"class Orders:\n    {LIST}\n    def f(self):\n        return self._LIST()\n",
        "{folder}/declaring.py:7: orders/list needs :customer_id",
    ),
    "a parameter misspelt": (
        {"orders/list.sql": TENANT},
        LIST + "def f(x):\n    return _LIST(custmer_id=x)\n",
        "{folder}/declaring.py:5: orders/list needs :customer_id, "
        "and has no parameter :custmer_id; did you mean customer_id?",
    ),
    "two parameters misspelt": (
        {"orders/list.sql": TENANT},
        LIST + "def f(x):\n    return _LIST(custmer_id=x, customer=x)\n",
        "{folder}/declaring.py:5: orders/list needs :customer_id, and has no parameter :custmer_id or :customer",
    ),
}


@pytest.mark.parametrize(("files", "module", "expected"), CASES.values(), ids=CASES.keys())
def test_an_import_fails_with_the_place_and_the_nearest_right_name(
    import_: Import, tmp_path: Path, files: dict[str, str], module: str, expected: str
) -> None:
    with pytest.raises(DeclarationError) as failed:
        import_(files, module)

    assert str(failed.value) == expected.format(sql=tmp_path / "sql", folder=tmp_path)


def test_a_file_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_bytes(b"-- scope: operator\nSELECT '\xff';\n")
    with pytest.raises(DeclarationError) as failed:
        Catalog(tmp_path).many(str, "a")

    assert str(failed.value) == f"{tmp_path}/a.sql:2: not UTF-8"


def test_what_is_sent_is_the_statement_without_its_header(tmp_path: Path) -> None:
    text = "\ufeff-- One.\r\n-- scope: operator\r\nSELECT :a::int + :b -- :c\r\n  + :a;\r\n-- end\r\n"
    (tmp_path / "add.sql").write_text(text, newline="")
    query = Catalog(tmp_path).scalar(int, "add")

    assert (query.sql, query.parameters, query.scope) == (
        "SELECT $1::int + $2 -- :c\r\n  + $1",
        ("a", "b"),
        Scope.OPERATOR,
    )


def test_a_parameter_is_never_none_unless_its_annotation_allows_it(import_: Import) -> None:
    module = import_(
        {"add.sql": "-- scope: operator\nSELECT :a::int + :b::int AS sum;\n"},
        '_ADD = catalog.scalar(int, "add")\ndef add(a: int, b: int | None):\n    return _ADD(a=a, b=b)\n',
    )
    with pytest.raises(InvalidParameter) as refused:
        module.add(None, 1)
    allowed = module.add(1, None)
    allowed.hand_over()

    assert (str(refused.value), dict(allowed.parameters)) == ("add: a is None", {"a": 1, "b": None})


def test_an_argument_that_is_given_another_value_is_not_what_its_annotation_says(import_: Import) -> None:
    module = import_(
        {"add.sql": "-- scope: operator\nSELECT :a::int AS a;\n"},
        '_ADD = catalog.scalar(int, "add")\ndef add(a: int):\n    a = str(a) if a else None\n    return _ADD(a=a)\n',
    )
    none, text = module.add(0), module.add(1)
    none.hand_over()
    text.hand_over()

    assert [dict(each.parameters) for each in (none, text)] == [{"a": None}, {"a": "1"}]


def test_what_is_sent_leads_back_to_what_was_written(tmp_path: Path) -> None:
    text = "-- Ä.\r\n-- scope: operator\r\nSELECT :long_name::int + x:a -- :c\r\n  + :long_name;\r\n"
    (tmp_path / "add.sql").write_text(text, newline="")
    source = Catalog(tmp_path).source("add")
    words = ["SELECT", "::int", " + x", "-- :c", "  +"]

    assert [source.written(source.sql.index(word)) for word in words] == [text.index(word) for word in words]
    assert [source.written(source.sql.index(sent)) for sent in ("$1", "1:", " $2", "$2")] == [
        text.index(written) for written in (":long_name", ":long_name", ":a", ":a")
    ]


def test_a_claim_has_its_reason(tmp_path: Path) -> None:
    header = "-- scope: operator\n-- not-null: a: of 1: it is\n-- at-most-one: one: row\n"
    (tmp_path / "add.sql").write_text(f"{header}SELECT 1 AS a;\n")

    assert [each[:3] for each in Catalog(tmp_path).source("add").claims] == [
        ("not-null", "a", "of 1: it is"),
        ("at-most-one", "", "one: row"),
    ]


def test_two_declarations_of_a_file_are_both_known(import_: Import) -> None:
    module = import_({"add.sql": OPERATOR}, '_A = catalog.scalar(int, "add")\n_B = catalog.many(int, "add")\n')

    assert list(module.catalog.declarations.values()) == [module._A, module._B]


def test_a_call_at_runtime_is_held_to_the_sql_too(import_: Import) -> None:
    module = import_({"orders/list.sql": TENANT}, LIST)
    with pytest.raises(DeclarationError) as failed:
        module._LIST(customer=1)

    assert str(failed.value).endswith(
        "list.sql: orders/list needs :customer_id, and has no parameter :customer; did you mean customer_id?"
    )


def test_every_file_of_the_library_is_declared_once_and_by_its_name() -> None:
    for module in pkgutil.iter_modules(repositories.__path__, "tenantstore.repositories."):
        importlib.import_module(module.name)

    assert sorted(CATALOG.declared) == list(CATALOG)


@pytest.mark.parametrize(
    ("sql", "command"),
    [
        ("select 1", "SELECT"),
        ("(SELECT 1) UNION (SELECT 2)", "SELECT"),
        ("VALUES (1)", "VALUES"),
        ("INSERT INTO a SELECT 1", "INSERT"),
        ("WITH x AS (SELECT 1) SELECT * FROM x", "SELECT"),
        ("WITH x AS (DELETE FROM a RETURNING *), y (a) AS MATERIALIZED (SELECT 1) UPDATE b SET c = 1", "UPDATE"),
        (
            "WITH RECURSIVE update AS (SELECT 1), delete AS (SELECT 2) /* SELECT */ MERGE INTO a USING b ON true",
            "MERGE",
        ),
        ('WITH "insert" AS (SELECT 1) TABLE "insert"', "TABLE"),
        ("REFRESH MATERIALIZED VIEW a", "REFRESH"),
    ],
)
def test_a_query_knows_what_it_does_behind_its_ctes(tmp_path: Path, sql: str, command: str) -> None:
    (tmp_path / "a.sql").write_text(f"-- scope: operator\n{sql};\n")

    assert Catalog(tmp_path).source("a").command == command


@pytest.mark.parametrize("statement", ["COPY (SELECT 1) TO STDOUT", "copy notes FROM STDIN"])
def test_copy_is_refused_whose_rows_nobody_would_send_or_take(import_: Import, statement: str) -> None:
    with pytest.raises(InvalidQuery, match=r"sql/a/copy\.sql: a store does not run COPY, whose rows are no result$"):
        import_({"a/copy.sql": f"-- scope: operator\n{statement};\n"}, "catalog.affected('a/copy')")
