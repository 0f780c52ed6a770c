"""What is known of the rows that come out of a level: which values are equal, which rows are there, who reaches them.

Only what must be true of every row that comes out is a fact: equalities that are joined by AND, rows that an EXISTS
has found. An OR is a choice, kept for later: what holds in each of its arms holds. No fact comes from a NOT EXISTS, nor
from a condition that only decides whether the nullable side of an outer join is there.
"""

from copy import copy
from typing import Any

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.choices import Arm, Choice, Outer
from tenantstore.checking.tenancy.conditions import find, learn, term_of
from tenantstore.checking.tenancy.equalities import Equalities
from tenantstore.checking.tenancy.frames import (
    Command,
    Entry,
    Frame,
    Join,
    assigned,
    branches_of,
    command_of,
    is_witnessed,
    kind_of,
    outputs,
)
from tenantstore.checking.tenancy.model import Granted
from tenantstore.checking.tenancy.rows import TRUE, Row, Term
from tenantstore.checking.tenancy.rules import rights_of
from tenantstore.checking.tenancy.world import World

_FORKED = (
    "rows", "rights", "linked", "present", "listed", "scalars", "valued", "near", "entered", "_parents", "_one",
)  # fmt: skip


class Facts(Equalities):
    """``fork`` gives a copy that learns on without the original. ``opaque`` rows are not looked into."""

    learnt: int

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.rows: dict[int, Row] = {}
        self.rights: dict[int, frozenset[str]] = {}
        self.linked: dict[int, Frame] = {}
        self.choices: tuple[Choice, ...] = ()
        self.outers: tuple[Outer, ...] = ()
        self.taken: tuple[tuple[Choice, int], ...] = ()
        self.present: set[int] = set()
        self.listed: set[Term] = set()
        #: Sub-queries in expressions by what stands for their value, and what is known not to be null.
        self.scalars: dict[Term, Frame] = {}
        self.valued: set[Term] = set()
        #: What is almost equal to the customer, and how.
        self.near: dict[Term, str] = {}
        self.opaque: frozenset[int] = frozenset()
        self.entered: set[Frame] = set()
        self._settled = -1
        self._one: set[tuple[int, int]] = set()

    def fork(self) -> "Facts":
        twin = copy(self)
        for name in _FORKED:
            setattr(twin, name, copy(getattr(self, name)))
        return twin

    def add(self, expression: Any, frame: Frame, positive: bool = True) -> None:
        """The expression is true, or false, of every row that comes out."""
        learn(self, expression, frame, positive)

    def term(self, expression: Any, frame: Frame) -> Term | None:
        return term_of(self, expression, frame)

    # Rows.

    def enter(self, frame: Frame) -> None:
        """A row of that level has come out, so there are rows in its FROM that meet its conditions."""
        if frame in self.entered:
            return
        self.entered.add(frame)
        self.tree(frame.query.jointree, frame)

    def tree(self, node: Any, frame: Frame) -> None:
        match node:
            case Node(tag="FROMEXPR"):
                for each in node.fromlist or []:
                    self.tree(each, frame)
                # What a MERGE joins by does not hold of what it does not match.
                if command_of(frame.query) is not Command.MERGE:
                    self.add(node.quals, frame)
            case Node(tag="RANGETBLREF"):
                self.activate(frame.row(node.rtindex), frame)
            case Node(tag="JOINEXPR"):
                self._join(node, frame)
            case _:
                pass

    def _join(self, node: Node, frame: Frame) -> None:
        kind = Join(node.jointype)
        if kind is not Join.INNER:
            outer = Outer(
                frame,
                node,
                rows_of(node.larg, frame),
                rows_of(node.rarg, frame),
                kind in (Join.RIGHT, Join.FULL),
                kind in (Join.LEFT, Join.FULL),
            )
            self.outers += (outer,)
        if kind in (Join.INNER, Join.LEFT):
            self.tree(node.larg, frame)
        if kind in (Join.INNER, Join.RIGHT):
            self.tree(node.rarg, frame)
        if kind is Join.INNER:
            self.add(node.quals, frame)

    def activate(self, row: Row, frame: Frame) -> None:
        """The row is there; what it was made of is looked into."""
        if row.number in self.rows:
            return
        self.rows[row.number] = row
        self.learnt += 1
        if row.entry is not None and kind_of(row.entry) is Entry.VALUES:
            self.choose(Choice(tuple(Arm(frame, each, row=row) for each in row.entry.values_lists)))
        source = None if row.number in self.opaque else frame.source(row)
        if source is not None:
            self._look_into(row, source)

    def _look_into(self, row: Row, source: Frame) -> None:
        query = source.query
        match command_of(query):
            case Command.SELECT if query.setOperations:
                self.choose_branch(row, source)
            case Command.SELECT if not is_witnessed(query):
                return
            case Command.INSERT if query.get("onConflict"):
                return
            case Command.MERGE:
                return
            case _:
                self.enter(source)
                if command_of(query) is Command.INSERT:
                    self.make(source.row(query.resultRelation), source, query.targetList)
                elif command_of(query) is Command.UPDATE:
                    self.update(source)
                self._link(row, source)

    def make(self, row: Row, frame: Frame, values: list[Node]) -> None:
        """A row that the statement itself makes, column by column."""
        row.fresh = True
        self.rows[row.number] = row
        for each in assigned(values):
            self.merge(row.column(each.resno), self.term(each.expr, frame))
            if self._is_stored(row, each.resno):
                self.value(row.column(each.resno))

    def update(self, frame: Frame) -> None:
        """What an UPDATE leaves of the row that it met."""
        number = frame.query.resultRelation
        self.change(frame.row(number), frame.after.row(number), frame, frame.query.targetList)

    def change(self, row: Row, changed: Row, frame: Frame, values: list[Node]) -> None:
        """Of the columns that get no value there are those of the row before."""
        self.make(changed, frame, values)
        assert row.relation is not None
        for number in row.relation.attributes.keys() - {each.resno for each in assigned(values)}:
            self.merge(changed.column(number), row.column(number))

    def value(self, term: Term | None) -> None:
        """It is not null."""
        if term is not None and term not in self.valued:
            self.valued.add(term)
            self.learnt += 1

    def _is_stored(self, row: Row, number: int) -> bool:
        """Whether a null would be refused: no trigger can put a value in its place."""
        relation = row.relation
        if relation is None or number not in relation.attributes or not relation.attributes[number].not_null:
            return False
        places = map(self.world.schema.relations.__getitem__, self.world.schema.descendants(relation.oid))
        return not any(each.amended or each.redirected for each in places)

    def _link(self, row: Row, source: Frame) -> None:
        self.linked[row.number] = source
        for number, output in enumerate(outputs(source.query), 1):
            expression, frame = source.after.resolve(output.expr)
            self.merge(row.column(number), self.term(expression, frame))
            if self.same(row.column(number), TRUE):
                self.add(expression, frame)

    # Choices.

    def choose_branch(self, row: Row, source: Frame) -> None:
        """One branch of a set operation has given the row."""
        if source not in self.entered:
            self.entered.add(source)
            branches = [source.row(number) for number in branches_of(source.query.setOperations)]
            self.choose(Choice(tuple(Arm(source, branch, row=row) for branch in branches)))

    def choose(self, choice: Choice) -> None:
        if len(choice.arms) == 1:
            self.take(choice, 0)
        else:
            self.choices += (choice,)
            self.learnt += 1

    def take(self, choice: Choice, number: int) -> None:
        """One arm of a choice is what holds."""
        arm = choice.arms[number]
        self.taken += ((choice, number),)
        if arm.row is None:
            self.add(arm.node, arm.frame, arm.positive)
            return
        if isinstance(arm.node, list):
            for column, value in enumerate(arm.node, 1):
                self.merge(arm.row.column(column), self.term(value, arm.frame))
            return
        branch: Row = arm.node
        self.activate(branch, arm.frame)
        inner = arm.frame.source(branch)
        for column in range(1, len(outputs(inner.query)) + 1 if inner else 1):
            self.merge(arm.row.column(column), branch.column(column))

    # Consequences.

    def settle(self) -> None:
        """Draw every consequence of what is known."""
        before = self._settled
        while before != self.learnt and not self.impossible:
            before = self.learnt
            for outer in self.outers:
                self._arrive(outer)
            for term, found in list(self.scalars.items()):
                if any(self.same(term, each) for each in self.valued):
                    find(self, found)
            self._identify()
            for row in list(self.rows.values()):
                self._reach(row)
        self._settled = self.learnt

    def arrive(self, outer: Outer, left: bool, right: bool) -> None:
        """The rows of these sides of an outer join are there."""
        now = outer._replace(waits_left=outer.waits_left and not left, waits_right=outer.waits_right and not right)
        if now == outer:
            return
        self.outers = tuple(now if each is outer else each for each in self.outers)
        self.learnt += 1
        kind = Join(outer.join.jointype)
        if outer.waits_left and not now.waits_left:
            self.tree(outer.join.larg, outer.frame)
        if outer.waits_right and not now.waits_right:
            self.tree(outer.join.rarg, outer.frame)
        if kind is not Join.FULL or not (now.waits_left or now.waits_right):
            self.add(outer.join.quals, outer.frame)

    def _arrive(self, outer: Outer) -> None:
        self.arrive(outer, bool(outer.left & self.present), bool(outer.right & self.present))

    def _identify(self) -> None:
        """Two rows of one table that agree in a key without nulls are one row, and agree in everything."""
        rows = [row for row in self.rows.values() if row.relation is not None and not row.fresh]
        for at, one in enumerate(rows):
            for other in rows[:at]:
                if one.relation is other.relation and (one.number, other.number) not in self._one:
                    assert one.relation is not None
                    if any(self._agree(one, other, key.columns) for key in one.relation.keys):
                        self._one.add((one.number, other.number))
                        for column in one.relation.attributes:
                            self.merge(one.column(column), other.column(column))

    def _agree(self, one: Row, other: Row, columns: tuple[int, ...]) -> bool:
        assert one.relation is not None
        if one.relation.kind != "p" and self.world.schema.children.get(one.relation.oid):
            # No index of a table holds in those that inherit from it.
            return False
        attributes = one.relation.attributes
        return all(
            column in attributes and attributes[column].not_null and self.same(one.column(column), other.column(column))
            for column in columns
        )

    def _reach(self, row: Row) -> None:
        rights = rights_of(row, self)
        if rights is not None and rights != self.rights.get(row.number):
            self.rights[row.number] = rights
            self.learnt += 1
            if not row.fresh:
                self._name(row)

    def _name(self, row: Row) -> None:
        """What a reached row grants is there too, as far as anybody knows."""
        world = self.world
        assert row.relation is not None
        for oid, table in world.tables.items():
            for rule in table.rules:
                if isinstance(rule, Granted) and world.names.get(rule.table) == row.relation.oid:
                    named = world.granted(row, world.schema.relations[oid], rule)
                    if named.number not in self.rows:
                        self.rows[named.number] = named
                        for key, column in world.pairs(oid, rule.key, row.relation.oid, rule.columns):
                            self.merge(named.column(key), row.column(column))


def rows_of(node: Any, frame: Frame) -> frozenset[int]:
    """The rows of a side of a join, by number."""
    match node:
        case Node(tag="RANGETBLREF"):
            return frozenset({frame.row(node.rtindex).number})
        case Node(tag="JOINEXPR"):
            return rows_of(node.larg, frame) | rows_of(node.rarg, frame)
        case _:
            return frozenset()
