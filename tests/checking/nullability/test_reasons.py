"""Why a column may be null, in words."""

from tenantstore.checking.analysis import Schema, analyse
from tenantstore.checking.nullability import columns
from tests.checking.nullability.conftest import Look

REASONS = {
    "SELECT d.id FROM devices AS d": "",
    "SELECT d.carrier FROM devices AS d": "devices.carrier may be null",
    "SELECT o.battery FROM owned AS o": "devices.battery may be null",
    "SELECT c.name FROM devices AS d LEFT JOIN customers AS c ON c.id = d.customer_id": "left join of customers",
    "SELECT d.id FROM devices AS d FULL JOIN customers AS c ON c.id = d.customer_id": "full join of devices",
    "SELECT o.one FROM devices AS d LEFT JOIN (SELECT 1 AS one) AS o ON d.port = 1": "left join of o",
    "SELECT max(d.port) FROM devices AS d": "max() of no row is null",
    "SELECT d.id FROM devices AS d GROUP BY ROLLUP (d.id)": "a grouping set leaves it out",
    "SELECT nullif(d.port, 1) FROM devices AS d": "NULLIF gives null where both are equal",
    "SELECT CASE WHEN d.port > 1 THEN 1 END FROM devices AS d": "CASE without ELSE, or with ELSE NULL",
    "SELECT (SELECT s.id FROM shares AS s WHERE s.id = d.port) FROM devices AS d": "a sub-query may find no row",
    "SELECT $1::text": "$1 may be null",
    "SELECT t.info -> 'a' FROM things AS t": "operator -> may give null",
    "SELECT shy(t.n) FROM things AS t": "shy() may give null",
    "SELECT lag(d.port) OVER (ORDER BY d.id) FROM devices AS d": "lag() may be of a row that is not there",
    "SELECT s.id FROM summary AS s": "no constraint holds in summary, a materialized view",
    "SELECT t.words[1] FROM things AS t": "an element may be null, or not there",
}


def test_reasons_are_told(look: Look) -> None:
    schema = Schema(look)

    assert {sql: column.why for sql in REASONS for column in columns(analyse(look, sql), schema)} == REASONS


def test_a_parameter_that_is_never_null_is_told(look: Look) -> None:
    analysis = analyse(look, "SELECT $1::integer AS one, $2::integer + $1 AS two")

    assert [column.nullable for column in columns(analysis, Schema(look), frozenset([1]))] == [False, True]
