"""How many rows a query gives: what is proven, why, and what rows show where nothing is."""

import psycopg
import pytest
from psycopg.pq import ExecStatus

from tenantstore.checking.analysis import Schema, analyse
from tenantstore.checking.cardinality import at_most_one
from tests.checking.nullability.conftest import FOLDER, Look

DEVICE = "SELECT d.id FROM devices AS d"

AT_MOST_ONE = {
    f"{DEVICE} WHERE d.id = $1": "devices_pkey",
    f"{DEVICE} WHERE $1 = d.id AND d.battery > 1": "devices_pkey",
    f"{DEVICE} WHERE d.id = 1 + $1::integer": "devices_pkey",
    f"{DEVICE} WHERE d.id = (SELECT max(s.device_id) FROM shares AS s)": "devices_pkey",
    f"{DEVICE} WHERE d.customer_id = $1 AND d.name = 'rack'": "devices_customer_id_name_key",
    "SELECT c.id FROM customers AS c WHERE c.email = 'x'": "customers_email_key",
    "SELECT s.id FROM shares AS s WHERE (s.device_id, s.grantee_id) = (1, 2)": "shares_device_id_grantee_id_key",
    # Through joins: each is found by a key from what was found before.
    f"{DEVICE} JOIN customers AS c ON c.id = d.customer_id WHERE d.id = 1": "devices_pkey, customers_pkey",
    f"{DEVICE} LEFT JOIN customers AS c ON c.id = d.customer_id WHERE d.id = 1": "devices_pkey, customers_pkey",
    f"{DEVICE} LEFT JOIN shares AS s ON s.device_id = d.id AND s.grantee_id = 2 WHERE d.id = 1": (
        "devices_pkey, shares_device_id_grantee_id_key"
    ),
    "SELECT s.id FROM shares AS s RIGHT JOIN devices AS d ON s.id = d.port WHERE d.id = 1": "shares_pkey, devices_pkey",
    "SELECT a.id FROM devices AS a, devices AS b WHERE a.id = b.port AND b.id = 1": "devices_pkey",
    "SELECT a.id FROM devices AS a, devices AS b WHERE a.id = b.port AND b.id = a.id AND a.id = 1": "devices_pkey",
    "SELECT s.id FROM shares AS s JOIN devices AS d USING (id) WHERE id = 3": "shares_pkey, devices_pkey",
    f"{DEVICE} WHERE d.id = 1 AND EXISTS (SELECT FROM shares AS s WHERE s.device_id = d.id)": "devices_pkey",
    f"{DEVICE} CROSS JOIN LATERAL (SELECT s.id FROM shares AS s WHERE s.id = d.port) AS l WHERE d.id = 1": (
        "devices_pkey, shares_pkey"
    ),
    f"{DEVICE} CROSS JOIN LATERAL (SELECT s.id FROM shares AS s LIMIT 1) AS l WHERE d.id = 1": "devices_pkey, LIMIT 1",
    f"{DEVICE}, (SELECT count(*) FROM shares) AS l WHERE d.id = 1": "devices_pkey, aggregate without GROUP BY",
    # Through sub-queries, views and common table expressions.
    f"SELECT o.id FROM ({DEVICE}) AS o WHERE o.id = 1": "devices_pkey",
    f"WITH o AS ({DEVICE}) SELECT o.id FROM o WHERE o.id = 1": "devices_pkey",
    "SELECT o.id FROM owned AS o WHERE o.id = 1": "devices_pkey, customers_pkey",
    "SELECT o.n FROM (SELECT s.device_id, count(*) AS n FROM shares AS s GROUP BY 1) AS o WHERE o.device_id = 1": (
        "GROUP BY of one value"
    ),
    "SELECT o.name FROM (SELECT DISTINCT d.name FROM devices AS d) AS o WHERE o.name = 'x'": "DISTINCT of one value",
    "SELECT o.id FROM (SELECT d.id FROM devices AS d UNION SELECT s.id FROM shares AS s) AS o WHERE o.id = 1": (
        "UNION of one value"
    ),
    # By what the query is.
    f"{DEVICE} LIMIT 1": "LIMIT 1",
    f"{DEVICE} FETCH FIRST ROW ONLY": "LIMIT 1",
    "SELECT max(d.id) FROM devices AS d HAVING max(d.id) > 1": "aggregate without GROUP BY",
    "SELECT max(d.port) FROM devices AS d WHERE d.name = 'x' GROUP BY d.name": "GROUP BY of one value",
    "SELECT max(d.port) FROM devices AS d GROUP BY $1::integer": "GROUP BY of one value",
    "SELECT DISTINCT d.name FROM devices AS d WHERE d.name = 'x'": "DISTINCT of one value",
    f"({DEVICE} WHERE d.id = 1) INTERSECT SELECT c.id FROM customers AS c": "devices_pkey",
    f"({DEVICE} WHERE d.id = 1) EXCEPT SELECT c.id FROM customers AS c": "devices_pkey",
    "SELECT 1 WHERE $1::boolean": "no table in FROM",
    # By what is changed: a row is changed once, whatever it was joined with.
    "UPDATE devices AS d SET port = 1 WHERE d.id = $1 RETURNING d.id": "devices_pkey",
    "UPDATE devices AS d SET port = 1 FROM shares AS s WHERE d.id = 1 AND s.id > 1 RETURNING d.id": "devices_pkey",
    "DELETE FROM devices AS d USING customers AS c WHERE d.id = c.id AND c.email = 'x' RETURNING d.id": "devices_pkey",
    "INSERT INTO customers (id, name) VALUES (9, 'x') ON CONFLICT DO NOTHING RETURNING id": "one row of VALUES",
    f"INSERT INTO ledger (id) {DEVICE} WHERE d.id = 1 RETURNING id": "devices_pkey",
}
EXACTLY_ONE = {
    "SELECT count(*) FROM devices AS d": "aggregate without GROUP BY",
    "SELECT count(*) FROM devices AS d GROUP BY ()": "aggregate without GROUP BY",
    "SELECT 1": "no table in FROM",
    "SELECT o.n FROM (SELECT count(*) AS n FROM devices) AS o": "aggregate without GROUP BY",
    "SELECT a.n, d.id FROM (SELECT count(*) AS n FROM shares) AS a LEFT JOIN devices AS d ON d.id = a.n": (
        "aggregate without GROUP BY, devices_pkey"
    ),
    "WITH a AS (SELECT max(d.id) AS id FROM devices AS d) SELECT a.id FROM a": "aggregate without GROUP BY",
    "SELECT v.a FROM (VALUES (1)) AS v (a)": "one row of VALUES",
    "SELECT abs(1) FROM upper('x') AS u": "one row of u",
    "SELECT count(*) FROM devices LIMIT 1": "LIMIT 1",
    "INSERT INTO customers (id, name) VALUES (9, 'x') RETURNING id": "one row of VALUES",
    "INSERT INTO customers (id, name) VALUES (9, 'x') ON CONFLICT (id) DO UPDATE SET name = 'y' RETURNING id": (
        "one row of VALUES"
    ),
}
#: Each of them gives more than one row on the rows of the labelled statements.
MANY = [
    DEVICE,
    f"{DEVICE} WHERE d.id > 1",
    f"{DEVICE} WHERE d.id = 1 OR d.id = 2",
    f"{DEVICE} WHERE d.id IN (1, 2)",
    # A unique key of what may be null holds for no null; nor does half of a key.
    f"{DEVICE} WHERE d.customer_id IS NULL AND d.name = 'stray'",
    f"{DEVICE} WHERE d.customer_id IS NOT DISTINCT FROM NULL::integer AND d.name = 'stray'",
    f"{DEVICE} WHERE d.customer_id = 1",
    "SELECT s.id FROM shares AS s WHERE s.device_id = 1",
    # A key that equals what is not one value.
    f"{DEVICE} JOIN customers AS c ON c.id = d.customer_id",
    f"{DEVICE} LEFT JOIN shares AS s ON s.device_id = d.id WHERE d.id = 1",
    f"{DEVICE} LEFT JOIN customers AS c ON d.id = 1",
    "SELECT c.id FROM customers AS c LEFT JOIN devices AS d ON d.id = 1 AND c.id = 2",
    f"{DEVICE} CROSS JOIN LATERAL (SELECT s.id FROM shares AS s LIMIT 1) AS l",
    f"{DEVICE} CROSS JOIN LATERAL (SELECT d.id AS own LIMIT 1) AS l WHERE d.id = l.own",
    f"{DEVICE} FULL JOIN shares AS s ON s.id = d.id AND d.id = 1",
    "SELECT a.id FROM devices AS a, devices AS b WHERE a.id = b.id AND b.port > 1",
    "SELECT a.id FROM devices AS a LEFT JOIN devices AS b ON b.id = 1 AND a.port < 4001 WHERE a.id = coalesce(b.id, 3)",
    # What differs from row to row.
    f"{DEVICE} WHERE d.id = (SELECT s.device_id FROM shares AS s WHERE s.device_id = d.id LIMIT 1)",
    f"{DEVICE} WHERE d.id = d.id + (random() * 0)::integer",
    "SELECT DISTINCT row_number() OVER (), 1 FROM devices AS d",
    "SELECT DISTINCT count(*) FROM devices AS d GROUP BY d.customer_id",
    "SELECT DISTINCT d.name FROM customers AS c LEFT JOIN devices AS d ON d.name = 'rack' AND c.id = 1",
    # What is not cut to one.
    f"{DEVICE} LIMIT 2",
    "SELECT d.name FROM devices AS d ORDER BY d.name DESC FETCH FIRST ROW WITH TIES",
    "SELECT d.customer_id, count(*) FROM devices AS d GROUP BY d.customer_id",
    "SELECT d.name FROM devices AS d WHERE d.name = 'rack' GROUP BY ROLLUP (d.name)",
    "SELECT count(*) FROM devices AS d GROUP BY GROUPING SETS ((), ())",
    "SELECT generate_series(1, 2)",
    f"{DEVICE}, generate_series(1, 2) WHERE d.id = 1",
    f"{DEVICE}, unnest(ARRAY[1, 2]) WHERE d.id = 1",
    "SELECT v.a FROM (VALUES (1), (2)) AS v (a)",
    f"({DEVICE} WHERE d.id = 1) UNION ({DEVICE} WHERE d.id = 2)",
    f"({DEVICE} WHERE d.id = 1) UNION ALL ({DEVICE} WHERE d.id = 1)",
    # What is unique in a table is not unique in those that inherit from it.
    "SELECT k.id FROM kin AS k WHERE k.id = 1",
    "UPDATE devices AS d SET port = 1 WHERE d.name = 'rack' RETURNING d.id",
    "UPDATE devices AS d SET port = 1 FROM shares AS s WHERE s.id = 1 AND d.port > 1 RETURNING d.id",
    "INSERT INTO ledger (id) VALUES (1), (2) RETURNING id",
    "INSERT INTO ledger (id) SELECT d.id FROM devices AS d RETURNING id",
    "INSERT INTO ledger (id) VALUES (generate_series(1, 2)) RETURNING id",
]
#: At most one, and none on these rows or without any.
NONE = [
    "SELECT max(d.id) FROM devices AS d HAVING max(d.id) > 100",
    "SELECT count(*) FROM devices AS d LIMIT 0",
    "SELECT count(*) FROM devices AS d OFFSET 1",
    f"{DEVICE} WHERE d.id = 100",
    "SELECT o.n FROM (SELECT count(*) AS n FROM devices) AS o WHERE o.n > 100",
    "INSERT INTO customers (id, name) VALUES (1, 'x') ON CONFLICT DO NOTHING RETURNING id",
    "INSERT INTO customers (id, name) VALUES (1, '') ON CONFLICT (id) DO UPDATE SET name = '' WHERE false RETURNING id",
    "INSERT INTO skipped (id) VALUES (1) RETURNING id",
]


@pytest.fixture
def kin(look: Look) -> Look:
    """What is unique here and there only, and a table whose trigger skips every row."""
    look.execute((FOLDER / "rows.sql").read_bytes())
    look.execute(
        """
        CREATE TABLE kin (id integer PRIMARY KEY);
        CREATE TABLE cousins () INHERITS (kin);
        INSERT INTO kin VALUES (1);
        INSERT INTO cousins VALUES (1);
        CREATE TABLE skipped (id integer);
        CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER skip BEFORE INSERT ON skipped FOR EACH ROW EXECUTE FUNCTION skip();
        """
    )
    return look


def count(look: Look, sql: str) -> int:
    with look.transaction(force_rollback=True):
        found = look.pgconn.exec_(sql.encode())
        assert found.status == ExecStatus.TUPLES_OK, found.error_message
        return found.ntuples


def test_at_most_one_row_is_proven(look: Look) -> None:
    schema = Schema(look)
    found = {sql: at_most_one(analyse(look, sql), schema) for sql in AT_MOST_ONE}

    assert {sql: bound and (bound.why, bound.exactly) for sql, bound in found.items()} == {
        sql: (why, False) for sql, why in AT_MOST_ONE.items()
    }


def test_exactly_one_row_is_proven(look: Look) -> None:
    schema = Schema(look)
    found = {sql: at_most_one(analyse(look, sql), schema) for sql in EXACTLY_ONE}

    assert {sql: bound and (bound.why, bound.exactly) for sql, bound in found.items()} == {
        sql: (why, True) for sql, why in EXACTLY_ONE.items()
    }


def test_nothing_is_proven_of_what_gives_many(kin: Look) -> None:
    schema = Schema(kin)

    assert {sql: (count(kin, sql) > 1, at_most_one(analyse(kin, sql), schema)) for sql in MANY} == dict.fromkeys(
        MANY, (True, None)
    )


def test_no_row_is_promised_where_there_may_be_none(kin: Look) -> None:
    schema = Schema(kin)
    found = {sql: (count(kin, sql), at_most_one(analyse(kin, sql), schema)) for sql in NONE}

    assert {sql: (rows, bound and bound.exactly) for sql, (rows, bound) in found.items()} == dict.fromkeys(
        NONE, (0, False)
    )


def test_a_key_is_none_under_a_collation_that_takes_more_for_equal(look: Look) -> None:
    try:
        look.execute("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    except psycopg.errors.FeatureNotSupported as error:
        pytest.skip(str(error))
    look.execute("CREATE TABLE cased (word text UNIQUE, loosely text COLLATE loose UNIQUE)")
    look.execute("INSERT INTO cased VALUES ('a', 'b'), ('A', 'c')")
    asked = ["c.word = 'A'", "c.word = 'A' COLLATE loose", "c.loosely = 'B'"]
    sql = [f"SELECT c.word FROM cased AS c WHERE {condition}" for condition in asked]
    schema = Schema(look)

    assert [
        (count(look, each), bound and bound.why) for each in sql for bound in [at_most_one(analyse(look, each), schema)]
    ] == [
        (1, "cased_word_key"),
        (2, None),
        (1, "cased_loosely_key"),
    ]
