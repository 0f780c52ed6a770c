"""What a query may be asked: its parameters' types, from the server, and values of these types, from the worlds.

So a query is covered the moment its file exists. Values that are there are the ones that tell: ids of the customer's
own things, of hidden ones, of ones that are only in one of the worlds; and with them what is nowhere.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain, repeat
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from tenantstore.queries import Query

Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

_COLUMNS = """
SELECT c.oid::regclass::text, n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE
    c.relkind IN ('r', 'p')
    AND NOT c.relispartition
    AND n.nspname NOT LIKE 'pg\\_%'
    AND n.nspname <> 'information_schema'
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY 1, a.attnum
"""
_REFERENCES = """
SELECT f.conrelid::regclass::text, a.attname, f.confrelid::regclass::text
FROM pg_constraint AS f
CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS k (referring, referred)
JOIN pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = k.referring
JOIN pg_attribute AS b ON b.attrelid = f.confrelid AND b.attnum = k.referred
WHERE f.contype = 'f' AND b.attname = 'id'
"""
# How often a parameter is what it seems to mean, how often several are of one row, how much of that beside its ids.
_NEAR, _OF_ONE_ROW, _KEPT = 0.7, 0.5, 0.2
_ALWAYS: Mapping[str, Sequence[Any]] = {
    "uuid": [UUID("00000000-0000-4000-8000-000000000000")],
    "text": ["", "nowhere"],
    "character varying": ["", "nowhere"],
    "boolean": [True, False],
    "smallint": [0, 1, 7],
    "integer": [0, 1, 50],
    "bigint": [0, 1, 50],
    "numeric": [Decimal(0), Decimal("1.5")],
    "real": [0.0, 1.5],
    "double precision": [0.0, 1.5],
    "date": [date(2000, 1, 1), date(2100, 1, 1)],
    "timestamp with time zone": [datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)],
    "timestamp without time zone": [datetime(2000, 1, 1), datetime(2100, 1, 1)],  # noqa: DTZ001
    "interval": [timedelta(0), timedelta(days=1)],
    "json": [{}],
    "jsonb": [{}],
    "bytea": [b"", b"nowhere"],
    "inet": ["192.0.2.99"],
}
_WIDE = {"character varying": "text", "smallint": "bigint", "integer": "bigint", "json": "jsonb"}


class Column(NamedTuple):
    """A column of a table, with its type as the server writes it."""

    table: str
    name: str
    type: str


@dataclass
class Values:
    """What is in some databases: each table's columns and the rows of them, and which columns refer to which tables."""

    columns: dict[str, list[Column]] = field(default_factory=dict)
    rows: dict[str, dict[tuple[Any, ...], None]] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)

    def read(self, admin: Connection) -> None:
        """Add what is there, as a role that no policy holds back."""
        found: dict[str, tuple[Identifier, list[Column]]] = {}
        for table, schema, name, column, kind in admin.execute(_COLUMNS).fetchall():
            found.setdefault(table, (Identifier(schema, name), []))[1].append(Column(table, column, kind))
        for table, (identifier, columns) in found.items():
            names = SQL(", ").join(Identifier(column.name) for column in columns)
            rows = admin.execute(SQL("SELECT {} FROM {} ORDER BY 1").format(names, identifier)).fetchall()
            self.columns[table] = columns
            self.rows.setdefault(table, {}).update(dict.fromkeys(tuple(map(_hashable, row)) for row in rows))
        self.references |= {(table, name): target for table, name, target in admin.execute(_REFERENCES).fetchall()}

    def everything(self) -> set[Any]:
        """All values of all columns."""
        return {value for rows in self.rows.values() for row in rows for value in row}

    def of(self, column: Column) -> list[Any]:
        """The column's values."""
        place = self.columns[column.table].index(column)
        return [row[place] for row in self.rows[column.table] if row[place] is not None]

    def typed(self, kind: str) -> list[Column]:
        """Every column of the type, or of one that is written alike; none of JSON, which is only kept as text here."""
        if kind in ("json", "jsonb"):
            return []
        return [column for columns in self.columns.values() for column in columns if _is_like(column.type, kind)]

    def meant(self, parameter: str, kind: str) -> list[Column]:
        """The columns that the parameter seems to mean: of its name; the ``id`` of its table; what refers to that."""
        stem = parameter.removesuffix("_id")
        endings = tuple(f"{stem[:-1]}{last}" for last in (stem[-1:], f"{stem[-1:]}s", f"{stem[-1:]}es", "ies"))
        tables = [table for table in self.columns if stem != parameter and table.endswith(endings)]
        return [
            column
            for column in self.typed(kind)
            if column.name == parameter
            or (column.name == "id" and column.table in tables)
            or self.references.get((column.table, column.name)) in tables
        ]


class Questions:
    """Parameters for one query, drawn from what is there: what its parameters seem to mean, of one row or of several.

    ``given`` values, by the parameter's name, come before all others. The same ``seed`` draws the same.

    :raises LookupError: for a parameter of a type of which no value is known.
    """

    def __init__(
        self, admin: Connection, query: Query[Any], values: Values, given: Mapping[str, Sequence[Any]], seed: str
    ) -> None:
        self._random = random.Random(f"{seed} {query.name}")  # noqa: S311  nothing secret is drawn
        self._parameters = query.parameters
        self._near: dict[str, list[Any]] = {}
        self._far: dict[str, list[Any]] = {}
        rows: dict[str, dict[str, int]] = {}
        for name, kind in zip(query.parameters, _parameter_types(admin, query), strict=True):
            many = kind.endswith("[]")
            meant = [] if name in given else values.meant(name, kind.removesuffix("[]"))
            for column in () if many else meant:
                rows.setdefault(column.table, {})[name] = values.columns[column.table].index(column)
            near = [value for column in meant for value in values.of(column)]
            far = [value for column in values.typed(kind.removesuffix("[]")) for value in values.of(column)]
            if many:
                near, far = [[value] for value in near], [[], far[:3]]
            else:
                far += [*_ALWAYS.get(kind, ()), *([] if name in query.never_none else [None])]
            self._near[name] = _distinct(given.get(name, near), query, name)
            self._far[name] = _distinct([] if name in given else far, query, name)
            if not self._near[name] and not self._far[name]:
                raise LookupError(f"{query.name}: no value is known for :{name}, {kind}; give some in `values`")
        self._rows = [
            {name: value for name, place in places.items() if (value := row[place]) in self._near[name]}
            for table, places in rows.items()
            if len(places) > 1
            for row in values.rows[table]
        ]

    def ask(self, number: int) -> Iterator[dict[str, Any]]:
        """So many sets of parameters, of which no two are the same, or as many as there are."""
        rows = [self._part(row) for row in self._rows]
        each: list[dict[str, Any]] = [{name: value} for name, near in self._near.items() for value in near]
        self._random.shuffle(rows)
        self._random.shuffle(each)
        asked = set()
        # Whoever has few choices draws the same ones again and again.
        for _, fixed in zip(range(3 * number), chain(rows, each, repeat(None)), strict=False):
            parameters = self._draw() | (fixed or {})
            key = repr(parameters)
            if key not in asked:
                asked.add(key)
                yield parameters
            if len(asked) == number:
                return

    def _draw(self) -> dict[str, Any]:
        drawn = {name: self._one(name) for name in self._parameters}
        if self._rows and self._random.random() < _OF_ONE_ROW:
            drawn |= self._part(self._random.choice(self._rows))
        return drawn

    def _part(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row's ids, and of the rest a part: a change to what is there already would be none."""
        return {
            name: value for name, value in row.items() if name.endswith(("id", "ids")) or self._random.random() < _KEPT
        }

    def _one(self, name: str) -> Any:
        near, far = self._near[name], self._far[name]
        return self._random.choice(near if near and (not far or self._random.random() < _NEAR) else far)


def _distinct(values: Iterable[Any], query: Query[Any], name: str) -> list[Any]:
    """The values, each once, as the function that gives the parameter would: an address as text, say."""
    if (name, str) in query.kinds:
        values = [value if value is None or isinstance(value, str) else str(value) for value in values]
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _parameter_types(admin: Connection, query: Query[Any]) -> list[str]:
    with admin.transaction(force_rollback=True):
        admin.execute(f"PREPARE tenantstore_isolation AS {query.sql}".encode())
        row = admin.execute(
            "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'tenantstore_isolation'"
        ).fetchone()
        admin.execute("DEALLOCATE tenantstore_isolation")
    assert row is not None
    types: list[str] = row[0]
    return types


def _is_like(one: str, other: str) -> bool:
    return _WIDE.get(one, one) == _WIDE.get(other, other)


def _hashable(value: Any) -> Any:
    """The value, or where it cannot be looked up as it is, what stands for it."""
    if isinstance(value, list):
        return tuple(map(_hashable, value))
    return repr(value) if isinstance(value, dict) else value
