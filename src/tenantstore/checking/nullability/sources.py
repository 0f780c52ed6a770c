"""Why a column of a relation in FROM may be null, when no outer join nulls it."""

from dataclasses import replace

from tenantstore.checking.analysis import Attribute, Node, Relation
from tenantstore.checking.analysis.tree import Command, Entry
from tenantstore.checking.nullability import calls
from tenantstore.checking.nullability.cases import NO_FACT, Case
from tenantstore.checking.nullability.env import Env, Prover, Why, first

_OLD, _NEW = 1, 2
_NOT_MATCHED_BY_SOURCE = 1
_JSON_TABLE = 1
# Columns of the server's own functions that are never null in a row: the first ones, or all.
_COLUMNS = {
    "json_each": 2,
    "jsonb_each": 2,
    "json_each_text": 1,
    "jsonb_each_text": 1,
}


def column(prover: Prover, var: Node, env: Env) -> Why:
    """``env`` is at the level of the relation, whose columns in FROM are not grouped yet."""
    entry = env.scope.entry(var.varno)
    number = var.varattno
    if _may_lack_source(env.scope.query) and var.varno != env.scope.query.resultRelation:
        return "WHEN NOT MATCHED BY SOURCE has no row of the source"
    before = replace(env, grouped=env.grouped - {env.scope.number})
    match entry.rtekind:
        case Entry.RELATION:
            return _of_relation(prover, var, env)
        case Entry.SUBQUERY if entry.subquery is not None:
            return None if number == 0 else prover.output(entry.subquery, before, _seen(var, env))[number - 1]
        case Entry.JOIN:
            return _of_join(prover, entry, number, env)
        case Entry.FUNCTION:
            return _of_functions(prover, entry, number, before)
        case Entry.TABLEFUNC:
            return _of_table_function(entry.tablefunc, number)
        case Entry.VALUES:
            if number == 0:
                return None
            whys = (prover.why(row[number - 1], before) for row in entry.values_lists)
            return next((why for why in whys if why), None)
        case Entry.CTE:
            return None if number == 0 else _of_cte(prover, entry, var, before)
        case _:
            return "a row of this relation may hold nulls"


def _of_relation(prover: Prover, var: Node, env: Env) -> Why:
    query, schema = env.scope.query, prover.schema
    entry = env.scope.entry(var.varno)
    relation = schema.relations.get(entry.relid)
    if relation is None:
        return f"{entry.eref.aliasname} is no table"
    if query.commandType != Command.SELECT and query.resultRelation == var.varno:
        returned = var.get("varreturningtype", 0)
        if returned and (why := _before_and_after(query, returned)):
            return why
        if relation.redirected or relation.kind == "v":
            return f"what a write to {relation.name} gives back may be null"
    elif relation.kind == "v":
        if var.varattno == 0:
            return None
        found = prover.output(schema.view(relation.oid), None, _seen(var, env))
        return dict(enumerate(found, 1))[var.varattno]
    if var.varattno == 0:
        return None
    if relation.kind in "mf":
        kind = "materialized view" if relation.kind == "m" else "foreign table"
        return f"no constraint holds in {relation.name}, a {kind}"
    if var.varattno < 0:
        return None
    # That a column's domain is NOT NULL is not enough: a null of that type, from a sub-query that finds no row or from
    # an outer join, is stored without being checked again.
    name = relation.attributes[var.varattno].name
    for oid in schema.descendants(relation.oid) if entry.inh else [relation.oid]:
        below = schema.relations[oid]
        attribute = next((each for each in below.attributes.values() if each.name == name), None)
        if attribute is None or below.kind == "f":
            return f"{below.name}.{name} may be null"
        if not attribute.not_null and not _is_made(prover, below, attribute):
            return f"{below.name}.{name} may be null"
    return None


def _is_made(prover: Prover, relation: Relation, attribute: Attribute) -> bool:
    """Whether the server makes the column's value of columns that are never null."""
    if not attribute.generated:
        return False
    number = next(number for number, each in relation.attributes.items() if each is attribute)
    entry = Node("RANGETBLENTRY", {"rtekind": Entry.RELATION, "relid": relation.oid, "inh": False})
    query = Node("QUERY", {"commandType": Command.SELECT, "rtable": [entry], "jointree": None, "groupingSets": None})
    scope = prover.knowledge.scope(query, None)
    return prover.why(prover.schema.generated(relation.oid)[number], Env(scope, NO_FACT)) is None


def _may_lack_source(query: Node) -> bool:
    """Whether MERGE also changes rows of the target that nothing in the source matches."""
    return query.commandType == Command.MERGE and any(
        action.get("matchKind") == _NOT_MATCHED_BY_SOURCE for action in query.mergeActionList
    )


def _before_and_after(query: Node, returned: int) -> Why:
    """What RETURNING names ``old`` or ``new`` is not there for every command."""
    there = {_OLD: (Command.UPDATE, Command.DELETE), _NEW: (Command.UPDATE, Command.INSERT)}[returned]
    if query.commandType in there:
        return None
    return f"there may be no {'old' if returned == _OLD else 'new'} row"


def _of_join(prover: Prover, entry: Node, number: int, env: Env) -> Why:
    if number == 0:
        return None
    alias = entry.joinaliasvars[number - 1]
    return "a column that was dropped" if alias is None else prover.why(alias, env)


def _of_functions(prover: Prover, entry: Node, number: int, env: Env) -> Why:
    functions = entry.functions
    width = sum(each.funccolcount for each in functions)
    if number > width:
        return None
    if len(functions) > 1:
        return "a set in ROWS FROM that is shorter than another"
    if number == 0:
        return "a row that a function gives may be null"
    expr = functions[0].funcexpr
    if expr.tag != "FUNCEXPR":
        return prover.why(expr, env) if width == 1 else "a column of a function's row may be null"
    function = prover.schema.functions[expr.funcid]
    if calls.is_servers(function) and number <= _COLUMNS.get(function.name, 0):
        return None
    if width > 1 or prover.schema.types[function.result].kind == "c":
        return f"a column of {function.name}() may be null"
    if not expr.funcretset:
        return prover.why(expr, env)
    if calls.is_servers(function) and function.name == "unnest" and len(expr.args) == 1:
        return calls.elements(prover, expr.args[0], env)
    return calls.element(function)


def _of_table_function(function: Node, number: int) -> Why:
    """XMLTABLE and JSON_TABLE."""
    if function.get("functype", 0) == _JSON_TABLE:
        # A column without an expression numbers the rows, and those of a nested path may not be there.
        numbers = function.colvalexprs[number - 1] is None and function.plan.child is None
        return None if numbers else "a column of JSON_TABLE may be null"
    if number - 1 == function.ordinalitycol or number - 1 in (function.notnulls or ()):
        return None
    return "a column of XMLTABLE may be null"


def _of_cte(prover: Prover, entry: Node, var: Node, env: Env) -> Why:
    at = env.up(entry.ctelevelsup)
    cte = next(each for each in at.scope.query.cteList if each.ctename == entry.ctename)
    columns = dict(enumerate(prover.common(cte, at, _seen(var, env)), 1))
    if var.varattno in columns:
        return columns[var.varattno]
    return _of_search_and_cycle(prover, cte, var.varattno - len(columns), at)


def _of_search_and_cycle(prover: Prover, cte: Node, number: int, env: Env) -> Why:
    """SEARCH adds a column, then CYCLE two: a mark, which is one of two values, and the path."""
    if cte.search_clause is not None:
        number -= 1
    if number == 1:
        return first(prover, [cte.cycle_clause.cycle_mark_value, cte.cycle_clause.cycle_mark_default], env)
    return None


def _seen(var: Node, env: Env) -> frozenset[int]:
    """The columns of the same relation that are not null in this row."""
    relation = ("var", env.scope.number, var.varno)
    return frozenset(fact[3] for fact in env.case if fact[:3] == relation and fact[3] > 0)


def of_params(case: Case) -> Case:
    """What is known of parameters alone, which hold the same value everywhere."""
    return frozenset(fact for fact in case if fact[0] == "param")
