"""Values that the tables would take and nobody can mean, refused before anything is sent.

What the server refuses by itself, and says clearly, is left to it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from tenantstore.errors import InvalidParameter

R = TypeVar("R")

# A value of another type can have a text that the server takes.
_PLAIN = (str, int, bool, datetime)


def not_empty(**values: str | None) -> None:
    """:raises InvalidParameter: for a text that is there and empty."""
    for name, value in values.items():
        if value == "":
            raise InvalidParameter(name, "is empty")


def storable(**values: str | None) -> None:
    """:raises InvalidParameter: for a text that no server takes, and would quote in its error inside of a document."""
    for name, value in values.items():
        if isinstance(value, str) and ("\0" in value or any("\ud800" <= each <= "\udfff" for each in value)):
            raise InvalidParameter(name, "has a NUL or half of a surrogate pair, which PostgreSQL does not store")


def not_negative(**values: int | timedelta | None) -> None:
    """:raises InvalidParameter: for a number or a time below zero."""
    for name, value in values.items():
        number = value.days if isinstance(value, timedelta) else _whole(name, value)
        if number is not None and number < 0:
            raise InvalidParameter(name, f"is negative: {value}")


def ports(**values: int | None) -> None:
    """:raises InvalidParameter: for a number that no port has."""
    for name, value in values.items():
        number = _whole(name, value)
        if number is not None and not 1 <= number <= 65535:
            raise InvalidParameter(name, f"is not a port: {value}")


def one_of(choices: Collection[str], **values: str) -> None:
    """:raises InvalidParameter: for a word that is none of the choices."""
    for name, value in values.items():
        if value not in choices:
            raise InvalidParameter(name, f"is none of {', '.join(choices)}")


def listed(name: str, record: type[R], values: Iterable[R]) -> list[R]:
    """What a bulk function is given, also by what can be read only once.

    :raises InvalidParameter: for None, and for an element that is no such record, with its index.
    """
    if values is None:
        raise InvalidParameter(name, "is None")
    records = list(values)
    if set(map(type, records)) - {record}:
        for index, each in enumerate(records):
            if not isinstance(each, record):
                kind = "None" if each is None else f"of type {type(each).__name__}, not {record.__name__}"
                raise InvalidParameter(f"{name}[{index}]", f"is {kind}")
    return records


def as_annotated(record: Any) -> None:
    """Hold what a bulk function is given against its record's annotations, as a query holds its parameters.

    :raises InvalidParameter: for a field that is None, or of another plain type than its annotation says; for a time
        without a zone.
    """
    for name, optional, kind in _annotations(record.__class__):
        value = getattr(record, name)
        if value is None:
            if not optional:
                raise InvalidParameter(name, "is None")
        elif kind is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            raise InvalidParameter(name, f"is of type {type(value).__name__}, not {kind.__name__}")
        elif kind is datetime and value.utcoffset() is None:
            raise InvalidParameter(name, "has no time zone")


@cache
def _annotations(record: type) -> tuple[tuple[str, bool, type | None], ...]:
    """Per field its name, whether it may be None, and its plain type if it has one."""
    found = []
    for name, hint in get_type_hints(record).items():
        kinds = get_args(hint) or (hint,)
        found.append((name, type(None) in kinds, next((kind for kind in kinds if kind in _PLAIN), None)))
    return tuple(found)


def _whole(name: str, value: int | None) -> int | None:
    # Callers without a type checker pass texts; comparing those with a number fails, and names no parameter.
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InvalidParameter(name, f"is of type {type(value).__name__}, not int")
    return value
