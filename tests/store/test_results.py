"""Values come back as psycopg's own loaders read them, and times in UTC, on every way to the server."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.datetime import TimestamptzBinaryLoader
from psycopg_pool import ConnectionPool

from tenantstore import Catalog, Statement, Store
from tests.store.conftest import Admin, Open

Read = Callable[[str, str], Statement[Any]]

ZONES = ["UTC", "Etc/UTC", "Europe/Berlin", "America/Chicago", "Asia/Kolkata", "<+03>-03"]

#: By type what there may be of it, each once; the first ones make an array, too.
VALUES: dict[str, list[str]] = {
    "timestamptz": [
        "2026-01-05 12:00+00",
        "2026-07-05 12:00:00.000001+00",
        "1999-12-31 23:59:59.999999+00",
        "2000-01-01 00:00+00",
        # The hour that Berlin has twice, and the one that it has not.
        "2025-10-26 00:30+00",
        "2025-10-26 01:30+00",
        "2025-03-30 01:30+00",
        # Before zones had whole minutes.
        "1850-01-01 00:00+00",
        "0001-01-02 00:00+00",
        "9999-12-30 23:59:59.999999+00",
    ],
    "uuid": [
        "6f1c8f1e-0000-4000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    ],
    "text": ["", "a", "NULL", "€"],
    "varchar(255)": ["a"],
    "boolean": ["true", "false"],
    "smallint": ["-32768", "32767"],
    "integer": ["-2147483648", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "numeric": ["1.50", "-0.001", "NaN"],
    "inet": ["192.0.2.1", "2001:db8::/32"],
    "jsonb": ['{"a": [1, null, "€"]}', "null"],
    "date": ["2026-01-05", "0001-01-01"],
    "timestamp": ["2026-01-05 12:00"],
    "interval": ["1 day 00:00:01"],
    "bytea": ["\\x00ff"],
}
TOO_FAR = {
    "infinity": "timestamp too large (after year 10K)",
    "-infinity": "timestamp too small (before year 1)",
    "0044-03-15 12:00+00 BC": "timestamp too small (before year 1)",
    "10000-01-01 00:00+00": "timestamp too large (after year 10K)",
    "294276-12-31 23:59+00": "timestamp too large (after year 10K)",
}
WAYS: dict[str, Callable[[Any, Statement[Any]], Any]] = {
    "run": lambda scope, statement: scope.run(statement),
    "run_all": lambda scope, statement: scope.run_all(statement)[0],
    "stream": lambda scope, statement: list(scope.stream(statement)),
}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """A query of the operator that gives the values of a text array as that type."""

    def read(name: str, select: str) -> Statement[Any]:
        (tmp_path / f"{name}.sql").write_text(f"-- scope: operator\n{select};\n")
        return Catalog(tmp_path).many(object, name)()

    return read


def select(kind: str, values: list[str]) -> str:
    listed = ", ".join("'" + value + "'" for value in values)
    return f"SELECT v::{kind} AS value FROM unnest(ARRAY[{listed}, NULL]) WITH ORDINALITY AS l (v, n) ORDER BY n"


def told(values: list[Any]) -> list[tuple[type, str]]:
    """NaN is not equal to itself, and True is equal to 1."""
    return [(type(value), repr(value)) for value in values]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("prepare", [True, False], ids=["prepared", "not prepared"])
def test_each_value_is_the_one_that_psycopg_reads(
    open_store: Open, read: Read, admin: Admin, way: str, prepare: bool
) -> None:
    admin.execute("SET TimeZone = 'UTC'")
    scope, found, psycopgs = open_store(prepare=prepare).operator(), {}, {}
    for number, (kind, values) in enumerate(VALUES.items()):
        for what, sql in (
            (kind, select(kind, values)),
            (f"{kind}[]", f"SELECT array_agg(value) FROM ({select(kind, values[:2])}) AS v"),
        ):
            statement = read(f"values_{number}_{len(what)}", sql)
            found[what] = told(WAYS[way](scope, statement))
            rows = admin.cursor(binary=True).execute(sql.encode()).fetchall()
            psycopgs[what] = told([value for (value,) in rows])

    assert found == psycopgs


@pytest.mark.parametrize("zone", ZONES)
def test_times_are_in_utc_whatever_the_servers_zone(
    open_store: Open, read: Read, admin: Admin, dsn: str, zone: str
) -> None:
    at = psycopg.conninfo.make_conninfo(dsn, options=f"-c TimeZone={zone}")
    statement = read("times", select("timestamptz", VALUES["timestamptz"]))
    found = open_store(at).operator().run(statement)
    expected = [*map(datetime.fromisoformat, (each.replace(" ", "T") for each in VALUES["timestamptz"])), None]

    assert found == expected
    assert {each.tzinfo for each in found if each} == {UTC}


@pytest.mark.parametrize("zone", ["UTC", "America/Chicago", "Asia/Kolkata"])
@pytest.mark.parametrize("value", TOO_FAR)
def test_a_time_that_python_has_not_is_the_same_error_as_psycopgs(
    open_store: Open, read: Read, dsn: str, value: str, zone: str
) -> None:
    at = psycopg.conninfo.make_conninfo(dsn, options=f"-c TimeZone={zone}")
    statement = read("times", select("timestamptz", [value]))
    with pytest.raises(psycopg.DataError) as wrong:
        open_store(at).operator().run(statement)

    assert str(wrong.value) == TOO_FAR[value]


def test_a_loader_of_the_services_own_goes_before(dsn: str, read: Read) -> None:
    class Year(psycopg.adapt.Loader):
        format = psycopg.pq.Format.BINARY

        def load(self, data: Any) -> int:
            return TimestamptzBinaryLoader(1184).load(data).year

    def configure(connection: psycopg.Connection) -> None:
        connection.adapters.register_loader("timestamptz", Year)

    statement = read("times", select("timestamptz", VALUES["timestamptz"][:1]))
    with ConnectionPool(dsn, kwargs={"autocommit": True}, min_size=1, configure=configure) as pool:
        assert Store(pool).operator().run(statement) == [2026, None]
