"""What is a parameter and what is not, decided by the server: each snippet is run and its values compared."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore.errors import InvalidQuery
from tenantstore.queries.source import load

# The text after SELECT, the parameters given, the one row that comes back.
SNIPPETS: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    # strings
    ("'a :no b', :x::int", {"x": 1}, ("a :no b", 1)),
    ("'it''s :no', :x::int", {"x": 1}, ("it's :no", 1)),
    ("'back\\', :x::text, 'x'", {"x": "y"}, ("back\\", "y", "x")),
    ("E'it\\'s :no', :x::int", {"x": 1}, ("it's :no", 1)),
    ("e'\\\\', :x::int, E'\\\\'", {"x": 1}, ("\\", 1, "\\")),
    ("E'a'':no''', :x::int", {"x": 1}, ("a':no'", 1)),
    ("U&'\\0061 :no', :x::int", {"x": 1}, ("a :no", 1)),
    ("U&'d!0061t :no' UESCAPE '!', :x::int", {"x": 1}, ("dat :no", 1)),
    ("B'101'::text, X'1F'::int, :x::int", {"x": 1}, ("101", 31, 1)),
    ("N'a :no', :x::int", {"x": 1}, ("a :no", 1)),
    ("'one :no\ntwo :no', :x::int", {"x": 1}, ("one :no\ntwo :no", 1)),
    ("'one' -- it's :no\n' :two', :x::int", {"x": 1}, ("one :two", 1)),
    ("E'one\\''\n':two\\'', :x::int", {"x": 1}, ("one':two'", 1)),
    ("'one' /* :no */, :x::int", {"x": 1}, ("one", 1)),
    ("'', :x::text, ''''", {"x": "'"}, ("", "'", "'")),
    # dollar quotes
    ("$$it's :no$$, :x::int", {"x": 1}, ("it's :no", 1)),
    ("$a$ $$ :no $b$ $a$, :x::int", {"x": 1}, (" $$ :no $b$ ", 1)),
    ("$ä_1$:no$ä_1$, :x::int", {"x": 1}, (":no", 1)),
    ("$a$:no$A$:no$a$, :x::int", {"x": 1}, (":no$A$:no", 1)),
    ("$$--$$, :x::int, $$/*$$", {"x": 1}, ("--", 1, "/*")),
    # comments
    ("/* it's :no */ :x::int", {"x": 1}, (1,)),
    ("/* a /* :no */ ' :no */ :x::int", {"x": 1}, (1,)),
    ("/* -- */ :x::int -- /* :no", {"x": 1}, (1,)),
    ("-- it's :no\n:x::int", {"x": 1}, (1,)),
    (":x::int--:no\n+ :y::int", {"x": 1, "y": 2}, (3,)),
    (":x::int/*:no*/+:y::int", {"x": 1, "y": 2}, (3,)),
    ("1-- :no\r, :x::int", {"x": 1}, (1, 1)),
    # casts and names
    (":x::int, :x::text", {"x": "1"}, (1, "1")),
    (":x :: int", {"x": 1}, (1,)),
    ("(:x)::int::text", {"x": 1}, ("1",)),
    ("CAST(:x AS int)", {"x": 1}, (1,)),
    (":x::numeric(5,2)::text", {"x": "1.5"}, ("1.50",)),
    (":x::pg_catalog.int4", {"x": 1}, (1,)),
    (':x::"int4"', {"x": 1}, (1,)),
    (':x::int AS ":no"', {"x": 1}, (1,)),
    (':x::int AS "a""b :no\'"', {"x": 1}, (1,)),
    (':x::int AS U&"d\\0061t:no"', {"x": 1}, (1,)),
    (":x_1::int + :x_12::int", {"x_1": 1, "x_12": 20}, (21,)),
    (":Ä::int, :naïve::int", {"Ä": 1, "naïve": 2}, (1, 2)),
    (":_::int", {"_": 1}, (1,)),
    ("t.a$1 + :x::int FROM (SELECT 1 AS a$1) AS t", {"x": 1}, (2,)),
    # arrays
    ("(ARRAY[1,2,3])[2:3], :x::int", {"x": 1}, ([2, 3], 1)),
    ("(ARRAY[1,2,3])[:x::int], :y::int", {"x": 2, "y": 1}, (2, 1)),
    ("(ARRAY[1,2,3])[:lo::int::int:3]", {"lo": 2}, ([2, 3],)),
    ("(ARRAY[1,2,3])[:lo::int : :hi::int]", {"lo": 1, "hi": 2}, ([1, 2],)),
    ("(ARRAY[1,2,3])[: :hi::int]", {"hi": 2}, ([1, 2],)),
    ("(ARRAY[1,2,3])[:lo::int:]", {"lo": 2}, ([2, 3],)),
    ("t.a[t.lo:t.hi], :x::int FROM (SELECT ARRAY[1,2,3] AS a, 2 AS lo, 3 AS hi) AS t", {"x": 1}, ([2, 3], 1)),
    ("a[lo:hi], :x::int FROM (SELECT ARRAY[1,2,3] AS a, 2 AS lo, 3 AS hi) AS t", {"x": 1}, ([2, 3], 1)),
    ("a[(lo):hi][:x] FROM (SELECT ARRAY[ARRAY[1,2]] AS a, 1 AS lo, 1 AS hi) AS t", {"x": 1}, ([[1]],)),
    ("ARRAY[:x::int,:y::int], ARRAY[:x::int]", {"x": 1, "y": 2}, ([1, 2], [1])),
    # operators
    (":x::int % 2, 7%:y", {"x": 3, "y": 4}, (1, 3)),
    ("'{\"a\": 1}'::jsonb ? :x, '{\"a\": 1}'::jsonb?:x", {"x": "a"}, (True, True)),
    ("'{\"a\": 1}'::jsonb ?| :x::text[], '{\"a\": 1}'::jsonb ?& :x::text[]", {"x": ["a", "b"]}, (True, False)),
    ("'{\"a\": 1}'::jsonb->:x, '{\"a\": 1}'::jsonb->>:x::text", {"x": "a"}, (1, "1")),
    ('\'{"a": {"b": 1}}\'::jsonb#>:x::text[]', {"x": ["a", "b"]}, (1,)),
    ("'{\"a\": 1}'::jsonb @> :x::jsonb, :x::jsonb<@'{\"a\": 1}'", {"x": '{"a": 1}'}, (True, True)),
    ("'{\"a\": 1}'::jsonb @? '$.a', :x::int", {"x": 1}, (True, 1)),
    ("'{\"a\": [1, 5]}'::jsonb @@ '$.a[*] > 2', :x::int", {"x": 1}, (True, 1)),
    ("jsonb_path_query('[1, 5]', '$[*] ? (@ > $lo)', :x)", {"x": '{"lo": 2}'}, (5,)),
    ("ARRAY[1,2] && :x::int[], ARRAY[1]||:x::int[]", {"x": [2]}, (True, [1, 2])),
    ("-:x::int, @:x::int, |/:y::float8", {"x": -1, "y": 4.0}, (1, 1, 2.0)),
    ("1<:x::int, 1<>:x::int, 3>=:x::int", {"x": 2}, (True, True, True)),
    ("2^:x::float8, 5&:y::int, 1<<:y::int", {"x": 3.0, "y": 2}, (8.0, 0, 4)),
    ("'a' ~ :x, 'A'~*:x, 'a' !~~ :x, 'a' LIKE '%'||:x||'%'", {"x": "a"}, (True, True, False, True)),
    ("make_interval(days => :x)::text, make_interval(days=>:x)::text", {"x": 1}, ("1 day", "1 day")),
    ("make_interval(days := :x)::text, make_interval(days:=:x)::text", {"x": 1}, ("1 day", "1 day")),
    ("1 WHERE 1=:x AND 1 IN(:x,:y)", {"x": 1, "y": 2}, (1,)),
    ("CASE WHEN:b THEN:x ELSE:y END", {"b": True, "x": "yes", "y": "no"}, ("yes",)),
    ("1e3+:x::int, .5+:x::int = 1.5", {"x": 1}, (1001, True)),
    ("'12:30'::time::text, :x::int, TIME'01:02:03'::text", {"x": 1}, ("12:30:00", 1, "01:02:03")),
    ("i.*, :x::int FROM generate_series(:x::int, 1) AS i(i)", {"x": 1}, (1, 1)),
    (":x::text COLLATE \"C\" < 'b'", {"x": "a"}, (True,)),
    (":x::timestamptz AT TIME ZONE 'UTC' = '2026-01-02 00:00'", {"x": "2026-01-02T01:00+01:00"}, (True,)),
    (":x::int\n\t,\u000b:y::int\f", {"x": 1, "y": 2}, (1, 2)),
]


@pytest.fixture(scope="module")
def connection(server: Any) -> Any:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        yield connection


def compile_(tmp_path: Path, body: str) -> Any:
    path = tmp_path / "query.sql"
    path.write_text(f"-- scope: operator\n{body}", newline="")
    return load("query", path)


@pytest.mark.parametrize(("text", "given", "expected"), SNIPPETS, ids=[text for text, _, _ in SNIPPETS])
def test_the_server_sees_the_parameters_and_nothing_else_changed(
    tmp_path: Path, connection: Any, text: str, given: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    source = compile_(tmp_path, f"SELECT {text};\n")
    with psycopg.RawCursor(connection) as cursor:
        row = cursor.execute(source.sql, [given[name] for name in source.parameters]).fetchone()

    assert (set(source.parameters), row) == (set(given), expected)


@pytest.mark.parametrize(
    ("text", "arrays"),
    [
        (":a::uuid[]", {0: "uuid"}),
        (":a, :b :: BIGINT [ ], :c::text", {1: "bigint"}),
        ("(:a::integer[])[1], :a::integer[][]", {0: "integer"}),
        (":a::timestamptz[]::text[], ':b::uuid[]' /* :c::uuid[] */", {0: "timestamptz"}),
        (":a::uuid[], :a", {}),
        (":a::uuid, :b::pg_catalog.uuid[], :c::timestamptz(3)[], CAST(:d AS uuid[])", {}),
    ],
)
def test_a_parameter_that_is_always_cast_to_an_array_is_one_for_the_server(
    tmp_path: Path, connection: psycopg.Connection[Any], text: str, arrays: dict[int, str]
) -> None:
    source = compile_(tmp_path, f"SELECT {text}")
    connection.pgconn.prepare(b"", source.sql.encode())
    described = connection.pgconn.describe_prepared(b"")

    assert dict(source.arrays) == arrays
    assert {i: described.param_type(i) for i in arrays} == {
        i: connection.adapters.types[name].array_oid for i, name in arrays.items()
    }


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        ("SELECT 1,\n 'abc", 3, "unterminated string"),
        ("SELECT E'abc\\'", 2, "unterminated string"),
        ('SELECT 1 AS "abc', 2, "unterminated quoted name"),
        ("SELECT 1\n/* a /* b */", 3, "unterminated comment"),
        ("SELECT $a$ $b$", 2, "unterminated dollar-quoted string $a$"),
        ("SELECT 1;\nSELECT 2;", 2, "a file holds one statement; another begins after this ';'"),
        ("SELECT\n$1", 3, "parameters are written :name, not $1"),
        ("SELECT :'name'", 2, "parameters are written :name, without quotes"),
        ('SELECT :"name"', 2, "parameters are written :name, without quotes"),
        ("\\set a 1\nSELECT 1", 2, "psql's backslash commands mean nothing to the server"),
        ("-- nothing\n", None, "no statement"),
        (";", None, "no statement"),
        ("SELECT 1\0", 2, "a NUL byte"),
    ],
)
def test_what_is_not_one_statement_is_refused_with_its_line(
    tmp_path: Path, body: str, line: int | None, problem: str
) -> None:
    with pytest.raises(InvalidQuery) as refused:
        compile_(tmp_path, body)

    place = tmp_path / "query.sql"
    assert str(refused.value) == (f"{place}:{line}: {problem}" if line else f"{place}: {problem}")


@pytest.mark.parametrize(
    ("body", "writes"),
    [
        ("SELECT 1", False),
        ("SELECT 'update' FROM customers FOR UPDATE", False),
        ("SELECT 1 FROM customers FOR NO KEY UPDATE", False),
        ("INSERT INTO a VALUES (1)", True),
        ("WITH gone AS (DELETE FROM a RETURNING 1) SELECT * FROM gone", True),
        ("UPDATE a SET b = 1", True),
        ("MERGE INTO a USING b ON true WHEN MATCHED THEN DO NOTHING", True),
        ("SELECT 1 /* delete */ -- insert", False),
    ],
)
def test_whether_a_statement_writes_is_known_from_its_words(tmp_path: Path, body: str, writes: bool) -> None:
    assert compile_(tmp_path, body).writes is writes
