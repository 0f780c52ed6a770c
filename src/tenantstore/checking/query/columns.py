"""Proofs two and three: the columns are the record's fields, of its types, and never null where it says so."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from tenantstore.checking.query import layout
from tenantstore.checking.query.annotations import Annotation, allows_none, of_field
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import Column, Facts
from tenantstore.checking.query.finding import Finding
from tenantstore.checking.query.values import gives, holds, is_choice_of, is_raw
from tenantstore.errors import ColumnMismatch
from tenantstore.queries import Shape
from tenantstore.queries.source import Claim, nearest


def judge(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """Names, order, types and nulls."""
    query = asked.query
    if query.shape is Shape.AFFECTED:
        if facts.columns:
            advice = "Leave RETURNING out, or declare it as many, one or optional."
            problem = f"declared as affected, and gives columns: {', '.join(each.name for each in facts.columns)}"
            yield asked.finding("columns", problem, advice, _at(asked, facts, 0), asked.declaration())
        return
    yield from _names(asked, facts)
    twice = {name for name, count in Counter(each.name for each in facts.columns).items() if count > 1}
    for at, column in enumerate(facts.columns if query.fields or len(facts.columns) == 1 else ()):
        annotation = _annotation(asked, column)
        if annotation is not None and column.name not in twice:
            yield from _value(asked, facts, at, annotation)


def claimed_for_nothing(asked: Asked, facts: Facts, claim: Claim) -> str:
    """Why a claim about a column is not needed; empty where it is."""
    at = next((at for at, each in enumerate(facts.columns) if each.name == claim.column), None)
    if at is None:
        return f"`{claim.key}` is claimed of {claim.column}, which is no column{_like(claim.column, facts)}"
    column = facts.columns[at]
    annotation = _annotation(asked, column)
    if annotation is None:
        return f"`{claim.key}` is claimed of {claim.column}, which the record has no field for"
    if claim.key == "type":
        fits = holds(annotation.hint, column.type, facts.types)
        return f"`type` is claimed of {column.name}, and {annotation.text} holds all that it gives" if fits else ""
    if not column.null:
        return f"`not-null` is claimed of {column.name}, and is proven"
    if allows_none(annotation.hint) or _may_be_nothing(asked):
        return f"`not-null` is claimed of {column.name}, which may be None where it is used"
    return ""


def fields(asked: Asked, facts: Facts) -> Iterator[tuple[Column, Annotation]]:
    """The columns with the annotations of the record's fields that they become."""
    for column in facts.columns:
        annotation = _annotation(asked, column)
        if annotation and asked.query.fields:
            yield column, annotation


def _names(asked: Asked, facts: Facts) -> Iterator[Finding]:
    query = asked.query
    names, fields = tuple(each.name for each in facts.columns), query.fields
    if query.fields and names != fields:
        first = next(i for i in range(max(len(names), len(fields))) if names[i : i + 1] != fields[i : i + 1])
        record = query.record.__name__
        # The advice here is another, since nothing was run.
        told = str(ColumnMismatch(query.name, record, names, fields)).splitlines()
        table = "\n".join(line for line in told if line.startswith(("   ", "-->")))
        place = _at(asked, facts, min(first, len(names) - 1)) if names else None
        half = of_field(query.record, fields[first], query.declared).half if first < len(fields) else None
        found = asked.finding("columns", _difference(names, fields, record), _ADVICE, place, half)
        yield replace(found, detail=table)
    elif not query.fields and len(names) != 1:
        problem = f"declared as one {query.record.__name__}, and gives {len(names) or 'no'} columns"
        advice = "Give one column, or declare a record."
        if query.source.writes and not names:
            advice = "Declare it as affected, or give what was written back with RETURNING."
        place = _at(asked, facts, 0) if names else None
        yield asked.finding("columns", problem, advice, place, asked.declaration())


_ADVICE = "The SELECT list has the record's fields, in their order and with their names."


def _difference(names: tuple[str, ...], fields: tuple[str, ...], record: str) -> str:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        return f"two columns are called {twice[0]}"
    if sorted(names) == sorted(fields):
        return f"the columns are in another order than the fields of {record}"
    missing = [name for name in fields if name not in names]
    unknown = [name for name in names if name not in fields]
    if unknown:
        return f"{record} has no field {unknown[0]}{nearest(unknown[0], missing)}"
    return f"{record}.{missing[0]} has no column"


def _value(asked: Asked, facts: Facts, at: int, annotation: Annotation) -> Iterator[Finding]:
    column = facts.columns[at]
    types = facts.types
    if asked.claim("type", column.name) is None:
        fits = holds(annotation.hint, column.type, types)
        if not fits:
            unknown = fits is None
            told = f"whether {annotation.text} holds it cannot be told" if unknown else f"not {annotation.text}"
            given = gives(column.type, types)
            problem = f"{column.name} is of type {column.type}: the driver gives {given}, {told}"
            advice = _CAST if is_raw(column.type, types) else _TYPE
            if is_choice_of(annotation.hint, column.type, types):
                advice = _CHOICE.replace("GIVEN", given)
            place = _at(asked, facts, at)
            yield asked.finding("type", problem, advice.replace("COLUMN", column.name), place, annotation.half)
    claimed = asked.claim("not-null", column.name) is not None or _may_be_nothing(asked)
    if column.null and not claimed and not allows_none(annotation.hint):
        problem = f"{column.name} may be null, and {annotation.text} is never None: {asked.with_names(column.null)}"
        better = f"Annotate `{annotation.text} | None`" if asked.query.fields else "Let a record hold it"
        advice = f"{better}, or say why it never is: `-- not-null: {column.name}: reason`."
        yield asked.finding("nullable", problem, advice, _at(asked, facts, at), annotation.half)


_CAST = "Cast it, as in `COLUMN::text AS COLUMN`; where a loader is registered, `-- type: COLUMN: reason`."
_TYPE = "Annotate what it gives, or cast it; where something else is registered, `-- type: COLUMN: reason`."

_CHOICE = (
    "A CHECK is not read: where one holds the column to these, say so, `-- type: COLUMN: reason`;"
    " else annotate `GIVEN`."
)


def _annotation(asked: Asked, column: Column) -> Annotation | None:
    query = asked.query
    if query.fields:
        return of_field(query.record, column.name, query.declared) if column.name in query.fields else None
    return Annotation(query.record, getattr(query.record, "__name__", str(query.record)), asked.declaration())


def _may_be_nothing(asked: Asked) -> bool:
    """Whether None is already an answer: of one value or none, a null makes no third case."""
    return asked.query.shape is Shape.OPTIONAL and not asked.query.fields


def _at(asked: Asked, facts: Facts, at: int) -> int:
    return layout.columns(asked.query.sql, len(facts.columns))[at][0]


def _like(name: str, facts: Facts) -> str:
    return nearest(name, [each.name for each in facts.columns])
