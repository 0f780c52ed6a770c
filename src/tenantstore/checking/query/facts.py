"""What the server and the proofs say of a query, apart from what its author declared.

Facts are plain data: they can be written to a snapshot, and be judged later without a database. Types are named as
``format_type`` names them, ``text[]`` for an array.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, TypeAlias

from tenantstore.checking.complaint import Complaint
from tenantstore.queries import Query

Kind: TypeAlias = Literal["base", "domain", "enum", "composite", "range", "multirange"]


@dataclass(frozen=True, slots=True)
class OwnType:
    """A type that not every database has. ``of`` is what a domain is of; ``labels`` are an enum's, in their order."""

    kind: Kind
    of: str = ""
    labels: tuple[str, ...] = ()


#: By name, those that a query's parameters and columns are of.
OwnTypes: TypeAlias = Mapping[str, OwnType]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter and the type that the server gives it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the result; ``null`` says why it may be null, and is empty where it never is."""

    name: str
    type: str
    null: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server does not take the statement; ``offset`` is where in the text that is sent, if it says."""

    problem: str
    sqlstate: str
    hint: str
    offset: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """``text`` identifies the statement they are about, ``one`` is what bounds its rows to one, empty for nothing.

    ``reads`` and ``writes`` are as ``touched.touched`` gives them. Of a statement that
    the server refuses nothing else is known.
    """

    text: str
    parameters: tuple[Parameter, ...] = ()
    columns: tuple[Column, ...] = ()
    one: str = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    types: OwnTypes = field(default_factory=dict)
    complaints: tuple[Complaint, ...] = ()
    refusal: Refusal | None = None


def identity(query: Query[Any]) -> str:
    """What tells a statement, its scope, its parameters and which of them are never None, from any other."""
    never_none = ",".join(sorted(query.never_none))
    told = "\0".join((query.scope.value, never_none, *query.parameters, query.sql))
    return sha256(told.encode()).hexdigest()[:16]


def as_dict(facts: Facts) -> dict[str, Any]:
    """For JSON; what is empty is left out."""
    told: dict[str, Any] = {
        "text": facts.text,
        "takes": [{"name": each.name, "type": each.type} for each in facts.parameters],
        "gives": [_filled(name=each.name, type=each.type, null=each.null) for each in facts.columns],
        "one": facts.one,
        "reads": _by_table(facts.reads),
        "writes": _by_table(facts.writes),
        "types": {
            name: _filled(kind=each.kind, of=each.of, labels=list(each.labels))
            for name, each in sorted(facts.types.items())
        },
        "complaints": complaints_as_list(facts.complaints),
    }
    if refusal := facts.refusal:
        told["refusal"] = {
            "problem": refusal.problem,
            "sqlstate": refusal.sqlstate,
            "hint": refusal.hint,
            "offset": refusal.offset,
        }
    return _filled(**told)


def from_dict(told: Mapping[str, Any]) -> Facts:
    """The inverse of :func:`as_dict`.

    :raises KeyError, TypeError: when it is not what that gives.
    """
    return Facts(
        told["text"],
        tuple(Parameter(**each) for each in told.get("takes", ())),
        tuple(Column(**each) for each in told.get("gives", ())),
        told.get("one", ""),
        _of_tables(told.get("reads", {})),
        _of_tables(told.get("writes", {})),
        {
            name: OwnType(each["kind"], each.get("of", ""), tuple(each.get("labels", ())))
            for name, each in told.get("types", {}).items()
        },
        complaints_from_list(told.get("complaints", ())),
        Refusal(**told["refusal"]) if "refusal" in told else None,
    )


def complaints_as_list(complaints: Iterable[Complaint]) -> list[dict[str, Any]]:
    """For JSON."""
    return [
        _filled(
            code=each.code,
            problem=each.problem,
            advice=each.advice,
            place=each.place and list(each.place),
            detail=each.detail,
        )
        for each in complaints
    ]


def complaints_from_list(told: Iterable[Mapping[str, Any]]) -> tuple[Complaint, ...]:
    """The inverse of :func:`complaints_as_list`."""
    return tuple(Complaint(**{**each, "place": tuple(each["place"]) if "place" in each else None}) for each in told)


def _by_table(names: tuple[str, ...]) -> dict[str, list[str]]:
    tables: dict[str, list[str]] = {}
    for name in names:
        table, _, column = name.rpartition(".")
        tables.setdefault(table, []).append(column)
    return tables


def _of_tables(tables: Mapping[str, list[str]]) -> tuple[str, ...]:
    return tuple(f"{table}.{column}" for table, columns in tables.items() for column in columns)


def _filled(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
