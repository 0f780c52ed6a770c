"""How values are sent: as psycopg does, but a dict is jsonb, a datetime has a time zone, and long lists are quick.

psycopg asks a dumper for each element of a list, and looks the whole list over for the widest of its integers: 0.5 to
1 µs an element. A bulk function sends thousands. So a list of one plain type becomes its text here, unless
:mod:`tenantstore.store.arrays` sends it in binary; every other list is psycopg's, also one inside another.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer
from psycopg.types.array import ListDumper
from psycopg.types.json import JsonbDumper

_Connection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]


class Parameters:
    """The context in which the values of a connection's statements become texts."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection
        self.adapters: _Adapters = _Adapters(connection.adapters)
        self.adapters.register_dumper(dict, JsonbDumper)
        self.adapters.register_dumper(datetime, _AwareDatetime)
        self.adapters.others = AdaptersMap(self.adapters)
        #: Whether lists are ours to send. A dumper that the service has registered goes before.
        self.lists: bool = self.adapters.get_dumper(list, PyFormat.TEXT) is ListDumper
        if self.lists:
            self.adapters.register_dumper(list, _List)


class _Adapters(AdaptersMap):
    """``others`` are the same, but for lists, which psycopg's own dumper sends."""

    others: AdaptersMap


class _Others(NamedTuple):
    connection: Any  # any of psycopg's
    adapters: AdaptersMap


class _AwareDatetime(Dumper):
    def dump(self, obj: datetime) -> bytes:
        # A zone may have none for it.
        if obj.utcoffset() is None:
            raise psycopg.DataError("a datetime without a time zone")
        return obj.isoformat().encode()


class _List(Dumper):
    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        assert context is not None
        assert isinstance(context.adapters, _Adapters)
        self._others = Transformer.from_context(_Others(context.connection, context.adapters.others))

    def dump(self, obj: list[Any]) -> Any:
        kinds = set(map(type, obj))
        kinds.discard(NoneType)
        texts = _TEXTS.get(kinds.pop()) if len(kinds) == 1 else None
        if texts is None:
            return self._others.dump_sequence([obj], [PyFormat.TEXT])[0]
        return f"{{{','.join(texts(obj))}}}".encode(self._others.encoding)


_AWARE = datetime(2000, 1, 1, tzinfo=UTC)
_NAIVE = _AWARE.replace(tzinfo=None)


def _uuids(values: Sequence[UUID | None]) -> list[str]:
    return ["NULL" if value is None else "%032x" % value.int for value in values]  # noqa: UP031  quicker than {:032x}


def _ints(values: Sequence[int | None]) -> list[str]:
    return ["NULL" if value is None else repr(value) for value in values]


def _bools(values: Sequence[bool | None]) -> list[str]:
    return ["NULL" if value is None else "t" if value else "f" for value in values]


def _datetimes(values: Sequence[datetime | None]) -> list[str]:
    if any(value is not None and value.tzinfo is None for value in values):
        raise psycopg.DataError("a datetime without a time zone")
    try:
        # A third quicker than the text of an aware one, which asks its zone twice.
        return ["NULL" if value is None else (_NAIVE + (value - _AWARE)).isoformat() + "Z" for value in values]
    except OverflowError:
        # In UTC it is after the year 9999, or before the first.
        return ["NULL" if value is None else value.isoformat() for value in values]


def _strings(values: Sequence[str | None]) -> list[str]:
    texts = [
        "NULL" if value is None else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values
    ]
    if any("\0" in text for text in texts):
        raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return texts


_TEXTS: dict[type, Callable[[Any], list[str]]] = {
    UUID: _uuids,
    int: _ints,
    bool: _bools,
    datetime: _datetimes,
    str: _strings,
}
