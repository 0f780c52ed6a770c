"""Values that the tables would take and nobody can mean, refused before anything is sent.

What the server refuses by itself, and says clearly, is left to it.
"""

from collections.abc import Collection
from datetime import timedelta

from tenantstore.errors import InvalidParameter


def not_empty(**values: str | None) -> None:
    """:raises InvalidParameter: for a text that is there and empty."""
    for name, value in values.items():
        if value == "":
            raise InvalidParameter(name, "is empty")


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


def _whole(name: str, value: int | None) -> int | None:
    # Callers without a type checker pass texts; comparing those with a number fails, and names no parameter.
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InvalidParameter(name, f"is of type {type(value).__name__}, not int")
    return value
