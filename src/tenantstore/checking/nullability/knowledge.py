"""What follows from a condition that let a row through, and from the joins that made it."""

from collections.abc import Iterable

from tenantstore.checking.analysis import Node, Schema
from tenantstore.checking.analysis.tree import (
    JOINS,
    Command,
    Entry,
    SubLink,
    group_expression,
    grouped,
    kept,
    may_be_empty,
)
from tenantstore.checking.nullability.cases import ALWAYS, SCOPED, Case, Cases, all_of, any_of, few, known
from tenantstore.checking.nullability.keys import key
from tenantstore.checking.nullability.scope import Scope, Side

# Outcomes of a condition are letters: T true, F false, N null.
_BOOLEAN_TESTS = ("T", "FN", "F", "TN", "N", "TF")
_NOT = str.maketrans("TF", "FT")
# What is null when its argument is.
_STRICT = {
    "RELABELTYPE",
    "COERCEVIAIO",
    "ARRAYCOERCEEXPR",
    "CONVERTROWTYPEEXPR",
    "COLLATEEXPR",
    "COERCETODOMAIN",
    "FIELDSELECT",
    "NAMEDARGEXPR",
}


class Knowledge:
    """Makes the scopes of the queries of one database, each once."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._scopes: dict[tuple[int, int], Scope] = {}

    def scope(self, query: Node, parent: Scope | None) -> Scope:
        place = (id(query), parent.number if parent else 0)
        if place not in self._scopes:
            # It is there before it is complete, for the conditions that name its own columns.
            scope = self._scopes[place] = Scope(query, parent, len(self._scopes) + 1)
            if query.jointree is not None:
                _, cases = self._item(query.jointree, scope)
                scope.cases = few(case for each in cases for case in self.closed(each, scope))
            scope.lost = self._lost(scope)
        return self._scopes[place]

    def closed(self, case: Case, scope: Scope | None) -> Cases:
        """The case with all that follows: a column of a side that is not null shows that the side is there."""
        if scope is None:
            return (case,)
        for side in scope.sides:
            if side.fact not in case and any(
                fact[0] in ("var", "old") and fact[1] == scope.number and fact[2] in side.relations for fact in case
            ):
                more = all_of([(case | {side.fact},), side.cases])
                return few(found for each in more for found in self.closed(each, scope))
        for side in scope.sides:
            if side.partner in case and side.fact in case and not any(each <= case for each in side.both):
                more = all_of([(case,), side.both])
                return few(found for each in more for found in self.closed(each, scope))
        return self.closed(case, scope.parent)

    def true(self, condition: Node | None, scope: Scope) -> Cases:
        return ALWAYS if condition is None else self.when(condition, "T", scope)

    def when(self, condition: Node, outcomes: str, scope: Scope) -> Cases:
        """What is known when the condition came out as one of these."""
        found = self._when(condition, outcomes, scope)
        if outcomes in ("T", "F") and (same := key(condition, scope, self.schema)):
            return all_of([found, known(("true" if outcomes == "T" else "false", same))])
        return found

    def _when(self, condition: Node, outcomes: str, scope: Scope) -> Cases:
        match condition.tag:
            case "BOOLEXPR":
                return self._boolean(condition, outcomes, scope)
            case "NULLTEST":
                wanted = "T" if condition.nulltesttype == 1 else "F"
                if [outcome for outcome in outcomes if outcome != "N"] == [wanted]:
                    return self._not_null(condition, scope)
            case "BOOLEANTEST":
                truth = _BOOLEAN_TESTS[condition.booltesttype]
                allowed = truth if "T" in outcomes else ""
                allowed += "".join(set("TFN") - set(truth)) if "F" in outcomes else ""
                return self.when(condition.arg, allowed, scope)
            case "SUBLINK":
                return self._sub_link(condition, outcomes, scope)
            case "SCALARARRAYOPEXPR":
                if "N" not in outcomes:
                    return self._with_array(condition, outcomes, scope)
            case _:
                if "N" not in outcomes:
                    return self.given(condition, scope)
        return ALWAYS

    def given(self, expr: Node, scope: Scope) -> Cases:
        """What is known when the expression is not null."""
        parts = [self._parts(expr, scope)]
        if expr.tag not in ("VAR", "CONST", "PARAM") and (found := key(expr, scope, self.schema)):
            parts.append(known(("expr", found)))
        return all_of(parts)

    def _parts(self, expr: Node, scope: Scope) -> Cases:
        match expr.tag:
            case "VAR":
                return self._variable(expr, scope)
            case "PARAM" if expr.paramkind == 0:
                return known(("param", expr.paramid))
            case "FUNCEXPR" if self.schema.functions[expr.funcid].strict:
                return self._each(expr.args or (), scope)
            case "OPEXPR" if self.strict(expr):
                return self._each(expr.args, scope)
            case "NULLIFEXPR":
                return self.given(expr.args[0], scope)
            case "SUBSCRIPTINGREF" if expr.refassgnexpr is None:
                parts = [expr.refexpr, *(expr.refupperindexpr or ()), *(expr.reflowerindexpr or ())]
                return self._each([part for part in parts if part is not None], scope)
            case "ROWCOMPAREEXPR":
                return self._each([expr.largs[0], expr.rargs[0]], scope)
            case "COALESCEEXPR" | "MINMAXEXPR":
                return any_of(self.given(arg, scope) for arg in expr.args)
            case "BOOLEXPR" | "SCALARARRAYOPEXPR" | "SUBLINK" if expr.tag != "SUBLINK" or expr.subLinkType != 4:
                return self.when(expr, "TF", scope)
            case "SUBLINK":
                return self.exported(expr.subselect, scope)
            case tag if tag in _STRICT:
                return self.given(expr.arg, scope)
            case _:
                return ALWAYS

    def strict(self, operation: Node) -> bool:
        """Whether an operator gives null for any null."""
        return self.schema.functions[self.schema.operators[operation.opno][1]].strict

    def exported(self, query: Node, parent: Scope) -> Cases:
        """What a row of a sub-query tells of the levels around it."""
        scope = self.scope(query, parent)
        if query.commandType != Command.SELECT or query.setOperations or (grouped(query) and may_be_empty(query)):
            return ALWAYS
        around = {each.number for each in parent.chain()}
        return few(
            frozenset(fact for fact in case if fact[0] == "param" or (fact[0] in SCOPED and fact[1] in around))
            for case in scope.cases
        )

    def _each(self, exprs: Iterable[Node], scope: Scope) -> Cases:
        return all_of(self.given(expr, scope) for expr in exprs)

    def _variable(self, var: Node, scope: Scope) -> Cases:
        at = scope.up(var.varlevelsup)
        entry = at.entry(var.varno)
        if var.get("varreturningtype"):
            return ALWAYS
        if entry.rtekind == Entry.GROUP:
            return self.given(group_expression(entry, var.varattno), at)
        fact = known(("var", at.number, var.varno, var.varattno))
        if entry.rtekind != Entry.JOIN:
            return fact
        alias = entry.joinaliasvars[var.varattno - 1] if var.varattno > 0 else None
        return ALWAYS if alias is None else all_of([fact, self.given(alias, at)])

    def _boolean(self, condition: Node, outcomes: str, scope: Scope) -> Cases:
        args = condition.args
        if condition.boolop == "not":
            return self.when(args[0], outcomes.translate(_NOT), scope)
        # AND is OR with true and false exchanged.
        one, other = ("T", "F") if condition.boolop == "and" else ("F", "T")
        ways = []
        rest = "".join(outcome for outcome in outcomes if outcome != other)
        if rest:
            # No arm decides it: each is one of the rest, and where null is not among them, each is the other value.
            arms = one + "N" if "N" in rest else one
            ways.append(all_of(self.when(arg, arms, scope) for arg in args))
        if other in outcomes:
            ways += [self.when(arg, other, scope) for arg in args]
        return any_of(ways) if ways else ALWAYS

    def _not_null(self, test: Node, scope: Scope) -> Cases:
        if test.arg.tag != "ROWEXPR":
            return self.given(test.arg, scope)
        ways = (self.given(arg, scope) for arg in test.arg.args)
        return all_of(ways) if test.nulltesttype == 1 else any_of(ways)

    def _with_array(self, condition: Node, outcomes: str, scope: Scope) -> Cases:
        if not self.strict(condition):
            return ALWAYS
        scalar, array = condition.args
        facts = self.given(array, scope)
        # Of an empty array ANY is false and ALL is true, also for null.
        filled = array.tag == "ARRAYEXPR" and not array.multidims and array.elements
        if filled or outcomes == ("T" if condition.useOr else "F"):
            facts = all_of([facts, self.given(scalar, scope)])
        return facts

    def _sub_link(self, link: Node, outcomes: str, scope: Scope) -> Cases:
        kind = link.subLinkType
        if kind == SubLink.EXISTS and outcomes == "T":
            return self.exported(link.subselect, scope)
        if kind == SubLink.ANY and outcomes == "T":
            return all_of([self.exported(link.subselect, scope), self.when(link.testexpr, "T", scope)])
        if kind == SubLink.ALL and outcomes == "F":
            return self.when(link.testexpr, "F", scope)
        if kind == SubLink.ROWCOMPARE and "N" not in outcomes:
            return self.when(link.testexpr, outcomes, scope)
        if kind == SubLink.EXPR and "N" not in outcomes:
            return self.exported(link.subselect, scope)
        return ALWAYS

    def _item(self, item: Node, scope: Scope) -> tuple[frozenset[int], Cases]:
        """The relations below a part of FROM, and what is known where a row of it is there."""
        if item.tag == "RANGETBLREF":
            return frozenset([item.rtindex]), self._leaf(scope.entry(item.rtindex), scope)
        if item.tag == "FROMEXPR":
            found = [self._item(each, scope) for each in item.fromlist or ()]
            cases = all_of([*(each for _, each in found), self.true(item.quals, scope)])
            return frozenset().union(*(relations for relations, _ in found)), cases
        left, left_cases = self._item(item.larg, scope)
        right, right_cases = self._item(item.rarg, scope)
        below = left | right | {item.rtindex}
        on = self.true(item.quals, scope)
        kind = JOINS[item.jointype]
        facts = {which: ("side", scope.number, item.rtindex, which) for which in ("left", "right")}
        match kind:
            case "left":
                scope.sides.append(Side(facts["right"], kind, right, all_of([right_cases, on])))
                return below, left_cases
            case "right":
                scope.sides.append(Side(facts["left"], kind, left, all_of([left_cases, on])))
                return below, right_cases
            case "full":
                scope.sides.append(Side(facts["left"], kind, left, left_cases, facts["right"], on))
                scope.sides.append(Side(facts["right"], kind, right, right_cases))
                ways = [all_of([known(facts["left"]), left_cases]), all_of([known(facts["right"]), right_cases])]
                return below, any_of(ways)
            case _:
                return below, all_of([left_cases, right_cases, on])

    def _leaf(self, entry: Node, scope: Scope) -> Cases:
        """What a row of a relation in FROM tells of what is around it."""
        if entry.rtekind == Entry.SUBQUERY and entry.subquery is not None:
            return self.exported(entry.subquery, scope)
        if entry.rtekind == Entry.FUNCTION and len(entry.functions) == 1:
            call = entry.functions[0].funcexpr
            # A strict function that returns a set returns none for null.
            if call.tag == "FUNCEXPR" and call.funcretset and self.schema.functions[call.funcid].strict:
                return self._each(call.args or (), scope)
        return ALWAYS

    def _lost(self, scope: Scope) -> Case | None:
        query = scope.query
        if not query.groupingSets:
            return frozenset()
        lost = {clause.tleSortGroupRef for clause in query.groupClause or ()} - kept(query)
        keys = set()
        for entry in query.targetList:
            if entry.ressortgroupref in lost:
                found = key(entry.expr, scope, self.schema, immutable=False)
                if found is None:
                    return None
                keys.add(found)
        return frozenset(keys)
