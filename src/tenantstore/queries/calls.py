"""What a module's own functions give to the queries it declares, read from its source when it is imported.

A repository function is the only place where a query gets its parameters, and the call stands in the same module as the
declaration. So a parameter that the SQL does not use, or that the call forgets, need not wait until that function is
called. The function's annotations also say which parameters may be None, and which are of a plain type; and the query
checker compares them with the types that the server gives the parameters.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

# A value of another type can have a text that the server takes: bytes for a text, a text for a boolean.
_KINDS: dict[str, type] = {"str": str, "bool": bool, "int": int, "dict": dict}


@dataclass(slots=True)
class Call:
    """One call of a declared query: the ``line``, the keywords given, and those that are annotated never to be None.

    ``kinds`` are keywords with the plain types that they are annotated with. ``function`` makes the call, a method as
    ``Class.method``, and ``passed_on`` says by keyword which of its arguments is given as it is.
    """

    line: int
    keywords: tuple[str, ...]
    never_none: frozenset[str]
    kinds: frozenset[tuple[str, type]]
    function: str
    passed_on: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Declared:
    """Where a query is declared: the file and the line, that module's names, and the calls made there."""

    filename: str
    line: int
    namespace: Mapping[str, Any]
    calls: Sequence[Call]


@dataclass(slots=True)
class _Module:
    names: list[tuple[int, int, str]] = field(default_factory=list)  # first line, last line, the name assigned
    calls: dict[str, list[Call]] = field(default_factory=dict)


def calls_of(filename: str, line: int) -> list[Call]:
    """The calls of the query that an assignment of a module or class at ``line`` declares; none without source."""
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
    _survey(tree.body, "", module)
    return module


def _survey(body: list[ast.stmt], owner: str, module: _Module) -> None:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call()):
                module.names.append((statement.lineno, statement.end_lineno or statement.lineno, f"{owner}{name}"))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Call()):
                module.names.append((statement.lineno, statement.end_lineno or statement.lineno, f"{owner}{name}"))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _collect(statement, owner, module.calls)
            case ast.ClassDef(name=name) if not owner:
                _survey(statement.body, f"{name}.", module)
            case _:
                pass


def _collect(function: _Function, owner: str, calls: dict[str, list[Call]]) -> None:
    # One that is given another value there is no longer what its annotation says.
    assigned = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    arguments = {a.arg: a.annotation for a in every if a.annotation is not None and a.arg not in assigned}
    never_none = {name for name, annotation in arguments.items() if not _allows_none(annotation)}
    kinds = {name: kind for name, annotation in arguments.items() if (kind := _kind(annotation))}
    for node in ast.walk(function):
        match node:
            case ast.Call(func=called, args=[], keywords=keywords) if (name := _named(called, owner)) and all(
                k.arg for k in keywords
            ):
                given = {k.arg: k.value for k in keywords if k.arg is not None}
                passed_on = {k: v.id for k, v in given.items() if isinstance(v, ast.Name) and v.id in arguments}
                strict = frozenset(k for k, argument in passed_on.items() if argument in never_none)
                typed = frozenset((k, kinds[argument]) for k, argument in passed_on.items() if argument in kinds)
                call = Call(node.lineno, tuple(given), strict, typed, f"{owner}{function.name}", passed_on)
                calls.setdefault(name, []).append(call)
            case _:
                pass


def _named(called: ast.expr, owner: str) -> str:
    """The name under which it would be declared, that of a class in front; empty for what is no name."""
    match called:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return f"{owner}{name}"
        case ast.Attribute(value=ast.Name(id=of), attr=name):
            return f"{of}.{name}"
    return ""


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
