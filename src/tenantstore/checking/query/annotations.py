"""Annotations of records and functions: what they are, where they stand, and what they are made of."""

import ast
import dataclasses
import enum
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Literal, NewType, TypeVar, Union, get_args, get_origin, get_type_hints

from tenantstore.checking.query.finding import Half
from tenantstore.queries.calls import Call, Declared


class Unresolved:
    """Stands for an annotation that cannot be resolved here, as one whose names are imported for type checkers only."""


@dataclasses.dataclass(frozen=True, slots=True)
class Annotation:
    """``hint`` as resolved, ``text`` as shown, and where it stands, if there is source."""

    hint: Any
    text: str
    half: Half | None


def of_field(record: type, name: str, declared: Declared | None) -> Annotation:
    """The annotation of a dataclass's field."""
    (field,) = (each for each in dataclasses.fields(record) if each.name == name)
    owner = next(each for each in record.__mro__ if name in inspect.get_annotations(each))
    module = sys.modules.get(owner.__module__)
    namespace = vars(module) if module else declared.namespace if declared else {}
    hint = _resolved(field.type, namespace)
    filename = namespace.get("__file__")
    half = _half(filename, (owner.__qualname__, name)) if isinstance(filename, str) else None
    return Annotation(hint, _shown(field.type), half)


def of_argument(declared: Declared, call: Call, keyword: str) -> Annotation | None:
    """The annotation of the argument that a call passes on as ``keyword``; None where it gives something else."""
    argument = call.passed_on.get(keyword)
    first, *rest = call.function.split(".")
    function = declared.namespace.get(first)
    for name in rest:
        function = getattr(function, name, None)
    annotations = getattr(function, "__annotations__", {})
    if argument is None or argument not in annotations:
        return None
    written = annotations[argument]
    hint = _resolved(written, declared.namespace)
    return Annotation(hint, _shown(written), _half(declared.filename, (call.function, argument)))


def source_line(filename: str, line: int) -> str:
    """That line of a file, empty where there is none."""
    return "".join(_source(filename)[line - 1 : line])


def leaves(hint: Any) -> Iterator[Any]:
    """What a value may be: the members of unions, ``NoneType`` among them, without what only names or describes."""
    origin = get_origin(hint)
    if hint is None:
        yield NoneType
    elif origin in (Union, UnionType):
        for each in get_args(hint):
            yield from leaves(each)
    elif origin is Annotated:
        yield from leaves(get_args(hint)[0])
    elif isinstance(hint, NewType):
        yield from leaves(hint.__supertype__)
    elif type(hint).__name__ == "TypeAliasType":
        yield from leaves(hint.__value__)
    else:
        yield hint


def allows_none(hint: Any) -> bool:
    """Whether None is among the values, as far as can be told."""
    return any(each in (NoneType, Any, object, Unresolved) or isinstance(each, TypeVar) for each in leaves(hint))


def choices(leaf: Any) -> tuple[Any, ...] | None:
    """The values of a Literal, or those that the driver sends for an enum's members; None for anything else."""
    if get_origin(leaf) is Literal:
        return get_args(leaf)
    if isinstance(leaf, type) and issubclass(leaf, enum.Enum):
        plain = issubclass(leaf, str | int)
        return tuple(each.value if plain else each.name for each in leaf)
    return None


def named(leaf: Any) -> str:
    """A resolved annotation as it would be written."""
    return leaf.__name__ if isinstance(leaf, type) and not get_args(leaf) else _shown(leaf)


def _resolved(written: Any, namespace: Mapping[str, Any]) -> Any:
    holder = SimpleNamespace(__annotations__={"it": written})
    try:
        return get_type_hints(holder, dict(namespace), include_extras=True)["it"]
    except Exception:  # it may evaluate any expression
        return Unresolved


def _shown(written: Any) -> str:
    if isinstance(written, str):
        return written
    if isinstance(written, type) and not get_args(written):
        return written.__name__
    text = str(written)
    for prefix in ("typing.", "collections.abc.", "datetime.", "uuid.", "decimal.", "ipaddress."):
        text = text.replace(prefix, "")
    return text


def _half(filename: str, what: tuple[str, str]) -> Half | None:
    line = _lines(filename).get(what)
    return None if line is None else Half(Path(filename), line, source_line(filename, line))


@cache
def _source(filename: str) -> list[str]:
    try:
        return Path(filename).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError):
        return []


@cache
def parsed(filename: str) -> ast.Module:
    """A module's syntax; an empty one where there is no source."""
    try:
        return ast.parse("\n".join(_source(filename)))
    except SyntaxError:
        return ast.Module([], [])


@cache
def _lines(filename: str) -> dict[tuple[str, str], int]:
    """By class and field, or function and argument, the line."""
    found: dict[tuple[str, str], int] = {}

    def visit(body: list[ast.stmt], owner: str) -> None:
        for each in body:
            match each:
                case ast.ClassDef(name=name, body=inner):
                    visit(inner, f"{owner}{name}.")
                case ast.AnnAssign(target=ast.Name(id=name)):
                    found[owner.rstrip("."), name] = each.lineno
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    arguments = each.args
                    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                        found[f"{owner}{name}", argument.arg] = argument.lineno
                    visit(each.body, f"{owner}{name}.<locals>.")
                case _:
                    pass

    visit(parsed(filename).body, "")
    return found
