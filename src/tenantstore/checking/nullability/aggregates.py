"""Aggregates and window functions."""

from dataclasses import replace

from tenantstore.checking.analysis import Node
from tenantstore.checking.analysis.tree import may_be_empty
from tenantstore.checking.nullability.calls import is_servers
from tenantstore.checking.nullability.env import Env, Prover, Why, in_each

# Of no row, they give a number.
_COUNTS = {"count", "regr_count"}
_RANKS = {"rank", "dense_rank", "percent_rank", "cume_dist"}
# Of one row or more, they give a value whatever the row holds.
_COLLECTORS = {
    "array_agg",
    *(
        f"{kind}_{name}"
        for kind in ("json", "jsonb")
        for name in ("agg", "object_agg", "agg_strict", "object_agg_strict")
    ),
    *(f"{kind}_object_agg_{name}" for kind in ("json", "jsonb") for name in ("unique", "unique_strict")),
}
# Of one row or more, they give a value where every argument is one.
_FOLDS = {
    "any_value",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "every",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "range_agg",
    "range_intersect_agg",
    "regr_avgx",
    "regr_avgy",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev_pop",
    "string_agg",
    "sum",
    "var_pop",
    "covar_pop",
    "xmlagg",
}
_WINDOWS = {"row_number", "rank", "dense_rank", "percent_rank", "cume_dist"}

# Bits of a window's frame.
_ROWS, _GROUPS = 0x4, 0x8
_STARTS_BEFORE, _STARTS_HERE, _STARTS_OFFSET = 0x20, 0x200, 0x800
_ENDS_AFTER, _ENDS_HERE, _ENDS_OFFSET = 0x100, 0x400, 0x4000
_EXCLUDES_ROW, _EXCLUDES_GROUP = 0x8000, 0x10000


def aggregate(prover: Prover, expr: Node, env: Env) -> Why:
    at = env.up(expr.agglevelsup)
    found = prover.schema.functions[expr.aggfnoid]
    if not is_servers(found):
        return f"{found.name}() may give null"
    if found.name in _COUNTS or (expr.aggkind == "h" and found.name in _RANKS):
        return None
    if at.scope.number not in at.grouped:
        return f"{found.name}() of another level may be of no row"
    if may_be_empty(at.scope.query):
        return f"{found.name}() of no row is null"
    if expr.aggfilter is not None:
        return f"{found.name}() is null where the FILTER leaves no row"
    if found.name in _COLLECTORS:
        return None
    if found.name not in _FOLDS:
        return f"{found.name}() may give null"
    # What separates in string_agg may be null.
    args = [entry.expr for entry in expr.args or () if not entry.resjunk or expr.aggkind != "n"]
    values = [*(expr.aggdirectargs or ()), *(args[:1] if found.name == "string_agg" else args)]
    # Columns below are counted in levels from where the aggregate stands, also when it is of an outer level.
    rows = [replace(row, scope=env.scope) for row in prover.rows(at)]
    return next((why for value in values if (why := in_each(prover, value, rows))), None)


def window(prover: Prover, expr: Node, env: Env) -> Why:
    found = prover.schema.functions[expr.winfnoid]
    args = expr.args or []
    if not is_servers(found) or expr.get("ignore_nulls"):
        return f"{found.name}() may give null"
    if found.name in _WINDOWS or found.name in _COUNTS:
        return None
    if found.name == "ntile" or (found.name in ("lag", "lead") and len(args) == 3):
        return next((why for arg in args if (why := prover.why(arg, env))), None)
    if found.name in ("lag", "lead", "nth_value"):
        return f"{found.name}() may be of a row that is not there"
    if not _holds_its_row(env, expr.winref):
        return f"{found.name}() may be of an empty frame"
    if expr.aggfilter is not None:
        return f"{found.name}() is null where the FILTER leaves no row"
    if found.name in _COLLECTORS:
        return None
    if found.name in _FOLDS or found.name in ("first_value", "last_value"):
        values = args[:1] if found.name == "string_agg" else args
        return next((why for arg in values if (why := prover.why(arg, env))), None)
    return f"{found.name}() may give null"


def _holds_its_row(env: Env, winref: int) -> bool:
    """Whether the frame of each row has at least that row."""
    clause = next(clause for clause in env.scope.query.windowClause if clause.winref == winref)
    options = clause.frameOptions
    starts, ends = _STARTS_BEFORE | _STARTS_HERE, _ENDS_AFTER | _ENDS_HERE
    if options & (_ROWS | _GROUPS):
        starts, ends = starts | _STARTS_OFFSET, ends | _ENDS_OFFSET
    return bool(options & starts and options & ends) and not options & (_EXCLUDES_ROW | _EXCLUDES_GROUP)
