"""A declared query, and the statement that it makes of arguments.

A statement is a value: which query, which parameters. It does nothing until a scope runs it.
"""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

from tenantstore.errors import ColumnMismatch, InvalidParameter, NotFound, ParameterMismatch, TooManyRows
from tenantstore.queries.calls import Declared
from tenantstore.queries.records import fields_of, maker
from tenantstore.queries.source import Scope, Source, nearest

T = TypeVar("T", covariant=True)


class Shape(Enum):
    """What a query gives."""

    MANY = auto()
    ONE = auto()
    OPTIONAL = auto()
    AFFECTED = auto()


class Query(Generic[T]):
    """A ``.sql`` file with the record its rows become. Calling it with the parameters by name makes a statement."""

    __slots__ = (
        "_names",
        "arrays",
        "declared",
        "digest",
        "fields",
        "kinds",
        "label",
        "make",
        "may_write",
        "name",
        "never_none",
        "parameters",
        "record",
        "scope",
        "sent",
        "shape",
        "source",
        "sql",
        "writes",
    )

    def __init__(self, source: Source, shape: Shape, record: type) -> None:
        self.source: Source = source
        self.shape: Shape = shape
        self.record: type[Any] = record
        self.fields: tuple[str, ...] = fields_of(record)
        #: ``folder/name`` of the file.
        self.name: str = source.name
        self.scope: Scope = source.scope
        #: With ``$1 …`` for the parameters, whose names ``parameters`` has in that order.
        self.sql: str = source.sql
        self.parameters: tuple[str, ...] = source.parameters
        #: By index, those whose list may be sent as an array of that type.
        self.arrays: tuple[tuple[int, str], ...] = source.arrays
        #: The name as the server shows it: nothing in it opens or ends a comment, and every encoding has it.
        self.label: str = re.sub(r"[^\w./-]", "_", source.name, flags=re.ASCII)
        #: What is sent. pg_stat_statements keeps a comment at the end, and it moves the place of no error.
        self.sent: str = f"{source.sql} /* {self.label} */"
        #: Tells this text from any other, also on a server connection that a pooler shares among its clients.
        self.digest: bytes = sha256(self.sent.encode()).hexdigest()[:24].encode()
        #: Whether it can change a row.
        self.writes: bool = source.writes
        #: Whether it might, as far as its text can tell: a single value may come from a function that writes.
        self.may_write: bool = self.writes or (shape is not Shape.MANY and not self.fields)
        #: From a row to a record.
        self.make: Callable[[Sequence[Any]], Any] = maker(record)
        self.never_none: frozenset[str] = frozenset()
        self.kinds: frozenset[tuple[str, type]] = frozenset()
        #: Where, and what calls it there; None for one that no module declares.
        self.declared: Declared | None = None
        self._names = frozenset(source.parameters)

    def __call__(self, **parameters: Any) -> "Statement[T]":
        """A statement with these parameters, each given by name.

        :raises InvalidParameter: for a None, or a value of another type, that the function's annotation does not allow.
        :raises ParameterMismatch: when the names are not those of the SQL.
        """
        if tuple(parameters) != self.parameters:
            if parameters.keys() != self._names:
                raise self.mismatch(parameters, str(self.source.path))
            parameters = {name: parameters[name] for name in self.parameters}
        for name in self.never_none:
            if parameters[name] is None:
                raise InvalidParameter(f"{self.name}: {name}", "is None")
        for name, kind in self.kinds:
            value = parameters[name]
            if not (type(value) is kind or value is None or (isinstance(value, kind) and type(value) is not bool)):
                problem = f"is of type {type(value).__name__}, not {kind.__name__}"
                raise InvalidParameter(f"{self.name}: {name}", problem)
        return Statement(self, parameters)

    def __repr__(self) -> str:
        return f"<Query {self.name}>"

    def expect(self, declared: Declared) -> None:
        """Hold the calls that the declaring module makes against the SQL, and learn what their parameters may be.

        :raises ParameterMismatch: at import, for the first call that does not fit.
        """
        self.declared = declared
        calls = declared.calls
        for call in calls:
            if frozenset(call.keywords) != self._names:
                raise self.mismatch(call.keywords, f"{declared.filename}:{call.line}")
        if calls:
            self.never_none = frozenset.intersection(*(call.never_none for call in calls))
            self.kinds = frozenset.intersection(*(call.kinds for call in calls))

    def check_columns(self, columns: Sequence[str]) -> None:
        """Compare what the server reports with the record's fields.

        :raises ColumnMismatch: unless they are the same names in the same order; a plain type takes one column.
        """
        if self.shape is Shape.AFFECTED:
            expected: tuple[str, ...] = ()
        else:
            expected = self.fields or tuple(columns[:1]) or (self.record.__name__,)
        if tuple(columns) != expected:
            raise ColumnMismatch(self.name, self.record.__name__, columns, expected)

    def result(self, rows: list[Any], affected: int) -> T:
        """What a run gives, from the mapped rows and the number that the server reports.

        :raises NotFound: when there is no row and the query promises one.
        :raises TooManyRows: when there are several and the query promises at most one.
        """
        if self.shape is Shape.MANY:
            return cast(T, rows)
        if self.shape is Shape.AFFECTED:
            return cast(T, affected)
        if len(rows) > 1:
            raise TooManyRows(self.name, len(rows))
        if not rows and self.shape is Shape.ONE:
            raise NotFound(self.name)
        return cast(T, rows[0] if rows else None)

    def mismatch(self, given: Mapping[str, Any] | Sequence[str], where: str) -> ParameterMismatch:
        """The error for parameters ``given`` that are not those of the SQL."""
        unknown = sorted(set(given) - self._names)
        missing = sorted(self._names - set(given))
        problems = [f"needs {_named(missing, 'and')}"] if missing else []
        if unknown:
            # Of several, what is needed says enough.
            hint = nearest(unknown[0], missing or self._names) if len(unknown) == 1 else ""
            problems.append(f"has no parameter {_named(unknown, 'or')}{hint}")
        return ParameterMismatch(where, f"{self.name} {', and '.join(problems)}")


def _named(names: Sequence[str], word: str) -> str:
    return f" {word} ".join(f":{each}" for each in names)


class Statement(Generic[T]):
    """A query with its parameters, to be run by a scope. Immutable; warns when it is dropped without being run."""

    __slots__ = ("_handed_over", "parameters", "query")

    _handed_over: bool
    parameters: Mapping[str, Any]
    query: Query[T]

    def __init__(self, query: Query[T], parameters: dict[str, Any]) -> None:
        object.__setattr__(self, "_handed_over", False)
        object.__setattr__(self, "parameters", MappingProxyType(parameters))
        object.__setattr__(self, "query", query)

    def hand_over(self) -> None:
        """Say that a scope has it, whatever becomes of it there."""
        object.__setattr__(self, "_handed_over", True)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a statement is immutable: {name}")

    def __repr__(self) -> str:
        # No values: they are a customer's data, and some are secrets.
        return f"<Statement {self.query.name}({', '.join(self.parameters)})>"

    def __del__(self) -> None:
        if not getattr(self, "_handed_over", True):
            warnings.warn(f"statement {self.query.name} was never run", RuntimeWarning, stacklevel=2, source=self)
