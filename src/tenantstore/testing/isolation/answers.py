"""What a customer gets to see of a statement: the rows or the error, without what is new in every run."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from tenantstore.errors import TenantstoreError

_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Known:
    """What is in the worlds before a statement runs; ``since`` then.

    A UUID that is not there, and a time after ``since``, were made by the statement itself, so they are another one in
    each run and compared as ``new`` and ``now``. So is such a value of a column in ``made_anew``: a token, a number.
    """

    values: Collection[Any]
    since: datetime
    made_anew: Collection[str] = ()

    def plain(self, value: Any, name: str = "") -> Any:
        """The value to compare."""
        if is_dataclass(value):
            return [(field.name, self.plain(getattr(value, field.name), field.name)) for field in fields(value)]
        if isinstance(value, list | tuple):
            return [self.plain(each, name) for each in value]
        if isinstance(value, dict):
            return {key: self.plain(each, str(key)) for key, each in value.items()}
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return "now" if self.since <= aware < self.since + timedelta(days=1) else str(value)
        if isinstance(value, UUID):
            return str(value) if value in self.values else "new"
        if name in self.made_anew and value is not None and value not in self.values:
            return "new"
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        return _UUID.sub(lambda found: found[0] if UUID(found[0]) in self.values else "new", text)


_REFUSED = "refused"


def is_refusal(found: Any) -> bool:
    """Whether an answer is an error."""
    return isinstance(found, list) and found[:1] == [_REFUSED]


def answer(run: Callable[[], Any], known: Known) -> Any:
    """What running gives: the rows, or the error's class, text and everything else that a caller can read off it."""
    try:
        return known.plain(run())
    except TenantstoreError as error:
        return known.plain(
            [_REFUSED, type(error).__name__, str(error), error.args, repr(error.__cause__), error.__context__]
        )
    except psycopg.Error as error:
        diag = error.diag
        said = [diag.message_primary, diag.message_detail, diag.message_hint, diag.constraint_name, diag.context]
        return known.plain([_REFUSED, type(error).__name__, error.sqlstate, said])
