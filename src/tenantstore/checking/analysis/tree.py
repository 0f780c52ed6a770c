"""What the numbers and lists in a resolved query mean."""

import sys
from enum import IntEnum
from typing import Any

from tenantstore.checking.analysis.nodes import Node


class Entry(IntEnum):
    """What a range table entry is."""

    RELATION = 0
    SUBQUERY = 1
    JOIN = 2
    FUNCTION = 3
    TABLEFUNC = 4
    VALUES = 5
    CTE = 6
    NAMEDTUPLESTORE = 7
    RESULT = 8
    GROUP = 9


class Command(IntEnum):
    """What a query does. 14 has no MERGE, and no other number above DELETE that a query could have."""

    SELECT = 1
    UPDATE = 2
    INSERT = 3
    DELETE = 4
    MERGE = 5


class SubLink(IntEnum):
    """What a sub-query in an expression is for."""

    EXISTS = 0
    ALL = 1
    ANY = 2
    ROWCOMPARE = 3
    EXPR = 4
    MULTIEXPR = 5
    ARRAY = 6


class SetOperation(IntEnum):
    """How two parts of a query are put together."""

    UNION = 1
    INTERSECT = 2
    EXCEPT = 3


# int8(integer) and int4(bigint): the numbers of the server's own functions never change.
_INTEGER_CASTS = (481, 480)
#: By ``jointype``.
JOINS = ("inner", "left", "full", "right")


def grouped(query: Node) -> bool:
    """Whether the rows that come out are groups."""
    return bool(query.hasAggs or query.groupClause or query.groupingSets or query.havingQual)


def kept(query: Node) -> frozenset[int]:
    """The references of those grouped expressions that are in every grouping set."""
    if not query.groupingSets:
        return frozenset(clause.tleSortGroupRef for clause in query.groupClause or ())
    return frozenset().union(*map(_in_all, query.groupingSets))


def may_be_empty(query: Node) -> bool:
    """Whether a group can be of no row: that of an aggregate without GROUP BY, and of the empty grouping set."""
    if query.groupingSets:
        return all(map(_has_empty, query.groupingSets))
    return not query.groupClause


_EMPTY, _SIMPLE, _ROLLUP, _CUBE, _SETS = range(5)


def _in_all(item: Node) -> frozenset[int]:
    if item.kind == _SIMPLE:
        return frozenset(item.content)
    if item.kind == _SETS:
        return frozenset.intersection(*map(_in_all, item.content))
    return frozenset()


def _has_empty(item: Node) -> bool:
    return item.kind in (_EMPTY, _ROLLUP, _CUBE) or (item.kind == _SETS and any(map(_has_empty, item.content)))


def group_expression(entry: Node, column: int) -> Node:
    """What a column of 18's entry for the groups stands for."""
    found: Node = entry.groupexprs[column - 1]
    return found


def targets(query: Node) -> list[Node]:
    """The entries that a query gives, in order: those of RETURNING for one that changes rows."""
    if query.commandType != Command.SELECT:
        return list(query.returningList or ())
    return [entry for entry in query.targetList or () if not entry.resjunk]


def sets_in_targets(query: Node) -> int:
    """How many calls in the target list return sets; of several, the shorter ones are filled with nulls."""
    return sum(_sets(entry) for entry in query.targetList or ()) if query.hasTargetSRFs else 0


def _sets(value: Any) -> int:
    if isinstance(value, list):
        return sum(map(_sets, value))
    # A sub-query's sets are its own.
    if not isinstance(value, Node) or value.tag == "QUERY":
        return 0
    mine = (value.tag == "FUNCEXPR" and value.funcretset) or (value.tag == "OPEXPR" and value.opretset)
    return int(mine) + sum(map(_sets, value.fields.values()))


def integer(expr: Node) -> int | None:
    """The value of a constant ``bigint`` or ``integer``, also where one is cast to the other; None for all else."""
    if expr.tag == "FUNCEXPR" and expr.funcid in _INTEGER_CASTS:
        return integer(expr.args[0])
    if expr.tag != "CONST" or expr.constisnull or expr.consttype not in (20, 23):
        return None
    return int.from_bytes(expr.constvalue[: expr.constlen], sys.byteorder, signed=True)
