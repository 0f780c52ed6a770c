"""Asking the server for plans: of each query the generic one and a custom one, for each kind of customer, as its role.

A generic plan is made for whoever asks first and kept for all. What the policies compare with is estimated by that
customer's setting, so it too is made for each of them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import Connection
from psycopg.pq import ExecStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from tenantstore.checking.plans.shape import Shorthand, Step, shape
from tenantstore.checking.plans.workload import UnusableWorkload, Workload
from tenantstore.queries import Scope, Source

Mode = Literal["generic", "custom"]
MODES: tuple[Mode, ...] = ("generic", "custom")

# What moves a plan, at its default or, for the disks of today, near it: whatever this server is set to.
_SETTINGS = {
    "cpu_tuple_cost": "0.01",
    "effective_cache_size": "4GB",
    "from_collapse_limit": "8",
    "geqo": "off",
    "hash_mem_multiplier": "2",
    "jit": "off",
    "join_collapse_limit": "8",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
    "seq_page_cost": "1",
    "timezone": "UTC",
    "work_mem": "4MB",
}
# 300 rows for each of the target are looked at: all that there are, so that statistics are no matter of chance. Where a
# commit is not on its way to the disk, VACUUM does not yet take its rows for visible, and no index is read alone.
_FILLING = {"default_statistics_target": "400", "synchronous_commit": "on"}
_NAME = "tenantstore_plan"
# Values of no meaning, by the name of a type or by its category.
_PLAIN = {
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    "json": "'[]'",
    "jsonb": "'[]'",
    "A": "'{}'",
    "B": "true",
    "D": "now()",
    "E": "enum_first(NULL::{type})",
    "I": "'192.0.2.1'",
    "N": "4711",
    "R": "'empty'",
    "S": "'text'",
    "T": "'1 hour'",
}
# A value of this many characters is known wherever it stands, as in an array.
_UNMISTAKABLE = 16
_TYPES = """
SELECT format_type(t.oid, NULL), t.typcategory
FROM unnest(%s::oid[]) WITH ORDINALITY AS u (oid, n)
INNER JOIN pg_type AS t ON t.oid = u.oid
ORDER BY u.n
"""
_PARTITIONS = """
SELECT c.relname, r.relname
FROM pg_class AS c
INNER JOIN pg_class AS r ON r.oid = pg_partition_root(c.oid)
WHERE c.relispartition
"""
# What the planner puts in the place of a function of SQL that takes nothing, as its conditions show it.
_INLINED = """
SELECT pg_get_function_sqlbody(p.oid), p.proname || '()'
FROM pg_proc AS p
WHERE p.prosqlbody IS NOT NULL AND p.pronargs = 0
"""
_SIZES = """
SELECT c.relname, greatest(c.reltuples, 0)::bigint
FROM pg_class AS c
INNER JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
# What each ordered index begins with.
_LEADING = """
SELECT c.relname, pg_get_indexdef(c.oid, 1, false)
FROM pg_class AS c
INNER JOIN pg_am AS m ON m.oid = c.relam
WHERE m.amname = 'btree'
"""


class NotPlanned(Exception):
    """The server refuses to plan a query, or to plan it for the role that would run it."""

    def __init__(self, problem: str, sqlstate: str) -> None:
        super().__init__(problem, sqlstate)
        self.problem = problem
        self.sqlstate = sqlstate

    def __str__(self) -> str:
        return f"{self.problem} [{self.sqlstate}]"


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query would be run: ``mode`` is the planner's, ``customer`` a kind of the workload's."""

    mode: Mode
    customer: str
    root: Step

    @property
    def made_for(self) -> tuple[Mode, str]:
        """The mode and the customer."""
        return self.mode, self.customer


@dataclass(frozen=True, slots=True)
class Stored:
    """By name, the rows of each table, and the column or expression that each ordered index begins with."""

    rows: Mapping[str, int]
    leading: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    type: str
    category: str


def fill(connection: Connection[Any], workload: Workload) -> None:
    """Make the workload's rows in a migrated database, and statistics of all of them.

    :raises UnusableWorkload: when the server does not take them.
    """
    with _settings(connection, _FILLING):
        try:
            if isinstance(workload.data, Path):
                connection.execute(workload.data.read_bytes())
            else:
                workload.data(connection)
        except psycopg.Error as error:
            raise UnusableWorkload(f"the rows to plan on: {_told(error)}") from None
        connection.execute("VACUUM (ANALYZE)")


@contextmanager
def usual_settings(connection: Connection[Any]) -> Iterator[None]:
    """Have the server plan as one of usual settings does, whatever it is set to."""
    with _settings(connection, _SETTINGS):
        yield


class Planner:
    """Makes plans in a database that :func:`fill` has filled; within :func:`usual_settings` the same on every server.

    The connection is the owner's, in autocommit, prepares nothing by itself, and may become whoever the workload says.
    ``stored`` is what the rules need to know of the tables.
    """

    def __init__(self, connection: Connection[Any], workload: Workload) -> None:
        self._connection = connection
        self._workload = workload
        self._known: dict[tuple[str, str], str] = {}
        self._partitions: Mapping[str, str] = dict(_rows(connection, _PARTITIONS))
        self._inlined = {body.removeprefix("RETURN "): name for body, name in _rows(connection, _INLINED)}
        self.stored: Stored = Stored(dict(_rows(connection, _SIZES)), dict(_rows(connection, _LEADING)))
        self._ids = {kind: self._value(sql, f"the {kind} customer", "") for kind, sql in workload.customers.items()}

    def plans(self, source: Source) -> list[Plan]:
        """A plan for each mode and kind of customer.

        :raises NotPlanned: when the server, or the role of the query's scope, does not take it.
        :raises UnusableWorkload: when there is no value for a parameter.
        """
        found = []
        try:
            parameters = self._prepare(source)
            for kind, customer_id in self._ids.items():
                values = [self._parameter(source, each, kind, customer_id) for each in parameters]
                shorthand = self._shorthand(source, parameters, values)
                for mode in MODES:
                    explained = self._explain(source.scope, mode, customer_id, values)
                    found.append(Plan(mode, kind, shape(explained, shorthand)))
        except psycopg.Error as error:
            raise NotPlanned(error.diag.message_primary or str(error), error.sqlstate or "") from None
        finally:
            self._connection.execute("DEALLOCATE ALL")
        return found

    def _prepare(self, source: Source) -> list[_Parameter]:
        server = self._connection.pgconn
        prepared = server.prepare(_NAME.encode(), source.sql.encode())
        if prepared.status == ExecStatus.FATAL_ERROR:
            raise psycopg.errors.error_from_result(prepared)
        described = server.describe_prepared(_NAME.encode())
        types = _rows(self._connection, _TYPES, [[described.param_type(n) for n in range(described.nparams)]])
        return [_Parameter(name, *each) for name, each in zip(source.parameters, types, strict=True)]

    def _parameter(self, source: Source, parameter: _Parameter, kind: str, customer_id: str) -> str:
        """A value of it as text."""
        given = self._workload.parameters
        plain = _PLAIN.get(parameter.type) or _PLAIN.get(parameter.category, "NULL").replace("{type}", parameter.type)
        if parameter.name == "customer_id":
            plain = "%(customer_id)s"
        sql = given.get(f"{source.name}:{parameter.name}") or given.get(parameter.name) or f"SELECT {plain}"
        what = f"{source.name}: :{parameter.name} for the {kind} customer"
        return self._value(f"SELECT ({sql})::{parameter.type}::text", what, customer_id)

    def _value(self, sql: str, what: str, customer_id: str) -> str:
        if (sql, customer_id) not in self._known:
            try:
                rows = _rows(self._connection, sql, {"customer_id": customer_id})
            except psycopg.Error as error:
                raise UnusableWorkload(f"{what}: {_told(error)}") from None
            if len(rows) != 1 or rows[0][0] is None:
                raise UnusableWorkload(f"{what}: {sql} gives no value")
            self._known[sql, customer_id] = str(rows[0][0])
        return self._known[sql, customer_id]

    def _explain(self, scope: Scope, mode: Mode, customer_id: str, values: Sequence[str]) -> Mapping[str, Any]:
        with self._connection.transaction(force_rollback=True):
            if (enter := self._workload.enter.get(scope)) is not None:
                _rows(self._connection, enter, {"customer_id": customer_id})
            # Without the DISCARD the generic plan would be the one that was made for another customer.
            self._connection.execute("DISCARD PLANS")
            self._connection.execute(f"SET LOCAL plan_cache_mode = force_{mode}_plan".encode())
            given = SQL("({})").format(SQL(", ").join(values)) if values else SQL("")
            explain = SQL("EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE {} {}").format(SQL(_NAME), given)
            with self._connection.cursor(row_factory=tuple_row) as cursor:
                ((found,),) = cursor.execute(explain).fetchall()
        plan: Mapping[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        return plan

    def _shorthand(self, source: Source, parameters: Sequence[_Parameter], values: Sequence[str]) -> Shorthand:
        texts = dict(self._inlined)
        for number, (each, value) in enumerate(zip(parameters, values, strict=True), 1):
            texts[f"${number}"] = f":{each.name}"
            shown = value if each.category == "N" else "'" + value.replace("'", "''") + "'"
            # What stands in the text as well could be either.
            if each.category != "B" and not re.search(rf"(?<![\w$]){re.escape(shown)}(?!\w)", source.sql):
                texts.setdefault(shown, f":{each.name}")
            if len(value) >= _UNMISTAKABLE:
                texts.setdefault(value, f":{each.name}")
        return Shorthand(self._partitions, texts)


def _rows(connection: Connection[Any], sql: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(sql.encode(), parameters).fetchall()


@contextmanager
def _settings(connection: Connection[Any], settings: Mapping[str, str]) -> Iterator[None]:
    for name, value in settings.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    try:
        yield
    finally:
        for name in settings:
            connection.execute(f"RESET {name}".encode())


def _told(error: psycopg.Error) -> str:
    return f"{error.diag.message_primary or error} [{error.sqlstate}]"
