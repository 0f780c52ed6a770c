"""Where columns, parameters, names and stars stand in a text."""

import pytest

from tenantstore.checking.query import layout

COLUMNS = [
    ("SELECT a, b AS c FROM t", ["a", "b AS c"]),
    ("SELECT ALL a, (b), f(c, d) FROM t", ["a", "(b)", "f(c, d)"]),
    ("SELECT DISTINCT a IS DISTINCT FROM b AS x, c", ["a IS DISTINCT FROM b AS x", "c"]),
    ("SELECT DISTINCT ON (a, b) c, d FROM t", ["c", "d"]),
    ("WITH x AS (SELECT 1, 2) SELECT x.a, ARRAY[1, 2] FROM x", ["x.a", "ARRAY[1, 2]"]),
    ("WITH x AS (SELECT 1) INSERT INTO t (a, b) SELECT 1, 2 RETURNING a, b", ["a", "b"]),
    ("UPDATE t SET a = 1, b = 2 WHERE c RETURNING a, -- the first, of two\n b", ["a", "b"]),
    ("DELETE FROM t RETURNING (SELECT d FROM e), f", ["(SELECT d FROM e)", "f"]),
    ("(SELECT a, b FROM t) UNION ALL (SELECT c, d FROM t) ORDER BY 1", ["a", "b"]),
    ("SELECT a, b UNION SELECT c, d", ["a", "b"]),
    (
        "SELECT CASE WHEN a THEN 'x, y' END, extract(day FROM b) FROM t",
        ["CASE WHEN a THEN 'x, y' END", "extract(day FROM b)"],
    ),
    ('SELECT "FROM", b FROM t', ['"FROM"', "b"]),
    (
        "SELECT count(*) FILTER (WHERE a), b OVER (ORDER BY c) FROM t",
        ["count(*) FILTER (WHERE a)", "b OVER (ORDER BY c)"],
    ),
    # What has no list of so many is found at its beginning.
    ("SELECT t.* FROM t", ["t.*", "t.*"]),
    ("VALUES (1, 2)", ["VALUES", "VALUES"]),
    ("TABLE t", ["TABLE", "TABLE"]),
]


@pytest.mark.parametrize(("sql", "written"), COLUMNS)
def test_a_column_is_found(sql: str, written: list[str]) -> None:
    assert [sql[start:end] for start, end in layout.columns(sql, len(written))] == written


STARS = [
    ("SELECT * FROM t", [7]),
    ("SELECT DISTINCT * FROM t", [16]),
    ("SELECT DISTINCT ON (a) * FROM t", [23]),
    ("SELECT a, * FROM t", [10]),
    ("SELECT t.*, u . * FROM t, u", [9, 16]),
    ("DELETE FROM t RETURNING *", [24]),
    ("SELECT 1 WHERE EXISTS (SELECT * FROM t)", [30]),
    ("SELECT to_jsonb(t.*)", [18]),
    ("SELECT count(*), a * b, (a) * b, 2*3, -a*b, '*', 'SELECT *' -- *\n", []),
]


@pytest.mark.parametrize(("sql", "places"), STARS)
def test_a_star_is_told_from_a_product(sql: str, places: list[int]) -> None:
    assert list(layout.stars(sql)) == places


def test_a_name_is_found_outside_of_comments_and_strings() -> None:
    text = "-- device_id\nSELECT 'device_id', d.Device_Id, \"odd name\" WHERE d.id = :device_id"

    assert [layout.word(text, name) for name in ("device_id", "odd name", "nothing")] == [
        text.index("Device_Id"),
        text.index('"odd name"'),
        None,
    ]


def test_a_parameter_is_found_where_it_is_first_used() -> None:
    text = "-- :a\nSELECT :ab, ':a', :a, :a"

    assert layout.parameter(text, "a") == (text.index(":a, :a"), text.index(", :a", text.index(":a, :a")))
