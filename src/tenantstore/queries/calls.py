"""What a module's own functions give to the queries it declares, read from its source when it is imported.

A repository function is the only place where a query gets its parameters, and the call stands in the same module as the
declaration. So a parameter that the SQL does not use, or that the call forgets, need not wait until that function is
called. The function's annotations also say which parameters may be None, and which are of a plain type.
"""

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

# A value of another type can have a text that the server takes: bytes for a text, a text for a boolean.
_KINDS: dict[str, type] = {"str": str, "bool": bool, "int": int, "dict": dict}


@dataclass(slots=True)
class Call:
    """One call of a declared query: the ``line``, the keywords given, and those that are annotated never to be None.

    ``kinds`` are keywords with the plain types that they are annotated with.
    """

    line: int
    keywords: tuple[str, ...]
    never_none: frozenset[str]
    kinds: frozenset[tuple[str, type]]


@dataclass(slots=True)
class _Module:
    names: list[tuple[int, int, str]] = field(default_factory=list)  # first line, last line, the name assigned
    calls: dict[str, list[Call]] = field(default_factory=dict)


def calls_of(filename: str, line: int) -> list[Call]:
    """The calls of the query that a module-level assignment at ``line`` declares; none where there is no source."""
    module = _read(filename)
    name = next((name for first, last, name in module.names if first <= line <= last), "")
    return module.calls.get(name, [])


@cache
def _read(filename: str) -> _Module:
    try:
        tree = ast.parse(Path(filename).read_bytes())
    except (OSError, SyntaxError):
        return _Module()
    module = _Module()
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
                module.names.append((statement.lineno, statement.end_lineno or statement.lineno, name))
            case ast.FunctionDef():
                _collect(statement, module.calls)
    return module


def _collect(function: ast.FunctionDef, calls: dict[str, list[Call]]) -> None:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    never_none = {a.arg for a in arguments if a.annotation is not None and not _allows_none(a.annotation)}
    kinds = {a.arg: kind for a in arguments if a.annotation is not None and (kind := _kind(a.annotation))}
    for node in ast.walk(function):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords) if all(k.arg for k in keywords):
                given = {k.arg: k.value for k in keywords if k.arg is not None}
                passed_on = {k: v.id for k, v in given.items() if isinstance(v, ast.Name)}
                strict = frozenset(k for k, argument in passed_on.items() if argument in never_none)
                typed = frozenset((k, kinds[argument]) for k, argument in passed_on.items() if argument in kinds)
                calls.setdefault(name, []).append(Call(node.lineno, tuple(given), strict, typed))
            case _:
                pass


def _kind(annotation: ast.expr) -> type | None:
    """The plain type of ``X`` or ``X | None``; None for any other annotation."""
    match annotation:
        case ast.BinOp(left=named, op=ast.BitOr(), right=ast.Constant(value=None)):
            return _kind(named)
        case ast.Subscript(value=named):
            return _kind(named)
        case ast.Name(id=name):
            return _KINDS.get(name)
    return None


def _allows_none(annotation: ast.expr) -> bool:
    return any(
        (isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, str)))
        or (isinstance(node, ast.Name) and node.id in {"Any", "object", "Optional"})
        for node in ast.walk(annotation)
    )
