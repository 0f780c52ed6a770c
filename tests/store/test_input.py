"""Whatever a caller hands in: a clear error, a connection that can be used, nothing half-written."""

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.array import ListDumper

from tenantstore import Catalog
from tenantstore.errors import InvalidParameter
from tests.repositories.conftest import Nowhere
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either

NAIVE = datetime(2026, 1, 2)  # noqa: DTZ001

BAD: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "None": ({"body": None}, InvalidParameter, "notes/create_for_customer: body is None"),
    "NUL": ({"body": "a\0b"}, InvalidParameter, "body cannot be sent: PostgreSQL text fields cannot contain NUL"),
    "half a surrogate": ({"body": "a\ud800"}, InvalidParameter, "body cannot be sent: 'utf-8' codec can't encode"),
    "bytes for a text": ({"body": b"a"}, InvalidParameter, "notes/create_for_customer: body is of type bytes, not str"),
    "a thing of no type": ({"at": object()}, InvalidParameter, "at cannot be sent: cannot adapt type 'object'"),
    "a naive datetime": ({"at": NAIVE}, InvalidParameter, "at cannot be sent: a datetime without a time zone"),
    "a time in no zone": (
        {"at": NAIVE.replace(tzinfo=Nowhere())},
        InvalidParameter,
        "at cannot be sent: a datetime without a time zone",
    ),
    "a huge integer": ({"number": 10**30}, psycopg.errors.NumericValueOutOfRange, "out of range for type integer"),
    "a negative number": ({"number": -1}, psycopg.Error, 'violates check constraint "notes_number_check"'),
    "text for a number": ({"number": "1"}, InvalidParameter, "number is of type str, not int"),
    "a truth for a number": ({"number": True}, InvalidParameter, "number is of type bool, not int"),
    "text for a time": ({"at": "many"}, psycopg.errors.InvalidDatetimeFormat, "invalid input syntax"),
}


@pytest.mark.parametrize(("values", "error", "text"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("way", ["run", "run_all", "transaction"])
def test_bad_input_is_refused_and_leaves_no_trace(
    either: Either, admin: Admin, ada: UUID, way: str, values: dict[str, Any], error: type[Exception], text: str
) -> None:
    scope = either.operator()
    with pytest.raises(error) as refused:
        go(way, scope, ada, {"body": "bad", **values})
    made = scope.run(notes.create_for_customer(ada, "after"))

    assert text in str(refused.value)
    assert (scope.run(notes.list_all()), either.free) == ([made], (1, 1))


def go(way: str, scope: Any, ada: UUID, values: dict[str, Any]) -> None:
    """A good note, then the bad one, together."""
    if way == "run":
        scope.run(notes.create_for_customer(ada, **values))
    elif way == "run_all":
        bad = notes.create_for_customer(ada, **values)
        scope.run_all(notes.fill(ada, 1), bad)
    else:
        with scope.transaction() as transaction:
            transaction.run(notes.create_for_customer(ada, "good"))
            transaction.run(notes.create_for_customer(ada, **values))


@pytest.mark.parametrize("note_id", ["", "not-a-uuid", "00000000-0000-0000-0000-00000000000g", 1])
def test_an_id_that_is_none_is_an_error_and_an_unknown_one_finds_nothing(
    either: Either, ada: UUID, note_id: Any
) -> None:
    scope = either.tenant(ada)
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="invalid input syntax for type uuid"):
        scope.run(notes.get_for_customer(note_id, ada))

    assert scope.run(notes.get_for_customer(uuid4(), ada)) is None


@pytest.mark.parametrize("body", ["", "'; DROP TABLE notes; --", "%s %(a)s :a $1 \\ \r\n\t ä € 🙂", "x" * 10_000_000])
def test_text_of_every_kind_and_size_comes_back_as_it_went(either: Either, ada: UUID, body: str) -> None:
    scope = either.operator()
    given = scope.run(notes.echo(body))

    assert (len(given), given == body) == (len(body), True)


def test_a_text_too_long_for_its_index_is_refused_whole(either: Either, ada: UUID) -> None:
    text = random.Random(1).randbytes(10_000).hex() * 500
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        either.operator().run(notes.create_for_customer(ada, text))

    assert (either.operator().run(notes.list_all()), either.free) == ([], (1, 1))


def test_an_aware_datetime_comes_back_as_the_same_moment(either: Either, ada: UUID) -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)

    assert either.tenant(ada).run(notes.create_for_customer(ada, "a", at=at)).at == at


def test_no_statement_at_all_is_refused(either: Either) -> None:
    with pytest.raises(InvalidParameter, match="statements are none"):
        either.operator().run_all()


class Reversed(ListDumper):
    def dump(self, obj: list[Any]) -> Any:
        return super().dump(obj[::-1])


def test_a_dumper_that_the_service_has_registered_for_its_process_is_left_to_it(
    open_store: Open, tmp_path: Path
) -> None:
    (tmp_path / "given.sql").write_text("-- scope: operator\nSELECT :given::text[] AS given;\n")
    query = Catalog(tmp_path).scalar(list, "given")
    psycopg.adapters.register_dumper(list, Reversed)
    try:
        assert open_store().operator().run(query(given=["a", "b"])) == ["b", "a"]
    finally:
        psycopg.adapters.register_dumper(list, ListDumper)
