"""One level of a query with the equalities that hold in it, and what they settle."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tenantstore.checking.analysis import Node, Oid, Schema
from tenantstore.checking.analysis.tree import JOINS, Command, Entry, group_expression

Column = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Equality:
    """By which operator families something equals one value; ``loose`` is a collation under which texts of different
    bytes are equal, or 0; ``steady`` says that no outer join can make it null besides."""

    families: frozenset[Oid]
    loose: Oid
    steady: bool

    def fits(self, family: Oid, collation: Oid) -> bool:
        """Whether a unique index of this family and collation takes for equal whatever equals the value."""
        return family in self.families and self.loose in (0, collation)


@dataclass(frozen=True, slots=True)
class _Condition:
    """``left = right``; ``holds`` are the relations in whose rows it does, None for all."""

    left: Node
    right: Node
    operator: Oid
    collation: Oid
    holds: frozenset[int] | None


class Level:
    """``settled`` says why, by relation; ``full`` whether a full join stands here, whose halves nothing settles."""

    def __init__(self, query: Node, around: "Level | None", schema: Schema) -> None:
        self.query = query
        self.around = around
        self.schema = schema
        self.relations: list[int] = []
        self.settled: dict[int, str] = {}
        self.columns: dict[Column, Equality] = {}
        self.nullable: set[int] = set()
        self.full: bool = False
        self._conditions: list[_Condition] = []
        if query.jointree is not None:
            self._item(query.jointree)

    def up(self, levels: int) -> "Level":
        found = self
        for _ in range(levels):
            assert found.around is not None
            found = found.around
        return found

    def add(self, condition: Node | None, holds: frozenset[int] | None) -> None:
        """The equalities among what must be true."""
        if condition is None:
            return
        if condition.tag == "BOOLEXPR" and condition.boolop == "and":
            for arm in condition.args:
                self.add(arm, holds)
        elif condition.tag == "OPEXPR" and condition.opno in self.schema.equality_families:
            left, right = condition.args
            self._conditions.append(_Condition(left, right, condition.opno, condition.inputcollid, holds))
            self._conditions.append(_Condition(right, left, condition.opno, condition.inputcollid, holds))

    def settle(self, expr: Node, equality: Equality) -> None:
        """An output equals one value: so does the column that it is."""
        column = self._column(expr)
        if column is not None:
            # What is asked for holds in all rows that count.
            self._learn(column, replace(equality, steady=True))

    def solve(self, relation: Callable[["Level", int], str | None]) -> None:
        """Settle what can be, until nothing more follows; ``relation`` says why one is settled."""
        while True:
            known = (len(self.settled), len(self.columns))
            for condition in self._conditions:
                self._apply(condition)
            for number in self.relations:
                if number not in self.settled and (why := relation(self, number)):
                    self.settled[number] = why
            if known == (len(self.settled), len(self.columns)):
                return

    def asked(self, relation: int) -> dict[int, Equality]:
        """The columns of a relation that equal one value."""
        return {number: equality for (each, number), equality in self.columns.items() if each == relation}

    def has_one_value(self, expr: Node, operator: Oid) -> bool:
        """Whether all rows have the same value, as that operator compares."""
        column = self._column(expr)
        equality = self.columns.get(column) if column else None
        if equality and equality.steady and not equality.loose:
            return bool(equality.families & self.schema.equality_families[operator])
        return self._is_settled(expr, 0)

    def depends_on_settled(self, value: Any) -> bool:
        """Whether what a lateral relation takes from its own level is settled."""
        return self._is_settled(value, 0)

    def _apply(self, condition: _Condition) -> None:
        column = self._column(condition.left)
        if column is None or (condition.holds is not None and column[0] not in condition.holds):
            return
        families = frozenset(self.schema.equality_families[condition.operator])
        loose = condition.collation if condition.collation in self.schema.loose_collations else 0
        steady = condition.holds is None or column[0] not in self.nullable
        other = self._column(condition.right)
        if other is not None and other[0] not in self.settled:
            known = self.columns.get(other)
            if known is None or known.loose or loose:
                return
            families &= known.families
        elif other is None and not self._is_settled(condition.right, 0):
            return
        if families:
            self._learn(column, Equality(families, loose, steady))

    def _learn(self, column: Column, equality: Equality) -> None:
        known = self.columns.get(column)
        if known is None:
            self.columns[column] = equality
        elif known.loose == equality.loose:
            families = known.families | equality.families
            self.columns[column] = Equality(families, known.loose, known.steady or equality.steady)
        elif known.loose:
            self.columns[column] = equality

    def _column(self, expr: Node) -> Column | None:
        """The column of this level that an expression is, as far as comparing goes."""
        while expr.tag == "RELABELTYPE":
            expr = expr.arg
        if expr.tag != "VAR" or expr.varlevelsup or expr.varattno <= 0 or expr.get("varreturningtype"):
            return None
        entry = self.query.rtable[expr.varno - 1]
        if entry.rtekind == Entry.GROUP:
            return self._column(group_expression(entry, expr.varattno))
        if entry.rtekind == Entry.JOIN:
            alias = entry.joinaliasvars[expr.varattno - 1]
            return self._column(alias) if alias is not None else None
        return expr.varno, expr.varattno

    def _is_settled(self, value: Any, depth: int) -> bool:
        """Whether an expression has one value: no volatile call, and columns of settled relations only."""
        if isinstance(value, list):
            return all(self._is_settled(each, depth) for each in value)
        if not isinstance(value, Node):
            return True
        match value.tag:
            case "QUERY":
                depth += 1
            case "VAR":
                return value.varlevelsup < depth or self.up(value.varlevelsup - depth)._settles(value)
            case "FUNCEXPR" if self.schema.functions[value.funcid].volatile == "v":
                return False
            case "OPEXPR" if self._is_volatile(value.opno):
                return False
            # What differs from row to row, or from group to group.
            case "NEXTVALUEEXPR":
                return False
            case "AGGREF" if value.agglevelsup >= depth:
                return False
            case "WINDOWFUNC" | "GROUPINGFUNC" if depth == 0:
                return False
            case "PARAM" if value.paramkind not in (0, 2):
                return False
            case _:
                pass
        return all(self._is_settled(each, depth) for each in value.fields.values())

    def _is_volatile(self, operator: Oid) -> bool:
        return self.schema.functions[self.schema.operators[operator][1]].volatile == "v"

    def _settles(self, var: Node) -> bool:
        """Whether a column of this level has one value, and no outer join makes it null in some rows."""
        entry = self.query.rtable[var.varno - 1]
        if entry.rtekind == Entry.GROUP:
            return self._is_settled(group_expression(entry, var.varattno), 0)
        if entry.rtekind == Entry.JOIN:
            alias = entry.joinaliasvars[var.varattno - 1] if var.varattno > 0 else None
            return alias is not None and self._is_settled(alias, 0)
        return var.varno in self.settled and var.varno not in self.nullable

    def _item(self, item: Node) -> frozenset[int]:
        """The relations below a part of FROM; notes what holds in which of them."""
        if item.tag == "RANGETBLREF":
            self.relations.append(item.rtindex)
            return frozenset([item.rtindex])
        if item.tag == "FROMEXPR":
            found: frozenset[int] = frozenset().union(*(self._item(each) for each in item.fromlist or ()))
            # That of MERGE says which rows match: others are there too.
            merges = self.query.commandType == Command.MERGE
            self.add(item.quals, frozenset([self.query.resultRelation]) if merges else None)
            return found
        left, right = self._item(item.larg), self._item(item.rarg)
        match JOINS[item.jointype]:
            case "left":
                self.nullable |= right
                self.add(item.quals, right)
            case "right":
                self.nullable |= left
                self.add(item.quals, left)
            case "full":
                self.nullable |= left | right
                self.full = True
            case _:
                self.add(item.quals, left | right)
        return left | right
