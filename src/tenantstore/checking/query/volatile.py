"""Volatile functions where rows are changed or found to be changed.

Each row, each replica and each node of a distributed database would see another value, so such databases refuse them
there. In what is inserted they do no harm: it is computed once, before it is sent anywhere.
"""

from collections.abc import Iterator
from typing import Any

from tenantstore.checking.analysis import Analysis, Node, Schema, walk
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.query import layout

_UPDATE, _INSERT, _DELETE, _MERGE = 2, 3, 4, 5
_ADVICE = "Compute it before, in Python or in a CTE that selects; or say why it must be: `-- volatile: reason`."
_FUNCTION_FIELDS = ("funcid", "opfuncid", "aggfnoid", "winfnoid")


def complaints(analysis: Analysis, schema: Schema) -> Iterator[Complaint]:
    """One for each volatile function in an UPDATE, a DELETE, a MERGE or an ON CONFLICT."""
    told = set()
    for query in walk(analysis.tree):
        for name in _called(_changing(query), schema) if query.tag == "QUERY" else ():
            if name not in told:
                told.add(name)
                start = layout.word(analysis.sql, name)
                place = None if start is None else (start, start + len(name))
                problem = f"{name}() is volatile, and decides here what a change does or which rows it touches"
                yield Complaint("volatile", problem, _ADVICE, place)


def _changing(query: Node) -> list[Any]:
    """The parts of a statement that change rows; its CTEs are statements of their own."""
    match query.commandType:
        case _ if query.commandType in (_UPDATE, _DELETE, _MERGE):
            return [value for name, value in query.fields.items() if name != "cteList"]
        case _ if query.commandType == _INSERT:
            return [query.onConflict]
    return []


def _called(parts: list[Any], schema: Schema) -> Iterator[str]:
    for node in walk(parts):
        for field in _FUNCTION_FIELDS:
            function = schema.functions.get(node.get(field, 0))
            if function and function.volatile == "v":
                yield function.name
        if node.tag == "NEXTVALUEEXPR":
            yield "nextval"
