"""Functions and operators: which of the server's own never give null for arguments that are not.

Being strict says that null gives null, and nothing of the way back: ``'[1,2)'::jsonb -> 5``, ``regexp_match`` and
``to_regclass`` are strict and give null for what is not there. So those that are trusted are listed by name, in
``total.txt``: strict functions whose own code has no way to give null. A service's function is never trusted.
"""

from functools import cache
from pathlib import Path

from tenantstore.checking.analysis import Function, Node, Oid, Schema
from tenantstore.checking.analysis.tree import sets_in_targets
from tenantstore.checking.nullability.env import Env, Prover, Why, first

#: What is numbered below came with the server.
FIRST_OF_USERS = 16384

# Of a name that is listed, those that give null all the same: bounds of what is empty or has none, patterns that do not
# match, and JSON's null.
_PARTIAL = {
    "lower(anyrange)",
    "lower(anymultirange)",
    "upper(anyrange)",
    "upper(anymultirange)",
    "substring(text,text)",
    "substring(text,text,text)",
    *(f"{name}(jsonb)" for name in ("bool", "int2", "int4", "int8", "float4", "float8", "numeric")),
}
# Those that take null and still give a value, by how many of the first arguments must not be null.
_LENIENT = {
    "array_append": 0,
    "array_prepend": 0,
    "array_remove": 1,
    "array_replace": 1,
    "array_to_string": 2,
    "concat": 0,
    "concat_ws": 1,
    "enum_first": 0,
    "enum_last": 0,
    "enum_range": 0,
    "format": 1,
    "json_build_array": 0,
    "json_build_object": 0,
    "jsonb_build_array": 0,
    "jsonb_build_object": 0,
    "num_nonnulls": 0,
    "num_nulls": 0,
    "pg_typeof": 0,
    "quote_nullable": 0,
    "set_config": 2,
}
# Sets whose elements are never null, where nothing else stands in the target list or ROWS FROM that might be longer.
_SETS = {
    "generate_series",
    "generate_subscripts",
    "json_array_elements",
    "json_object_keys",
    "jsonb_array_elements",
    "jsonb_object_keys",
    "jsonb_path_query",
    "jsonb_path_query_tz",
    "regexp_matches",
    "regexp_split_to_table",
}


def is_servers(function: Function) -> bool:
    """Whether it came with the server, and is not a service's or an extension's."""
    return function.schema == "pg_catalog" and function.oid < FIRST_OF_USERS


@cache
def _total() -> frozenset[str]:
    return frozenset(Path(__file__).with_name("total.txt").read_text(encoding="ascii").split())


def signature(schema: Schema, function: Function) -> str:
    """``name(type,…)``, with the names that the server gives its types."""
    return f"{function.name}({','.join(schema.types[oid].name for oid in function.arguments)})"


def is_total(schema: Schema, function: Function) -> bool:
    """Whether it is the server's own, strict, and never gives null for arguments that are not."""
    return (
        is_servers(function)
        and function.name in _total()
        and function.strict
        and signature(schema, function) not in _PARTIAL
    )


def function(prover: Prover, oid: Oid) -> Why:
    """Why a function may give null for arguments that are not."""
    found = prover.schema.functions[oid]
    return None if is_total(prover.schema, found) else f"{found.name}() may give null"


def call(prover: Prover, expr: Node, env: Env) -> Why:
    found = prover.schema.functions[expr.funcid]
    if expr.funcretset:
        return _set(found, env)
    if expr.funcvariadic and found.name in _LENIENT:
        return f"{found.name}() of an array may give null"
    return _applied(prover, found, expr.args or [], env)


def _applied(prover: Prover, found: Function, args: list[Node], env: Env) -> Why:
    if is_servers(found) and found.name in _LENIENT:
        return first(prover, args[: _LENIENT[found.name]], env)
    if is_servers(found) and found.name == "array_cat":
        return None if any(prover.why(arg, env) is None for arg in args) else "array_cat of two that may be null"
    return function(prover, found.oid) or first(prover, args, env)


def _set(found: Function, env: Env) -> Why:
    """A function in the target list that returns a set; with a second one, the shorter set is filled with nulls."""
    if sets_in_targets(env.scope.query) > 1:
        return f"{found.name}() may be shorter than the set beside it"
    return element(found)


def element(found: Function) -> Why:
    """Why what a function that returns a set returns may be null."""
    listed = is_servers(found) and found.name in _SETS
    return None if listed else f"{found.name}() may give null among its rows"


def operation(prover: Prover, expr: Node, env: Env) -> Why:
    if expr.opretset:
        return "an operator that returns a set"
    name, oid = prover.schema.operators[expr.opno]
    found = prover.schema.functions[oid]
    lenient = is_servers(found) and (found.name in _LENIENT or found.name == "array_cat")
    if not lenient and not is_total(prover.schema, found):
        return f"operator {name} may give null"
    return _applied(prover, found, expr.args, env)


def _operator(prover: Prover, operator: Oid) -> Why:
    """Why an operator may give null for arguments that are not."""
    name, oid = prover.schema.operators[operator]
    return None if function(prover, oid) is None else f"operator {name} may give null"


def distinct(prover: Prover, expr: Node, _env: Env) -> Why:
    return _operator(prover, expr.opno)


def with_array(prover: Prover, expr: Node, env: Env) -> Why:
    """``= ANY`` and ``<> ALL``, also as IN and NOT IN are written."""
    scalar, array = expr.args
    return (
        _operator(prover, expr.opno)
        or prover.why(scalar, env)
        or prover.why(array, env)
        or elements(prover, array, env)
    )


def elements(prover: Prover, array: Node, env: Env) -> Why:
    """Why an element of an array may be null."""
    match array.tag:
        case "ARRAYEXPR" if not array.multidims:
            return first(prover, array.elements or (), env)
        case "CONST" if not array.constisnull and array.constlen == -1:
            return None if _has_no_nulls(array.constvalue) else "an element of the array is null"
        case "SUBLINK" if array.subLinkType == 6:
            return prover.output(array.subselect, env)[0]
        case "RELABELTYPE":
            return elements(prover, array.arg, env)
        case _:
            return "an element of the array may be null"


def _has_no_nulls(datum: bytes) -> bool:
    """Whether an array has no bitmap of nulls: its third word is where the data begin behind one, or zero."""
    return len(datum) >= 12 and datum[8:12] == b"\0\0\0\0"
