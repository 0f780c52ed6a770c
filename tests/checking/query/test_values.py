"""The tables of types are those of the driver and the server, asked by running a value of each type."""

import datetime
import enum
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import Annotated, Any, Literal, NewType, Optional, Protocol, TypedDict
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.types.range import Range

from tenantstore.checking.query.facts import OwnType
from tenantstore.checking.query.values import gives, holds, refusals
from tenantstore.testing import Server

OWN = {
    "mood": OwnType("enum", labels=("sad", "ok")),
    "email": OwnType("domain", of="text"),
    "state": OwnType("domain", of="mood"),
    "pair": OwnType("composite"),
    "citext": OwnType("base"),
}
# A value of each type that a table may have, as SQL.
SAMPLES = {
    "boolean": "true",
    "smallint": "1",
    "integer": "1",
    "bigint": "1",
    "oid": "1",
    "real": "1.5",
    "double precision": "1.5",
    "numeric": "1.5",
    "money": "1.5",
    "text": "'a'",
    "character varying": "'a'",
    "character": "'a'",
    '"char"': "'a'",
    "name": "'a'",
    "bytea": "'a'",
    "uuid": "gen_random_uuid()",
    "date": "now()",
    "time without time zone": "now()",
    "time with time zone": "now()",
    "timestamp without time zone": "now()",
    "timestamp with time zone": "now()",
    "interval": "'1 h'",
    "inet": "'192.0.2.1'",
    "cidr": "'192.0.2.0/24'",
    "macaddr": "'08:00:2b:01:02:03'",
    "bit varying": "'101'",
    "tsvector": "'a'",
    "point": "'(1,2)'",
    "jsonpath": "'$.a'",
    "pg_lsn": "'1/1'",
    "int4range": "'[1,2)'",
    "int8range": "'[1,2)'",
    "numrange": "'[1,2)'",
    "daterange": "'[2024-01-01,2024-02-01)'",
    "tsrange": "'[2024-01-01,2024-02-01)'",
    "tstzrange": "'[2024-01-01,2024-02-01)'",
    "int4multirange": "'{[1,2)}'",
    "int8multirange": "'{[1,2)}'",
    "nummultirange": "'{[1,2)}'",
    "datemultirange": "'{}'",
    "tsmultirange": "'{}'",
    "tstzmultirange": "'{}'",
    "mood": "'sad'",
    "email": "'a'",
    "pair": "row(1, 'a')",
    "text[]": "'{a}'",
    "uuid[]": "'{}'",
    "email[]": "'{a}'",
    "mood[]": "'{sad}'",
    "pair[]": "'{}'",
}


@pytest.fixture(scope="module")
def asked(server: Server) -> Iterator[Connection[Any]]:
    server.create_database("values")
    with psycopg.connect(server.dsn("values"), autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
        connection.execute("CREATE DOMAIN email AS text")
        connection.execute("CREATE TYPE pair AS (a integer, b text)")
        yield connection
    server.drop_database("values")


def test_the_driver_gives_what_the_table_says(asked: Connection[Any]) -> None:
    given = {}
    for name, sample in SAMPLES.items():
        # As a literal first: not every type is cast from another one's value.
        sql = f"SELECT ({sample})::{name}" if not sample.startswith("'") else f"SELECT {sample}::{name}"
        ((value,),) = asked.execute(sql.encode(), binary=True).fetchall()
        given[name] = type(value).__name__ if type(value).__name__ in gives(name, OWN).split(" or ") else repr(value)

    assert [name for name in SAMPLES if given[name] not in gives(name, OWN)] == []
    assert {name for name in SAMPLES if gives(name, OWN) == "bytes"} == {
        *("bytea", "money", "macaddr", "bit varying", "tsvector", "point", "jsonpath", "pg_lsn"),
        *("mood", "pair", "email[]", "mood[]", "pair[]"),
    }


class Name(str): ...


class Colour(enum.StrEnum):
    RED = "red"


class Mood(enum.Enum):
    SAD = "sad"


class Shape(TypedDict):
    sides: int


class Sized(Protocol):
    size: int


Id = NewType("Id", int)

HELD: list[tuple[Any, str, bool | None]] = [
    (int, "bigint", True),
    (float, "integer", True),
    (int, "numeric", False),
    (bool, "boolean", True),
    (int, "boolean", False),
    (str, "character varying", True),
    (str, "uuid", False),
    (UUID, "uuid", True),
    (UUID | None, "uuid", True),
    (Optional[UUID], "uuid", True),  # noqa: UP045  # people write it
    (Annotated[UUID, "key"], "uuid", True),
    (Id, "integer", True),
    (Any, "point", True),
    (object, "point", True),
    (str, "point", False),
    (datetime.date, "timestamp with time zone", False),
    (datetime.datetime, "timestamp with time zone", True),
    (IPv4Address | IPv6Address, "inet", True),
    (IPv4Address, "inet", False),
    (IPv4Network, "cidr", False),
    (list[str], "text[]", True),
    (list[str | None], "text[]", True),
    (Sequence[str], "text[]", True),
    (list, "text[]", True),
    (list[int], "text[]", False),
    (tuple[str, ...], "text[]", False),
    (str, "text[]", False),
    (list[str], "mood[]", False),
    (list[dict[str, Any]], "jsonb[]", True),
    (dict[str, Any], "jsonb", True),
    (Mapping[str, int], "json", True),
    (list[int] | None, "jsonb", True),
    (Shape, "jsonb", True),
    (str, "jsonb", False),
    (Literal["a"], "text", False),
    (Colour, "text", False),
    (str, "mood", False),
    (bytes, "mood", True),
    (str, "email", True),
    (Range[int], "int4range", True),
    (tuple[Any, ...], "record", True),
    (Sized, "text", None),
]


@pytest.mark.parametrize(("hint", "type_name", "held"), HELD)
def test_an_annotation_holds_what_the_driver_gives(hint: Any, type_name: str, held: bool | None) -> None:
    assert holds(hint, type_name, OWN) is held


TAKEN: list[tuple[Any, str, str]] = [
    (int, "bigint", ""),
    (int, "numeric", ""),
    (int, "text", "text does not take int"),
    (bool, "boolean", ""),
    (bool, "integer", "integer does not take bool"),
    (Id, "integer", ""),
    (str, "text", ""),
    (Name, "text", ""),
    (str, "inet", ""),
    (str, "citext", ""),
    (str, "email", ""),
    (str, "uuid", "uuid does not take every str"),
    (str, "integer", "integer does not take every str"),
    (str, "jsonb", "jsonb does not take every str"),
    (str | None, "boolean", "boolean does not take every str"),
    (UUID, "uuid", ""),
    (UUID, "text", "text does not take UUID"),
    (Decimal, "integer", "integer does not take Decimal"),
    (datetime.datetime, "timestamp with time zone", ""),
    (
        datetime.datetime,
        "timestamp without time zone",
        "timestamp without time zone does not take datetime: its offset would be dropped",
    ),
    (datetime.datetime, "date", "date does not take datetime: the day depends on its offset"),
    (datetime.date, "date", ""),
    (datetime.date, "timestamp with time zone", "timestamp with time zone does not take date"),
    (datetime.timedelta, "interval", ""),
    (IPv4Interface, "inet", ""),
    (IPv4Address, "cidr", "cidr does not take IPv4Address"),
    (bytes, "bytea", ""),
    (Range[int], "int4range", ""),
    (list[str], "text[]", ""),
    (list[int], "text[]", "text does not take int"),
    (list, "text[]", ""),
    (list[str], "text", "text does not take list[str]"),
    (
        Sequence[str],
        "text[]",
        "Sequence[str] allows a tuple, which is sent as a row, or a set, which is not sent at all: list it is",
    ),
    (dict[str, Any], "jsonb", ""),
    (Shape, "jsonb", ""),
    (dict[str, Any], "text", "dict[str, Any] is sent as JSON, which text does not take"),
    (Mapping[str, Any], "jsonb", "the driver sends a dict, and no other Mapping[str, Any]"),
    (
        list[int],
        "jsonb",
        "the driver sends list[int] as an array, which is no JSON: pass json.dumps(…)",
    ),
    (Literal["sad", "ok"], "mood", ""),
    (Literal["sad", "glad"], "mood", "mood has no 'glad'"),
    (Literal["sad"], "state", ""),
    (Literal["sad"], "text", ""),
    (Literal[1], "text", "text does not take Literal[1]"),
    (str, "mood", "str is more than mood takes, which is 'sad', 'ok'"),
    (Colour, "text", ""),
    (Colour, "mood", "mood has no 'red'"),
    (Mood, "mood", "mood has no 'SAD'"),
    (OwnType, "text", "the driver cannot send the record OwnType"),
    (Any, "uuid", ""),
    (object, "uuid", ""),
]


@pytest.mark.parametrize(("hint", "type_name", "problem"), TAKEN)
def test_a_type_takes_what_an_annotation_allows(hint: Any, type_name: str, problem: str) -> None:
    assert "; ".join(refusals(hint, type_name, OWN)) == problem
