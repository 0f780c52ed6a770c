"""The proof itself: what a query gives, level by level."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from tenantstore.checking.analysis import Analysis, Node, Schema
from tenantstore.checking.analysis.tree import Command, SetOperation, grouped, may_be_empty, targets
from tenantstore.checking.nullability import expressions, sources
from tenantstore.checking.nullability.cases import NO_FACT, SCOPED, Case, Fact, all_of, few
from tenantstore.checking.nullability.env import Env, Why, given, in_each
from tenantstore.checking.nullability.knowledge import Knowledge
from tenantstore.checking.nullability.scope import Scope

# A query, what is known around it, whose rows are groups there, and which of its columns are seen.
_Place: TypeAlias = tuple[int, Case, frozenset[int], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Nullability:
    """Whether an output column can be null. ``why`` says how, in a phrase; empty where it never is."""

    nullable: bool
    why: str


def columns(analysis: Analysis, schema: Schema, parameters: frozenset[int] = frozenset()) -> tuple[Nullability, ...]:
    """Of each output column, in order; what cannot be proven is nullable.

    ``parameters`` are the numbers of those that are never null, from 1.
    """
    found = Proof(schema, parameters).output(analysis.tree, None)
    return tuple(Nullability(why is not None, why or "") for why in found)


class Proof:
    """One proof, which remembers what it found of sub-queries, views and CTEs."""

    def __init__(self, schema: Schema, parameters: frozenset[int]) -> None:
        self.schema = schema
        self.knowledge: Knowledge = Knowledge(schema)
        self.parameters = parameters
        self._found: dict[_Place, tuple[Why, ...]] = {}
        self._assumed: dict[int, tuple[Why, ...]] = {}

    def why(self, expr: Node, env: Env) -> Why:
        return expressions.why(self, expr, env)

    def column(self, var: Node, env: Env) -> Why:
        return sources.column(self, var, env)

    def output(self, query: Node, around: Env | None, seen: frozenset[int] = frozenset()) -> tuple[Why, ...]:
        case = around.case if around else NO_FACT
        place = (id(query), case, around.grouped if around else frozenset(), seen)
        if place in self._found:
            return self._found[place]
        scope = self.knowledge.scope(query, around.scope if around else None)
        if query.setOperations is not None:
            found = self._set_operation(query.setOperations, Env(scope, case, place[2]), seen)
        else:
            found = self._plain(query, Env(scope, case, place[2]), seen)
        # Under an assumption it may be more than holds in the end.
        if not self._assumed:
            self._found[place] = found
        return found

    def rows(self, env: Env) -> list[Env]:
        own = env.scope.number
        outer = frozenset(fact for fact in env.case if fact[0] == "param" or (fact[0] in SCOPED and fact[1] != own))
        cases = all_of([(outer,), env.scope.cases])
        return [replace(env, case=case, grouped=env.grouped - {own}) for case in cases]

    def common(self, cte: Node, at: Env, seen: frozenset[int]) -> tuple[Why, ...]:
        """The columns of a CTE, which is looked at from where it is written."""
        if id(cte) in self._assumed:
            return self._assumed[id(cte)]
        case = at.case if at.scope.parent else sources.of_params(at.case)
        around = replace(at, case=case)
        if not cte.cterecursive:
            return self.output(cte.ctequery, around, seen)
        # The first rows are of the first part, all others are made from rows that are as assumed.
        width = len(targets(cte.ctequery))
        assumed: tuple[Why, ...] = (None,) * width
        while True:
            self._assumed[id(cte)] = assumed
            try:
                found = self.output(cte.ctequery, around)
            finally:
                del self._assumed[id(cte)]
            if found == assumed:
                return found
            assumed = tuple(new or old for new, old in zip(found, assumed, strict=True))

    def _plain(self, query: Node, env: Env, seen: frozenset[int]) -> tuple[Why, ...]:
        if query.commandType == Command.SELECT:
            envs = self._groups(query, env) if grouped(query) else self.rows(env)
            exprs = [targets(query)[number - 1].expr for number in sorted(seen)]
            facts = [self.knowledge.given(expr, env.scope) for expr in exprs]
            envs = [more for each in envs for more in given(self, each, facts)] if facts else envs
        elif query.commandType == Command.MERGE or self._is_redirected(query):
            envs = [env]
        else:
            envs = [self._changed(query, each) for each in self.rows(env)]
        return tuple(in_each(self, entry.expr, envs) for entry in targets(query))

    def _is_redirected(self, query: Node) -> bool:
        """Whether a rule or a trigger decides what is given back."""
        relation = self.schema.relations.get(query.rtable[query.resultRelation - 1].relid)
        return relation is None or relation.redirected

    def _changed(self, query: Node, env: Env) -> Env:
        """What is known of the rows that a change gives back: an updated one is no longer as its condition found it."""
        target = (env.scope.number, query.resultRelation)
        case = set()
        for fact in env.case:
            if fact[0] == "var" and fact[1:3] == target:
                case.add(("old", *fact[1:]))
            if query.commandType != Command.UPDATE or (fact[0] in ("param", *SCOPED) and fact[:3] != ("var", *target)):
                case.add(fact)
        return replace(env, case=frozenset(case))

    def _groups(self, query: Node, env: Env) -> list[Env]:
        """The level once its rows are groups. Of a group that may be empty, no condition on rows is known."""
        scope = env.scope
        rows = [env.case] if may_be_empty(query) else [self._of_groups(each.case, scope) for each in self.rows(env)]
        having = self.knowledge.true(query.havingQual, scope)
        cases = few(case for each in all_of([few(rows), having]) for case in self.knowledge.closed(each, scope))
        return [replace(env, case=case, grouped=env.grouped | {scope.number}) for case in cases]

    def _of_groups(self, case: Case, scope: Scope) -> Case:
        """What is known of rows, without what a grouping set may have nulled."""
        if not scope.query.groupingSets:
            return case
        own, lost = ("var", scope.number), scope.lost
        return frozenset(
            fact
            for fact in case
            if fact[0] in ("param", *SCOPED) and (fact[:2] != own or (lost is not None and not _holds(lost, fact)))
        )

    def _set_operation(self, node: Node, env: Env, seen: frozenset[int]) -> tuple[Why, ...]:
        if node.tag == "RANGETBLREF":
            return self.output(env.scope.entry(node.rtindex).subquery, env, seen)
        left, right = (self._set_operation(part, env, seen) for part in (node.larg, node.rarg))
        pairs = zip(left, right, strict=True)
        match node.op:
            case SetOperation.INTERSECT:
                return tuple(one and other for one, other in pairs)
            case SetOperation.EXCEPT:
                return left
            case _:
                return tuple(one or other for one, other in pairs)


def _holds(key: object, part: Fact) -> bool:
    """Whether a column stands in a key, or in one of several."""
    return key == part or (isinstance(key, tuple | frozenset) and any(_holds(each, part) for each in key))
