"""Lists, which bulk functions send, arrive as they are: those sent in binary, those made texts of, and psycopg's."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.array import ListDumper
from psycopg_pool import ConnectionPool

from tenantstore import Catalog, Statement, Store
from tenantstore.errors import InvalidParameter
from tenantstore.store import wire
from tenantstore.store.arrays import packed
from tests.store.conftest import Admin, Open

Echo = Callable[[str, Any], Statement[Any]]

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
WORDS = ["", " ", "NULL", "null", '"', "\\", '\\"', "{}", "{a,b}", ",", "a\tb\nc", "é", "€", "'", "\u2028", "x" * 9999]
ROUND: dict[str, tuple[str, list[Any]]] = {
    "uuids": ("uuid[]", [UUID(int=0), UUID(int=1), uuid4(), UUID(int=2**128 - 1), None]),
    "integers": ("integer[]", [0, -1, 2**31 - 1, -(2**31)]),
    "bigints": ("bigint[]", [0, -1, 2**63 - 1, -(2**63)]),
    "numbers and none": ("bigint[]", [0, -1, 2**63 - 1, -(2**63), None]),
    "smallints": ("smallint[]", [0, -1]),
    "bools": ("boolean[]", [True, False, None]),
    "datetimes": (
        "timestamptz[]",
        [
            NOON,
            NOON.replace(microsecond=1),
            datetime(1, 1, 2, tzinfo=UTC),
            datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
            NOON.astimezone(ZoneInfo("Asia/Kolkata")),
            NOON.astimezone(timezone(timedelta(hours=-3, seconds=-7))),
            # The hour that is there twice, both times.
            datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
            datetime(2025, 10, 26, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
        ],
    ),
    "datetimes and none": ("timestamptz[]", [NOON.astimezone(ZoneInfo("Asia/Kolkata")), None, NOON, NOON]),
    "texts": ("text[]", [*WORDS, None]),
    "nothing": ("text[]", []),
    "nulls": ("uuid[]", [None, None]),
    "dates": ("date[]", [date(2026, 1, 5), None]),
    "numbers": ("numeric[]", [Decimal("1.50"), None]),
    "floats": ("float8[]", [1.5, None]),
    "lists": ("text[]", [["a", None], ['"', "b"]]),
    "addresses": ("inet[]", [ip_address("192.0.2.1"), ip_address("2001:db8::1")]),
    "documents": ("jsonb[]", [{"a": '"'}, None]),
}


@pytest.fixture
def echo(tmp_path: Path) -> Echo:
    """A query of the operator that gives back a list of that type."""

    def echo(kind: str, value: Any) -> Statement[Any]:
        name = f"echo_{kind.strip('[]')}"
        (tmp_path / f"{name}.sql").write_text(f"-- scope: operator\nSELECT :value::{kind} AS value;\n")
        return Catalog(tmp_path).scalar(list, name)(value=value)

    return echo


@pytest.mark.parametrize("what", ROUND)
def test_a_list_comes_back_as_it_was_sent(open_store: Open, echo: Echo, what: str) -> None:
    kind, values = ROUND[what]
    # Python takes a time that its zone has twice for unequal to any in another zone.
    arriving = [value.astimezone(UTC) if isinstance(value, datetime) else value for value in values]

    assert open_store().operator().run(echo(kind, values)) == arriving


def test_a_time_that_is_of_another_year_in_utc_can_be_sent(open_store: Open, echo: Echo) -> None:
    last = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-3)))
    sent = echo("text[]", [last, NOON])

    assert open_store().operator().run(sent) == ["9999-12-31T23:00:00-03:00", "2026-01-05T12:00:00+00:00"]


UNUSABLE: dict[str, tuple[str, list[Any], str]] = {
    "a time without a zone": ("timestamptz[]", [NOON, NOON.replace(tzinfo=None)], "a datetime without a time zone"),
    "such a time in a list of lists": (
        "timestamptz[]",
        [[NOON.replace(tzinfo=None)]],
        "a datetime without a time zone",
    ),
    "a NUL": ("text[]", ["a", "b\0"], r"PostgreSQL text fields cannot contain NUL \(0x00\) bytes"),
    "half a character": ("text[]", ["\ud800"], "surrogates not allowed"),
    "two types": ("text[]", [1, "a"], "cannot dump lists of mixed types"),
    "no type": ("text[]", [object()], "cannot adapt type 'object'"),
}


@pytest.mark.parametrize("what", UNUSABLE)
def test_a_list_that_cannot_be_sent_says_why(open_store: Open, echo: Echo, what: str) -> None:
    kind, values, why = UNUSABLE[what]
    with pytest.raises(InvalidParameter, match=f"^value cannot be sent: .*{why}"):
        open_store().operator().run(echo(kind, values))


REFUSED: dict[str, tuple[str, list[Any], type[psycopg.Error]]] = {
    "above an integer": ("integer", [1, 2**31], psycopg.errors.NumericValueOutOfRange),
    "below a bigint": ("bigint", [-(2**63) - 1], psycopg.errors.NumericValueOutOfRange),
    "a flag": ("integer", [True], psycopg.errors.InvalidTextRepresentation),
    "a number for an id": ("uuid", [1], psycopg.errors.InvalidTextRepresentation),
    "a number for a time": ("timestamptz", [1], psycopg.errors.InvalidDatetimeFormat),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_list_that_is_not_of_the_type_is_refused_as_its_text_is(open_store: Open, tmp_path: Path, what: str) -> None:
    type_, values, error = REFUSED[what]
    scope = open_store().operator()

    def refused(body: str) -> str:
        (tmp_path / "query.sql").write_text(f"-- scope: operator\n{body};\n")
        with pytest.raises(error) as caught:
            scope.run(Catalog(tmp_path).scalar(list, "query")(value=values))
        return str(caught.value)

    assert refused(f"SELECT :value::{type_}[]") == refused(f"SELECT CAST(:value AS {type_}[])")


ZONES = st.one_of(
    st.just(UTC),
    st.timezones(),
    # Of a whole minute, since the text of an hour that is of another year in UTC has it so.
    st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-900, 900)),
)
ELEMENTS: dict[str, st.SearchStrategy[Any]] = {
    "uuid": st.uuids(),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "timestamptz": st.datetimes(timezones=ZONES),
}


@pytest.mark.parametrize("type_", ELEMENTS)
def test_an_array_in_binary_is_what_its_text_is(open_store: Open, tmp_path: Path, type_: str) -> None:
    both = f"SELECT :binary::{type_}[]::text AS sent UNION ALL SELECT CAST(:text AS {type_}[])::text"
    (tmp_path / "both.sql").write_text(f"-- scope: operator\n{both};\n")
    query, scope = Catalog(tmp_path).many(str, "both"), open_store().operator()

    @given(st.lists(ELEMENTS[type_], min_size=1))
    @settings(deadline=None)
    def hold(values: list[Any]) -> None:
        binary, text = scope.run(query(binary=values, text=values))

        assert (list(packed([(0, type_)], [values])), binary) == ([0], text)

    hold()


class _Time(datetime):
    pass


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("uuid", [1]),
        ("uuid", [str(UUID(int=1))]),
        ("uuid", (UUID(int=1),)),
        ("uuid", [[UUID(int=1)]]),
        ("uuid", [None]),
        ("uuid", []),
        ("uuid", None),
        ("integer", [True]),
        ("integer", [1, None]),
        ("integer", [1, True]),
        ("integer", [2**31]),
        ("bigint", [-(2**63) - 1]),
        ("bigint", [2**99]),
        ("bigint", [1.0]),
        ("timestamptz", [NOON, None]),
        ("timestamptz", [NOON.replace(tzinfo=None)]),
        ("timestamptz", [_Time.now(UTC)]),
        ("timestamptz", ["infinity"]),
        ("text", ["a"]),
    ],
)
def test_what_is_not_plainly_of_the_type_is_left_to_the_text(type_: str, values: Any) -> None:
    assert packed([(0, type_)], [values]) == {}


@pytest.mark.parametrize("prepare", [True, False])
def test_an_array_is_sent_in_binary_on_every_way(
    open_store: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prepare: bool
) -> None:
    (tmp_path / "each.sql").write_text("-- scope: operator\nSELECT :before || unnest(:numbers::integer[]) AS number;\n")
    query = Catalog(tmp_path).many(str, "each")
    # Which of both it was shows in nothing but the time, unless other numbers are packed.
    monkeypatch.setattr(wire, "packed", lambda types, _: packed(types, ["", [3, 4]]))
    scope = open_store(prepare=prepare).operator()
    seen = [scope.run(query(before="n", numbers=[1, 2])) for _ in range(2)]
    seen.append(list(scope.stream(query(before="n", numbers=[1, 2]))))

    assert seen == [["n3", "n4"]] * 3


# Its bytes are a text as well.
AN_ID = UUID(bytes=b"0123456789abcdef")


def make_own_uuid(admin: Admin, create: str) -> None:
    """A type ``own.uuid``, which is found before PostgreSQL's."""
    admin.execute(f"CREATE SCHEMA own; GRANT USAGE ON SCHEMA own TO tenantstore_operator; {create}")
    admin.execute(f"ALTER DATABASE {admin.info.dbname} SET search_path = own, pg_catalog, public")


@pytest.mark.parametrize("prepare", [True, False])
@pytest.mark.parametrize("base", ["pg_catalog.uuid", "text"])
def test_a_list_becomes_one_of_the_services_own_type_of_the_name(
    open_store: Open, admin: Admin, tmp_path: Path, prepare: bool, base: str
) -> None:
    make_own_uuid(admin, f"CREATE DOMAIN own.uuid AS {base}")
    (tmp_path / "each.sql").write_text("-- scope: operator\nSELECT unnest(:ids::uuid[])::text AS id;\n")
    query, scope = Catalog(tmp_path).many(str, "each"), open_store(prepare=prepare).operator()
    seen = [scope.run(query(ids=ids)) for ids in ([], [AN_ID], [str(AN_ID)])]
    seen.append(list(scope.stream(query(ids=[AN_ID]))))

    assert seen == [[], *[[str(AN_ID)]] * 3]


@pytest.mark.parametrize("create", ["CREATE TYPE own.uuid AS ENUM ('a')", "CREATE TYPE own.uuid AS (a integer)"])
def test_a_list_that_is_none_of_the_services_own_type_of_the_name_says_so(
    open_store: Open, admin: Admin, echo: Echo, create: str
) -> None:
    make_own_uuid(admin, create)
    with pytest.raises(psycopg.errors.CannotCoerce, match=r"^cannot cast type pg_catalog\.uuid\[\] to uuid\[\]"):
        open_store().operator().run(echo("uuid[]", [AN_ID]))


def test_texts_have_the_clients_encoding(open_store: Open, echo: Echo, dsn: str) -> None:
    scope = open_store(psycopg.conninfo.make_conninfo(dsn, client_encoding="LATIN9")).operator()

    assert scope.run(echo("text[]", ["€", "é"])) == ["€", "é"]
    with pytest.raises(InvalidParameter, match="cannot be sent"):
        scope.run(echo("text[]", ["中"]))


def test_a_dumper_of_the_services_own_goes_before(dsn: str, echo: Echo) -> None:
    class Reversed(ListDumper):
        def dump(self, obj: list[Any]) -> Any:
            return super().dump(obj[::-1])

    def configure(connection: psycopg.Connection) -> None:
        connection.adapters.register_dumper(list, Reversed)

    with ConnectionPool(dsn, kwargs={"autocommit": True}, min_size=1, configure=configure) as pool:
        assert Store(pool).operator().run(echo("integer[]", [1, 2])) == [2, 1]
