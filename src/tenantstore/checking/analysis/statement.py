"""One statement, as the server resolved it.

A function with a body of SQL (``BEGIN ATOMIC``) keeps its statement resolved in ``pg_proc.prosqlbody``, with RETURNING,
parameters and the exact names, and ``pg_depend`` lists the tables and columns it uses. So each statement is prepared,
which decides the types of its parameters, then made such a function for a moment. A function has a hundred arguments at
most; more parameters than that are the fields of one row, and in the tree they are parameters again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import tuple_row

from tenantstore.checking.analysis.nodes import Node, read, walk
from tenantstore.checking.analysis.schema import Oid
from tenantstore.queries.scanner import Kind, tokens

_NAME = "pg_temp.tenantstore_check"
_ROW = "pg_temp.tenantstore_parameters"
_MOST_ARGUMENTS = 100
_TYPE_NAMES = "SELECT format_type(t, NULL) FROM unnest(%s::oid[]) WITH ORDINALITY AS u (t, n) ORDER BY n"
_TREE = "SELECT prosqlbody::text FROM pg_proc WHERE oid = 'pg_temp.tenantstore_check'::regproc"
_USES = """
SELECT DISTINCT refobjid, refobjsubid
FROM pg_depend
WHERE
    objid = 'pg_temp.tenantstore_check'::regproc AND classid = 'pg_proc'::regclass
    AND refclassid = 'pg_class'::regclass
    AND refobjid IS DISTINCT FROM to_regclass('pg_temp.tenantstore_parameters')
ORDER BY refobjid, refobjsubid
"""


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the result: its name and the type that the server reports."""

    name: str
    type: Oid


@dataclass(frozen=True, slots=True)
class Use:
    """A column that a statement uses; 0 for the relation as a whole."""

    relation: Oid
    column: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """``parameters`` are the types behind ``$1``, ``$2``, …; ``tree`` is the resolved QUERY."""

    sql: str
    parameters: tuple[Oid, ...]
    outputs: tuple[Output, ...]
    uses: tuple[Use, ...]
    tree: Node


class NotAnalysed(Exception):
    """The server refuses a statement; ``offset`` is where in its text, from 0, or None where it does not say."""

    def __init__(self, problem: str, offset: int | None, sqlstate: str, hint: str) -> None:
        super().__init__(problem, offset, sqlstate, hint)
        self.problem = problem
        self.offset = offset
        self.sqlstate = sqlstate
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.problem} [{self.sqlstate}]"


def analyse(connection: Connection[Any], sql: str) -> Analysis:
    """Have the server resolve one statement, whose parameters are ``$1 …``. Leaves nothing behind.

    :raises NotAnalysed: when the server does not take the statement.
    """
    with connection.transaction(force_rollback=True):
        parameters, outputs = _described(connection, sql)
        _create(connection, sql, parameters, bool(outputs))
        ((text,),) = _rows(connection, _TREE)
        uses = tuple(Use(relation, column) for relation, column in _rows(connection, _USES))
    ((tree,),) = read(text)
    if len(parameters) > _MOST_ARGUMENTS:
        _take_apart(tree)
    return Analysis(sql, parameters, outputs, uses, tree)


def _described(connection: Connection[Any], sql: str) -> tuple[tuple[Oid, ...], tuple[Output, ...]]:
    """The parameters' types, and the columns of the result."""
    server = connection.pgconn
    _accepted(server.prepare(b"", sql.encode()), 0)
    found = server.describe_prepared(b"")
    outputs = (Output((found.fname(n) or b"").decode(), found.ftype(n)) for n in range(found.nfields))
    return tuple(found.param_type(n) for n in range(found.nparams)), tuple(outputs)


def _create(connection: Connection[Any], sql: str, parameters: Sequence[Oid], rows: bool) -> None:
    arguments = [name for (name,) in _rows(connection, _TYPE_NAMES, [list(parameters)])]
    if len(arguments) > _MOST_ARGUMENTS:
        fields = ", ".join(f"p{number} {name}" for number, name in enumerate(arguments, 1))
        _accepted(connection.pgconn.exec_params(f"CREATE TYPE {_ROW} AS ({fields})".encode(), None), None)
        arguments, sql = [_ROW], _of_a_row(sql)
    result = "SETOF record" if rows else "void"
    before = f"CREATE FUNCTION {_NAME}({', '.join(arguments)}) RETURNS {result} LANGUAGE sql BEGIN ATOMIC "
    # Not as a simple query, which may be several: what ends the body would be a statement by itself.
    made = connection.pgconn.exec_params(f"{before}{sql}; END".encode(), None)
    _accepted(made, None if arguments == [_ROW] else len(before))


def _of_a_row(sql: str) -> str:
    """``($1).p7`` for ``$7``."""
    parts, end = [], 0
    for token in tokens(sql):
        if token.kind is Kind.POSITIONAL:
            parts += [sql[end : token.start], f"($1).p{sql[token.start + 1 : token.end]}"]
            end = token.end
    return "".join([*parts, sql[end:]])


def _take_apart(tree: Node) -> None:
    for node in walk(tree):
        if node.tag == "FIELDSELECT" and node.arg.tag == "PARAM" and node.arg.paramkind == 0:
            own = {"paramid": node.fieldnum, "paramtype": node.resulttype, "paramcollid": node.resultcollid}
            node.tag, node.fields = "PARAM", {**node.arg.fields, **own}


def _accepted(result: PGresult, before: int | None) -> None:
    """:raises NotAnalysed: for an error, whose place is counted from ``before`` characters on, and else not told."""
    if result.status == ExecStatus.FATAL_ERROR:
        problem, place, sqlstate, hint = (
            (result.error_field(field) or b"").decode()
            for field in (
                DiagnosticField.MESSAGE_PRIMARY,
                DiagnosticField.STATEMENT_POSITION,
                DiagnosticField.SQLSTATE,
                DiagnosticField.MESSAGE_HINT,
            )
        )
        known = bool(place) and before is not None
        raise NotAnalysed(problem, int(place) - 1 - (before or 0) if known else None, sqlstate, hint)


def _rows(connection: Connection[Any], sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(sql.encode(), parameters).fetchall()
