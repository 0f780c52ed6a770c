"""Why an expression may be null, by its kind."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tenantstore.checking.analysis import Node
from tenantstore.checking.analysis.tree import Entry, SubLink, group_expression
from tenantstore.checking.cardinality import at_least_one
from tenantstore.checking.nullability import aggregates, calls
from tenantstore.checking.nullability.cases import Cases
from tenantstore.checking.nullability.env import Env, Prover, Why, first, given, in_each
from tenantstore.checking.nullability.keys import key

Rule = Callable[[Prover, Node, Env], Why]

_CURRENT_SCHEMA = 14
_XMLELEMENT = 1
_IS_NOT_NULL = 1
_JSON_EXISTS = 0
_UNKNOWN_ON_ERROR = 5
# IS TRUE, IS NOT TRUE, IS FALSE and IS NOT FALSE, by the value for which they are true when it is not null.
_TESTS_OF_TRUTH = {0: True, 1: False, 2: False, 3: True}


def why(prover: Prover, expr: Node, env: Env) -> Why:
    if env.grouped and (lost := _lost(prover, expr, env)):
        return lost
    rule = _RULES.get(expr.tag)
    found = f"{expr.tag} may be null" if rule is None else rule(prover, expr, env)
    if found and expr.tag not in ("VAR", "PARAM", "CONST"):
        same = key(expr, env.scope, prover.schema)
        if same and ("expr", same) in env.case:
            return None
    return found


def _lost(prover: Prover, expr: Node, env: Env) -> Why:
    """What is grouped is null in the groups of a set that leaves it out."""
    for scope in env.scope.chain():
        if scope.number not in env.grouped or scope.lost == frozenset():
            continue
        same = key(expr, env.scope, prover.schema, immutable=False)
        if scope.lost is None:
            # One of them cannot be told from what else there is.
            if expr.tag not in ("CONST", "PARAM", "AGGREF", "GROUPINGFUNC"):
                return "a grouping set may leave it out"
        elif same in scope.lost and same not in env.case and ("expr", same) not in env.case:
            return "a grouping set leaves it out"
    return None


def _never(_prover: Prover, _expr: Node, _env: Env) -> Why:
    return None


def _argument(prover: Prover, expr: Node, env: Env) -> Why:
    return prover.why(expr.arg, env)


def _variable(prover: Prover, var: Node, env: Env) -> Why:
    at = env.up(var.varlevelsup)
    scope, case = at.scope, at.case
    entry = scope.entry(var.varno)
    returned = var.get("varreturningtype", 0)
    if ("old" if returned == 1 else "var", scope.number, var.varno, var.varattno) in case:
        return None
    if entry.rtekind == Entry.GROUP:
        return prover.why(group_expression(entry, var.varattno), at)
    missing = scope.missing(var.varno, case)
    if missing is not None:
        return f"{missing.kind} join of {named(prover, entry)}"
    return prover.column(var, at)


def named(prover: Prover, entry: Node) -> str:
    """A relation by the name it has in the schema; what has none, by its alias."""
    relation = prover.schema.relations.get(entry.relid) if entry.rtekind == Entry.RELATION else None
    name: str = relation.name if relation else entry.eref.aliasname
    return name


def _constant(_prover: Prover, const: Node, _env: Env) -> Why:
    return "it is NULL" if const.constisnull else None


def _parameter(prover: Prover, param: Node, env: Env) -> Why:
    if param.paramkind == 0:
        safe = param.paramid in prover.parameters or ("param", param.paramid) in env.case
        return None if safe else f"${param.paramid} may be null"
    if param.paramkind == 2 and env.columns:
        found: Why = env.columns[param.paramid - 1]
        return found
    return "a sub-query's value may be null"


def _boolean(prover: Prover, expr: Node, env: Env) -> Why:
    if expr.boolop == "not":
        return prover.why(expr.args[0], env)
    # An arm that is null counts only where no other one decides.
    decides, undecided = (False, "TN") if expr.boolop == "and" else (True, "FN")
    if any(truth(prover, arm, env) is decides for arm in expr.args):
        return None
    for number, arm in enumerate(expr.args):
        others = [each for place, each in enumerate(expr.args) if place != number]
        facts = [prover.knowledge.when(other, undecided, env.scope) for other in others]
        if found := in_each(prover, arm, given(prover, env, facts)):
            return found
    return None


def truth(prover: Prover, expr: Node, env: Env) -> bool | None:
    """Whether a condition is true here; None where it is not known."""
    if expr.tag == "NULLTEST" and not expr.argisrow and prover.why(expr.arg, env) is None:
        return bool(expr.nulltesttype == _IS_NOT_NULL)
    if expr.tag == "BOOLEANTEST" and expr.booltesttype in _TESTS_OF_TRUTH:
        inner = truth(prover, expr.arg, env)
        return None if inner is None else inner == _TESTS_OF_TRUTH[expr.booltesttype]
    same = key(expr, env.scope, prover.schema)
    if ("true", same) in env.case:
        return True
    return False if ("false", same) in env.case else None


def _case(prover: Prover, expr: Node, env: Env) -> Why:
    passed: list[Cases] = []
    for branch in expr.args:
        known = truth(prover, branch.expr, env) if expr.arg is None else None
        if known is False:
            continue
        if known:
            return in_each(prover, branch.result, given(prover, env, passed))
        # A branch of the short form compares with a value that stands outside of it.
        facts = prover.knowledge.when(branch.expr, "T", env.scope)
        if found := in_each(prover, branch.result, given(prover, env, [*passed, facts])):
            return found
        passed.append(prover.knowledge.when(branch.expr, "FN", env.scope))
    if expr.defresult.tag == "CONST" and expr.defresult.constisnull:
        return "CASE without ELSE, or with ELSE NULL"
    return in_each(prover, expr.defresult, given(prover, env, passed))


def _coalesce(prover: Prover, expr: Node, env: Env) -> Why:
    reasons = []
    for arg in expr.args:
        found = prover.why(arg, env)
        if found is None:
            return None
        reasons.append(found)
    return reasons[-1]


def _nullif(_prover: Prover, _expr: Node, _env: Env) -> Why:
    return "NULLIF gives null where both are equal"


def _sub_link(prover: Prover, link: Node, env: Env) -> Why:
    kind = link.subLinkType
    if kind in (SubLink.EXISTS, SubLink.ARRAY):
        return None
    if kind not in (SubLink.ALL, SubLink.ANY, SubLink.EXPR, SubLink.ROWCOMPARE):
        return "a sub-query may find no row"
    columns = prover.output(link.subselect, env)
    scalar = kind in (SubLink.EXPR, SubLink.ROWCOMPARE)
    if scalar and not at_least_one(link.subselect, prover.schema, env.scope.queries()):
        return "a sub-query may find no row"
    if kind == SubLink.EXPR:
        return columns[0]
    return prover.why(link.testexpr, replace(env, columns=columns))


def _subscript(prover: Prover, expr: Node, env: Env) -> Why:
    if expr.refassgnexpr is not None:
        return "an element that is assigned"
    # A slice out of range is empty, an element out of range is null.
    bounds = [*(expr.refupperindexpr or ()), *(expr.reflowerindexpr or ())]
    if expr.reflowerindexpr and prover.schema.base_type(expr.refcontainertype).category == "A":
        return first(prover, [expr.refexpr, *(bound for bound in bounds if bound is not None)], env)
    return "an element may be null, or not there"


def _field(prover: Prover, expr: Node, env: Env) -> Why:
    if expr.arg.tag == "ROWEXPR":
        return prover.why(expr.arg.args[expr.fieldnum - 1], env)
    return "a field of a row may be null"


def _through_text(prover: Prover, expr: Node, env: Env) -> Why:
    if not by_the_server(prover, expr.resulttype):
        return f"a cast to {prover.schema.types[expr.resulttype].name} may give null"
    return prover.why(expr.arg, env)


def by_the_server(prover: Prover, oid: int) -> bool:
    """Whether the type's texts are read by a function of the server's own, which gives a value for each."""
    found = prover.schema.base_type(oid)
    return oid < calls.FIRST_OF_USERS or found.kind != "b" or found.category == "A" or found.oid < calls.FIRST_OF_USERS


def _domain(prover: Prover, expr: Node, env: Env) -> Why:
    return None if prover.schema.never_null(expr.resulttype) else prover.why(expr.arg, env)


def _row_comparison(prover: Prover, expr: Node, env: Env) -> Why:
    for operator in expr.opnos:
        if found := calls.function(prover, prover.schema.operators[operator][1]):
            return found
    return first(prover, [*expr.largs, *expr.rargs], env)


def _of_the_session(_prover: Prover, expr: Node, _env: Env) -> Why:
    return "current_schema is null where no schema of the search path is there" if expr.op == _CURRENT_SCHEMA else None


def _xml(_prover: Prover, expr: Node, _env: Env) -> Why:
    return None if expr.op == _XMLELEMENT else "an XML function may give null"


def _json(prover: Prover, expr: Node, env: Env) -> Why:
    # 1 and 2 build an object and an array, 3 and 4 aggregate, 5 to 7 take one value.
    if expr.type in (1, 2) and expr.func is None:
        return None
    if expr.type in (3, 4) and expr.func is not None:
        return prover.why(expr.func, env)
    return first(prover, [part for part in (expr.func, *(expr.args or ())) if part is not None], env)


def _json_query(prover: Prover, expr: Node, env: Env) -> Why:
    if expr.op != _JSON_EXISTS or (expr.on_error is not None and expr.on_error.btype == _UNKNOWN_ON_ERROR):
        return "what a path finds may be null"
    return prover.why(expr.formatted_expr, env)


def _json_value(prover: Prover, expr: Node, env: Env) -> Why:
    return prover.why(expr.raw_expr, env)


_RULES: Mapping[str, Rule] = {
    "VAR": _variable,
    "CONST": _constant,
    "PARAM": _parameter,
    "BOOLEXPR": _boolean,
    "NULLTEST": _never,
    "BOOLEANTEST": _never,
    "DISTINCTEXPR": calls.distinct,
    "GROUPINGFUNC": _never,
    "MERGESUPPORTFUNC": _never,
    "NEXTVALUEEXPR": _never,
    "ARRAYEXPR": _never,
    "ROWEXPR": _never,
    "CASEEXPR": _case,
    "COALESCEEXPR": _coalesce,
    "MINMAXEXPR": _coalesce,
    "NULLIFEXPR": _nullif,
    "SUBLINK": _sub_link,
    "SUBSCRIPTINGREF": _subscript,
    "FIELDSELECT": _field,
    "RELABELTYPE": _argument,
    "NAMEDARGEXPR": _argument,
    "COLLATEEXPR": _argument,
    "CONVERTROWTYPEEXPR": _argument,
    "ARRAYCOERCEEXPR": _argument,
    "COERCEVIAIO": _through_text,
    "COERCETODOMAIN": _domain,
    "ROWCOMPAREEXPR": _row_comparison,
    "SQLVALUEFUNCTION": _of_the_session,
    "XMLEXPR": _xml,
    "JSONCONSTRUCTOREXPR": _json,
    "JSONVALUEEXPR": _json_value,
    "JSONEXPR": _json_query,
    "JSONISPREDICATE": lambda prover, expr, env: prover.why(expr.expr, env),
    "FUNCEXPR": calls.call,
    "OPEXPR": calls.operation,
    "SCALARARRAYOPEXPR": calls.with_array,
    "AGGREF": aggregates.aggregate,
    "WINDOWFUNC": aggregates.window,
}
