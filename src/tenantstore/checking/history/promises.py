"""What a query promised the code that calls it, and whether a later schema keeps that.

Types are compared by what the driver makes of them: a varchar that became a text, or an integer a bigint, is the same
to whoever reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tenantstore.checking.query import layout
from tenantstore.checking.query.facts import Facts, OwnTypes
from tenantstore.checking.query.values import gives
from tenantstore.queries import Query

# From each type on, what is sent for it is taken by those after it.
_WIDER = (
    ("smallint", "integer", "bigint", "numeric"),
    ("real", "double precision"),
    ("json", "jsonb"),
    ("jsonb", "json"),
)
_ANY_TEXT = ("text", "character varying")
_TEXTS = (*_ANY_TEXT, "character", "name")


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that is not kept: ``problem`` follows the query's name, ``offset`` is where in its file."""

    code: str
    problem: str
    offset: int | None = None
    sqlstate: str = ""


def broken(query: Query[object], promised: Facts, found: Facts) -> Iterator[Broken]:
    """Each promise that a schema does not keep, of which the facts were ``found``."""
    if refusal := found.refusal:
        offset = None if refusal.offset is None else query.source.written(refusal.offset)
        yield Broken("release-refused", f"is refused from here on: {refusal.problem}", offset, refusal.sqlstate)
        return
    yield from _parameters(query, promised, found)
    yield from _columns(query, promised, found)
    if promised.one and not found.one:
        yield Broken("release-many", f"may give a second row from here on: {promised.one} bounded it to one")
    known = {(each.code, each.problem) for each in promised.complaints}
    for each in found.complaints:
        if (each.code, each.problem) not in known:
            offset = query.source.written(each.place[0]) if each.place else None
            yield Broken("release-unproven", f"is no longer proven from here on: {each.problem}", offset)


def _parameters(query: Query[object], promised: Facts, found: Facts) -> Iterator[Broken]:
    for before, after in zip(promised.parameters, found.parameters, strict=True):
        if not _takes(_plain(before.type, promised.types), _plain(after.type, found.types)):
            problem = f"takes {after.type} for :{before.name} from here on, and is given {before.type}"
            place = layout.parameter(query.source.text, before.name)
            yield Broken("release-parameter", problem, place[0] if place else None)


def _columns(query: Query[object], promised: Facts, found: Facts) -> Iterator[Broken]:
    names = [", ".join(each.name for each in facts.columns) for facts in (promised, found)]
    if names[0] != names[1]:
        yield Broken("release-columns", f"gives {names[1]} from here on, and gave {names[0]}")
        return
    places = layout.columns(query.sql, len(promised.columns)) if promised.columns else []
    for before, after, place in zip(promised.columns, found.columns, places, strict=True):
        offset = query.source.written(place[0])
        if before.type != after.type and not _reads_alike(before.type, promised.types, after.type, found.types):
            problem = f"gives {before.name} as {after.type} from here on, and gave {before.type}"
            yield Broken("release-type", problem, offset)
        if after.null and not before.null:
            problem = f"may give a null for {before.name} from here on: {after.null}"
            yield Broken("release-nullable", problem, offset)


def _reads_alike(before: str, then: OwnTypes | None, after: str, now: OwnTypes | None) -> bool:
    """Whether the driver makes the same of both, and of what is in them, if they are arrays."""
    old, new = _plain(before.removesuffix("[]"), then), _plain(after.removesuffix("[]"), now)
    arrays_alike = before.endswith("[]") == after.endswith("[]")
    # Of a type that it does not know it gives the bytes, which say something else for each.
    known_alike = old == new or "bytes" not in (gives(old, {}), gives(new, {}))
    return arrays_alike and known_alike and gives(old, {}) == gives(new, {})


def _takes(before: str, after: str) -> bool:
    """Whether what is sent for one type is taken for the other."""
    if before == after or after in _ANY_TEXT or (before in _TEXTS and after in _TEXTS):
        return True
    return any(before in row and after in row[row.index(before) :] for row in _WIDER)


def _plain(name: str, types: OwnTypes | None) -> str:
    """What a domain is of in the end."""
    while types and name in types and types[name].kind == "domain":
        name = types[name].of
    return name
