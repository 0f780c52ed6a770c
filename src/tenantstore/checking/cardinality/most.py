"""Whether a query gives at most one row.

Two rows of the result are compared in thought. A relation is settled when both must have the same row of it: a unique
key of it equals constants, parameters, or columns of relations settled before. When all are, both are the same row.
"""

from dataclasses import dataclass

from tenantstore.checking.analysis import Analysis, Node, Schema
from tenantstore.checking.analysis.tree import (
    Command,
    Entry,
    SetOperation,
    group_expression,
    grouped,
    integer,
    sets_in_targets,
    targets,
)
from tenantstore.checking.cardinality.least import at_least_one
from tenantstore.checking.cardinality.level import Equality, Level

_NOT_MATCHED_BY_SOURCE = 1
_EMPTY_SET = 0
_WITH_TIES = 1


@dataclass(frozen=True, slots=True)
class Bound:
    """At most one row, and ``exactly`` says whether always one. ``why`` names the keys, or what else sees to it."""

    why: str
    exactly: bool


def at_most_one(analysis: Analysis, schema: Schema) -> Bound | None:
    """The proof that a query gives one row at most, or changes one; None where there is none."""
    why = single(analysis.tree, None, schema, {})
    return Bound(why, at_least_one(analysis.tree, schema)) if why else None


def single(query: Node, around: Level | None, schema: Schema, wanted: dict[int, Equality]) -> str | None:
    """Why there is one row at most among those whose columns, by number, equal one value each."""
    if query.limitCount is not None and integer(query.limitCount) in (0, 1) and query.limitOption != _WITH_TIES:
        return "LIMIT 1"
    if query.setOperations is not None:
        return _put_together(query, around, schema, wanted)
    level = Level(query, around, schema)
    if query.commandType != Command.SELECT:
        return _changed(level)
    if sets_in_targets(query):
        return None
    if grouped(query) and not query.groupClause:
        only = query.groupingSets or ()
        return "aggregate without GROUP BY" if all(each.kind == _EMPTY_SET for each in only) and len(only) < 2 else None
    for number, equality in wanted.items():
        level.settle(targets(query)[number - 1].expr, equality)
    if why := _all_settled(level):
        return why if not query.groupingSets else None
    return _one_group(level, wanted)


def _all_settled(level: Level) -> str | None:
    level.solve(_relation)
    if level.full or any(relation not in level.settled for relation in level.relations):
        return None
    # The order of FROM, each reason once.
    return ", ".join(dict.fromkeys(level.settled[relation] for relation in level.relations)) or "no table in FROM"


def _one_group(level: Level, wanted: dict[int, Equality]) -> str | None:
    """GROUP BY or DISTINCT of what has one value."""
    query = level.query
    if query.groupingSets:
        return None
    for name, clauses in (("GROUP BY", query.groupClause), ("DISTINCT", query.distinctClause)):
        if clauses and all(_is_one(level, clause, wanted) for clause in clauses):
            return f"{name} of one value"
    return None


def _is_one(level: Level, clause: Node, wanted: dict[int, Equality]) -> bool:
    entry = next(each for each in level.query.targetList if each.ressortgroupref == clause.tleSortGroupRef)
    asked = wanted.get(entry.resno)
    if asked is not None and not entry.resjunk and asked.families & level.schema.equality_families[clause.eqop]:
        return not asked.loose
    expr = entry.expr
    if expr.tag == "VAR" and level.query.rtable[expr.varno - 1].rtekind == Entry.GROUP:
        expr = group_expression(level.query.rtable[expr.varno - 1], expr.varattno)
    return level.has_one_value(expr, clause.eqop)


def _put_together(query: Node, around: Level | None, schema: Schema, wanted: dict[int, Equality]) -> str | None:
    top = Level(query, around, schema)

    def part(node: Node) -> str | None:
        if node.tag == "RANGETBLREF":
            return single(query.rtable[node.rtindex - 1].subquery, top, schema, wanted)
        match node.op:
            case SetOperation.INTERSECT:
                return part(node.larg) or part(node.rarg)
            case SetOperation.EXCEPT:
                return part(node.larg)
            case _ if not node.all and _all_asked(node, wanted, schema):
                return "UNION of one value"
            case _:
                return None

    return part(query.setOperations)


def _all_asked(node: Node, wanted: dict[int, Equality], schema: Schema) -> bool:
    """Whether every column equals one value, as UNION compares it."""
    clauses = enumerate(node.groupClauses or (), 1)
    return bool(node.groupClauses) and all(
        number in wanted
        and not wanted[number].loose
        and bool(wanted[number].families & schema.equality_families[clause.eqop])
        for number, clause in clauses
    )


def _changed(level: Level) -> str | None:
    """At most one row changed: a row is changed once, whatever it was joined with."""
    query = level.query
    target = level.schema.relations.get(query.rtable[query.resultRelation - 1].relid)
    if target is None or target.redirected:
        return None
    if query.commandType == Command.MERGE:
        if any(action.get("matchKind") == _NOT_MATCHED_BY_SOURCE for action in query.mergeActionList):
            return None
        # Up to 16 the condition stands in FROM.
        level.add(query.get("mergeJoinCondition"), frozenset([query.resultRelation]))
        level.relations.append(query.resultRelation)
    if query.commandType == Command.INSERT and sets_in_targets(query):
        return None
    if query.commandType in (Command.UPDATE, Command.DELETE):
        level.solve(_relation)
        return level.settled.get(query.resultRelation) if not level.full else None
    why = _all_settled(level)
    return "one row of VALUES" if why == "no table in FROM" else why


def _relation(level: Level, relation: int) -> str | None:
    """Why a relation of the level is settled, from what is settled by now."""
    entry, schema = level.query.rtable[relation - 1], level.schema
    if getattr(entry, "lateral", False) and not level.depends_on_settled(entry):
        return None
    name = entry.eref.aliasname
    match entry.rtekind:
        case Entry.RELATION if entry.relkind == "v":
            return single(schema.view(entry.relid), None, schema, level.asked(relation))
        case Entry.RELATION:
            return _by_key(level, relation, entry)
        case Entry.SUBQUERY if entry.subquery is not None:
            return single(entry.subquery, level, schema, level.asked(relation))
        case Entry.CTE:
            home = level.up(entry.ctelevelsup)
            cte = next(each for each in home.query.cteList if each.ctename == entry.ctename)
            return None if cte.cterecursive else single(cte.ctequery, home, schema, level.asked(relation))
        case Entry.VALUES:
            return "one row of VALUES" if len(entry.values_lists) == 1 else None
        case Entry.FUNCTION:
            calls = [each.funcexpr for each in entry.functions]
            return None if any(call.tag == "FUNCEXPR" and call.funcretset for call in calls) else f"one row of {name}"
        case Entry.RESULT:
            return "no table"
        case _:
            return None


def _by_key(level: Level, relation: int, entry: Node) -> str | None:
    found = level.schema.relations.get(entry.relid)
    if found is None or (entry.inh and found.kind != "p" and level.schema.children.get(found.oid)):
        return None
    asked = level.asked(relation)
    for key in found.keys:
        parts = zip(key.columns, key.families, key.collations, strict=True)
        if all(number in asked and asked[number].fits(family, collation) for number, family, collation in parts):
            return key.index
    return None
