"""The levels of a statement: what stands in each one's FROM, and what an expression there comes to.

A frame is one level as it is read from one place. A view or a WITH query that is read twice has two frames, since each
reading may meet another row.
"""

from copy import copy
from enum import IntEnum
from typing import Any

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.rows import Row, new_row
from tenantstore.checking.tenancy.world import World

_UNION = 1
# What RETURNING says of a column from 18 on.
_OLD = 1


class Command(IntEnum):
    SELECT = 1
    UPDATE = 2
    INSERT = 3
    DELETE = 4
    MERGE = 5


class Entry(IntEnum):
    """What an entry of a range table is."""

    RELATION = 0
    SUBQUERY = 1
    JOIN = 2
    FUNCTION = 3
    TABLE_FUNCTION = 4
    VALUES = 5
    WITH = 6
    NAMED = 7
    NOTHING = 8
    GROUP = 9


class Link(IntEnum):
    """What a sub-query in an expression is for."""

    EXISTS = 0
    ALL = 1
    ANY = 2
    ROW = 3
    SCALAR = 4
    MULTIPLE = 5
    ARRAY = 6


class Join(IntEnum):
    INNER = 0
    LEFT = 1
    FULL = 2
    RIGHT = 3


class Frame:
    """``outer`` is the level around it."""

    def __init__(self, query: Node, outer: "Frame | None", world: World) -> None:
        self.query = query
        self.outer = outer
        self.world = world
        #: What the sub-query gives in whose test an expression stands.
        self.tested: Frame | None = None
        #: A row that it has given, where that is one of several branches'.
        self.given: Row = new_row(None)
        self._rows: dict[int, Row] = {}
        self._sources: dict[int, Frame | None] = {}
        self._links: dict[int, Frame] = {}
        self._before: Frame = self
        self._after: Frame | None = None

    @property
    def after(self) -> "Frame":
        """This level as its RETURNING sees it: with the row as it was left, in place of the one that was met."""
        if self._after is None:
            self._after = self
            if command_of(self.query) in (Command.UPDATE, Command.MERGE):
                met = self.row(self.query.resultRelation)
                self._after = self.replacing({self.query.resultRelation: new_row(met.relation, met.entry)})
        return self._after

    def row(self, index: int) -> Row:
        """The row of an entry, by its number in the range table."""
        if index not in self._rows:
            entry = self.query.rtable[index - 1]
            relation = self.world.schema.relations.get(entry.relid) if kind_of(entry) is Entry.RELATION else None
            self._rows[index] = new_row(relation, entry)
        return self._rows[index]

    def up(self, levels: int) -> "Frame":
        frame = self
        for _ in range(levels):
            assert frame.outer is not None
            frame = frame.outer
        return frame

    def source(self, row: Row) -> "Frame | None":
        """The level that a row comes from, where it is of a sub-query, a WITH query or a view that is read through."""
        if row.number not in self._sources:
            self._sources[row.number] = self._read(row)
        return self._sources[row.number]

    def _read(self, row: Row) -> "Frame | None":
        entry = row.entry
        assert entry is not None
        match kind_of(entry):
            case Entry.SUBQUERY:
                return Frame(entry.subquery, self, self.world)
            case Entry.WITH if not entry.get("self_reference", False):
                home = self.up(entry.ctelevelsup)
                return Frame(home.definition(entry.ctename), home, self.world)
            case Entry.RELATION if row.relation is not None and self.world.is_transparent(row.relation):
                return Frame(self.world.schema.view(row.relation.oid), None, self.world)
            case _:
                return None

    def link(self, link: Node) -> "Frame":
        """The level of a sub-query in an expression, as what it is known to have found."""
        if id(link) not in self._links:
            self._links[id(link)] = Frame(link.subselect, self, self.world)
        return self._links[id(link)]

    def testing(self, tested: "Frame") -> "Frame":
        """This level, where columns of the sub-query that is being compared with can stand."""
        frame = copy(self)
        frame.tested = tested
        return frame

    def replacing(self, rows: dict[int, Row]) -> "Frame":
        """This level, with other rows for these entries."""
        frame = copy(self)
        frame._rows = self._rows | rows
        return frame

    def definition(self, name: str) -> Node:
        """The query of a WITH of this level."""
        found: Node = next(each.ctequery for each in self.query.cteList if each.ctename == name)
        return found

    def resolve(self, expression: Any) -> tuple[Any, "Frame"]:
        """What a column of a join or of a grouping stands for, and the level at which; anything else is itself."""
        if not isinstance(expression, Node) or expression.tag != "VAR" or expression.varattno <= 0:
            return expression, self
        frame = self.up(expression.varlevelsup)
        entry = frame.query.rtable[expression.varno - 1]
        kind = kind_of(entry)
        if kind is Entry.JOIN:
            return frame.resolve(entry.joinaliasvars[expression.varattno - 1])
        if kind is Entry.GROUP:
            return frame.resolve(entry.groupexprs[expression.varattno - 1])
        return expression, self

    def owner(self, var: Node) -> Row:
        """The row that a resolved column is of."""
        frame = self.up(var.varlevelsup)
        return (frame._before if var.get("varreturningtype") == _OLD else frame).row(var.varno)


def kind_of(entry: Node) -> Entry:
    return Entry(entry.rtekind)


def command_of(query: Node) -> Command:
    return Command(query.commandType)


def outputs(query: Node) -> list[Node]:
    """What a level gives, column by column."""
    given = query.targetList if command_of(query) is Command.SELECT else query.returningList
    return [each for each in given or [] if not each.resjunk]


def assigned(values: list[Node] | None) -> list[Node]:
    """What columns get, without the sub-queries from which several get theirs at once."""
    return [each for each in values or [] if not each.resjunk]


def is_plain(query: Node) -> bool:
    """Whether each row that comes out is one combination of rows of its FROM: a condition outside may go inside."""
    return command_of(query) is Command.SELECT and not any(
        (
            query.hasAggs,
            query.hasWindowFuncs,
            query.hasTargetSRFs,
            query.distinctClause,
            query.groupClause,
            query.get("groupingSets"),
            query.havingQual,
            query.limitCount,
            query.limitOffset,
            query.setOperations,
            query.rowMarks,
        )
    )


def is_witnessed(query: Node) -> bool:
    """Whether a row that comes out proves that there is a combination of rows that meets the conditions."""
    grouped = bool(query.groupClause) and not query.get("groupingSets")
    alone = not query.hasAggs and not query.havingQual and not query.get("groupingSets")
    return grouped or alone


def branches_of(operation: Any, every: bool = False) -> list[int]:
    """The entries of a set operation; unless ``every``, those whose rows come out: both of a UNION, else the first."""
    if operation.tag == "RANGETBLREF":
        return [operation.rtindex]
    second = branches_of(operation.rarg, every) if every or operation.op == _UNION else []
    return branches_of(operation.larg, every) + second
