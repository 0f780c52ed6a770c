"""Values of the server's types, none of them null, from the edges: empty, infinite, not a number, JSON's null."""

from collections.abc import Mapping

TEXTS = ["''", "'a'", "'abc def'", "'%'", "'b?'", "'1'", "'2026-01-05'", "'YYYY-MM-DD'", "'hour'", "'UTC'", "'{a,0}'"]
INTEGERS = ["0", "1", "-1", "2", "7"]
_DATES = ["'2026-01-05'", "'infinity'", "'-infinity'", "'4713-01-01 BC'"]
_NUMBERS = [*INTEGERS, "'NaN'", "'Infinity'", "'-Infinity'", "0.5"]
_ARRAYS = ["'{}'", "'{1}'", "'{1,NULL}'", "'{{1,2},{3,4}}'", "'{NULL}'"]
_RANGES = ["'empty'", "'[1,5)'", "'(,)'", "'(,3]'", "'[3,)'"]
_DATE_RANGES = ["'empty'", "'(,)'", "'[2026-01-05,2026-01-06)'", "'[2026-01-05,)'"]
_JSON = ["'null'", "'[]'", "'{}'", "'1'", "'\"x\"'", "'{\"a\": null}'", "'[1, null, {\"a\": 1}]'"]
_MULTIRANGES = ["'{}'", "'{[1,5),[7,9)}'", "'{(,)}'"]

#: By type the literals to cast; a type that is not here is not tried.
VALUES: Mapping[str, list[str]] = {
    "text": TEXTS,
    "character varying": TEXTS,
    "character": TEXTS,
    "name": TEXTS,
    '"char"': ["'a'", "''"],
    "smallint": INTEGERS,
    "integer": INTEGERS,
    "bigint": INTEGERS,
    "oid": ["0", "1", "1259"],
    "regclass": ["'pg_class'", "'numbers'"],
    "regtype": ["'integer'"],
    "real": _NUMBERS,
    "double precision": _NUMBERS,
    "numeric": _NUMBERS,
    "money": ["'0'", "'1.50'", "'-1'"],
    "boolean": ["true", "false"],
    "bytea": ["''", "'\\x00'", "'\\x616263'"],
    "date": _DATES,
    "time without time zone": ["'00:00'", "'24:00'", "'12:34:56.789'"],
    "time with time zone": ["'00:00+00'", "'12:34+02'"],
    "timestamp without time zone": _DATES,
    "timestamp with time zone": _DATES,
    "interval": ["'0'", "'1 hour'", "'-1 month'", "'infinity'", "'1 day'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'6f1c8f1e-0000-4000-8000-000000000000'"],
    "inet": ["'192.0.2.1'", "'192.0.2.0/24'", "'::1'"],
    "cidr": ["'192.0.2.0/24'", "'::/0'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "macaddr8": ["'08:00:2b:01:02:03:04:05'"],
    "json": _JSON,
    "jsonb": _JSON,
    "jsonpath": ["'$'", "'$.a'", "'$[*]'", "'$.nothing'"],
    "bit": ["B'1'", "B'0'"],
    "bit varying": ["B''", "B'101'"],
    "pg_lsn": ["'0/0'", "'1/16'"],
    "xid": ["'1'"],
    "xid8": ["'1'"],
    "tid": ["'(0,1)'"],
    "tsvector": ["''", "'a:1 b:2'"],
    "tsquery": ["''", "'a'", "'a & !b'"],
    "regconfig": ["'simple'"],
    "xml": ["'<a/>'", "'x'"],
    "point": ["'(0,0)'", "'(1,NaN)'", "'(infinity,1)'"],
    "integer[]": _ARRAYS,
    "bigint[]": _ARRAYS,
    "oid[]": ["'{}'", "'{1}'"],
    "text[]": ["'{}'", "'{a,b}'", "'{a,NULL}'", "'{NULL}'", "'{{a,b},{c,d}}'"],
    "jsonb[]": ["'{}'"],
    "double precision[]": _ARRAYS,
    "record": ["ROW(1, 'a')", "ROW(NULL, NULL)", "ROW()"],
    "oidvector": ["'1 2'", "''"],
    "int4range": _RANGES,
    "int8range": _RANGES,
    "numrange": _RANGES,
    "daterange": _DATE_RANGES,
    "tsrange": _DATE_RANGES,
    "tstzrange": _DATE_RANGES,
    "int4multirange": _MULTIRANGES,
    "anyenum": ["'sad'"],
}
#: What stands for a type that fits many.
STANDS_FOR: Mapping[str, str] = {
    "anyelement": "integer",
    "anycompatible": "integer",
    "anynonarray": "integer",
    "anycompatiblenonarray": "integer",
    "anyarray": "integer[]",
    "anycompatiblearray": "integer[]",
    "anyrange": "int4range",
    "anycompatiblerange": "int4range",
    "anymultirange": "int4multirange",
    "anycompatiblemultirange": "int4multirange",
    '"any"': "text",
    "anyenum": "mood",
}


def literals(name: str) -> list[str]:
    """Expressions of a type; none for a type of which nothing is known."""
    concrete = STANDS_FOR.get(name, name)
    if concrete == "mood":
        return ["'sad'::mood", "'glad'::mood"]
    if concrete == "record":
        return VALUES["record"]
    return [f"{value}::{concrete}" for value in VALUES.get(concrete, [])]
