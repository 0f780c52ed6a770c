"""Expressions compared: two that have the same key have the same value in a row."""

from typing import Any

from tenantstore.checking.analysis import Node, Schema
from tenantstore.checking.analysis.tree import Entry, group_expression
from tenantstore.checking.nullability.scope import Scope

Key = tuple[Any, ...]

# How it was written, and what the planner will note.
_IGNORED = {
    "location",
    "funcformat",
    "relabelformat",
    "coerceformat",
    "convertformat",
    "row_format",
    "coercionformat",
    "list_start",
    "list_end",
    "aggno",
    "aggtransno",
    "varnosyn",
    "varattnosyn",
    "varnullingrels",
    "opfuncid",
}
# Their value depends on more than their parts.
_OPAQUE = {"SUBLINK", "CASETESTEXPR", "COERCETODOMAINVALUE", "NEXTVALUEEXPR", "WINDOWFUNC", "SETTODEFAULT"}


def key(expr: Node, scope: Scope, schema: Schema, immutable: bool = True) -> Key | None:
    """The expression with its columns named whatever level they are looked at from.

    None where it has none: it holds a sub-query, or with ``immutable`` what may differ between two calls.
    """
    try:
        found: Key = _key(expr, scope, schema if immutable else None)
    except _NoKey:
        return None
    return found


class _NoKey(Exception):
    pass


def _key(value: Any, scope: Scope, schema: Schema | None) -> Any:
    if isinstance(value, list):
        return tuple(_key(each, scope, schema) for each in value)
    if not isinstance(value, Node):
        return value
    if value.tag == "VAR":
        return _variable(value, scope, schema)
    if value.tag in _OPAQUE or (value.tag == "PARAM" and value.paramkind != 0):
        raise _NoKey
    if schema is not None:
        _steady(value, schema)
    fields = (_key(each, scope, schema) for name, each in value.fields.items() if name not in _IGNORED)
    return (value.tag, scope.number if value.tag in ("AGGREF", "GROUPINGFUNC") else None, *fields)


def _variable(var: Node, scope: Scope, schema: Schema | None) -> Key:
    at = scope.up(var.varlevelsup)
    entry = at.entry(var.varno)
    if entry.rtekind == Entry.GROUP:
        found: Key = _key(group_expression(entry, var.varattno), at, schema)
        return found
    if entry.rtekind == Entry.JOIN and var.varattno > 0 and entry.joinaliasvars[var.varattno - 1] is not None:
        merged: Key = _key(entry.joinaliasvars[var.varattno - 1], at, schema)
        return merged
    return ("var", at.number, var.varno, var.varattno, *([var.varreturningtype] if var.get("varreturningtype") else []))


def _steady(node: Node, schema: Schema) -> None:
    """:raises _NoKey: for a call that may give something else the next time."""
    match node.tag:
        case "FUNCEXPR":
            function = schema.functions[node.funcid]
            if function.volatile != "i" or node.funcretset:
                raise _NoKey
        case "OPEXPR" | "DISTINCTEXPR" | "NULLIFEXPR" | "SCALARARRAYOPEXPR":
            if schema.functions[schema.operators[node.opno][1]].volatile != "i":
                raise _NoKey
        case "COERCEVIAIO" | "JSONEXPR" | "JSONCONSTRUCTOREXPR" | "XMLEXPR":
            raise _NoKey
        case _:
            pass
