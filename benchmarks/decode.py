"""What the client's part of a list is made of, on a result that is there already: no server, no waiting.

``tuples`` is psycopg's own decoding, the floor under this driver. ``raw`` leaves uuids as bytes and times as integers:
the difference is what psycopg's loaders take for them. ``in Python`` makes them of these by what the standard library
has, column by column and each value once: what could be had without psycopg's loaders, and without a compiled part.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, SafeUUID

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, take_turns
from benchmarks.peers import QUERY
from tenantstore.queries import CATALOG
from tenantstore.queries.records import maker
from tenantstore.repositories.devices import Device

TUPLES, RAW = "tuples", "tuples, uuids and times raw"
RECORDS, PYTHON = "records", "records, uuids and times in Python"
_TYPES = psycopg.adapters.types
_UUID, _TIME = _TYPES["uuid"].oid, _TYPES["timestamptz"].oid
_AS = {_UUID: _TYPES["bytea"].oid, _TIME: _TYPES["int8"].oid}
_EPOCH_SECONDS = 946_684_800  # PostgreSQL's, 2000-01-01


# A UUID whose slots can be filled; it is given its real class afterwards.
_Filled: Any = type(
    "_Filled", (UUID,), {"__slots__": (), "__setattr__": object.__setattr__, "__init__": object.__init__}
)


def measure(dsn: str, size: Size) -> Samples:
    customer_id = fleet.known(dsn).customer_id
    given = {"customer_id": str(customer_id).encode(), "after_name": b"", "after_id": str(UUID(int=0)).encode()}
    source = CATALOG.source(QUERY)
    with psycopg.connect(dsn, autocommit=True) as connection:
        values = [given.get(name) for name in source.parameters]
        result = connection.pgconn.exec_params(source.sql.encode(), values, result_format=pq.Format.BINARY)
        oids = [result.ftype(number) for number in range(result.nfields)]
        whole, raw = Transformer.from_context(connection), Transformer.from_context(connection)
        whole.set_pgresult(result)
        raw.set_pgresult(result)
        raw.set_loader_types([_AS.get(oid, oid) for oid in oids], pq.Format.BINARY)
        count, make, finish = result.ntuples, maker(Device), _finisher(oids)
        calls: dict[str, Callable[[], Any]] = {
            TUPLES: lambda: whole.load_rows(0, count, tuple),
            RAW: lambda: raw.load_rows(0, count, tuple),
            RECORDS: lambda: whole.load_rows(0, count, make),
            PYTHON: lambda: list(map(make, finish(raw.load_rows(0, count, tuple)))),
        }
        assert calls[RECORDS]() == calls[PYTHON]()
        return take_turns(calls, size.turns)


def _finisher(oids: Sequence[int]) -> Callable[[list[Any]], Any]:
    makers = {_UUID: _uuids, _TIME: _times}
    kinds = [(number, makers[oid]) for number, oid in enumerate(oids) if oid in makers]

    def finish(rows: list[Any]) -> Any:
        columns: list[Any] = list(zip(*rows, strict=True))
        for number, make in kinds:
            columns[number] = make(columns[number])
        return zip(*columns, strict=True)

    return finish


def _uuids(values: Sequence[Any]) -> list[Any]:
    seen: dict[Any, Any] = {None: None}
    for value in values:
        if value not in seen:
            seen[value] = made = _Filled()
            made.int = int.from_bytes(value)
            made.is_safe = SafeUUID.unknown
            made.__class__ = UUID
    return [seen[value] for value in values]


def _times(values: Sequence[Any]) -> list[Any]:
    seen: dict[Any, Any] = {None: None}
    for value in values:
        if value not in seen:
            seen[value] = datetime.fromtimestamp(value / 1_000_000 + _EPOCH_SECONDS, UTC)
    return [seen[value] for value in values]


ROWS = [
    Row(
        "decode",
        "1,100 rows of 28 columns that have arrived, into Python",
        "µs",
        measure,
        ours=RECORDS,
    )
]
