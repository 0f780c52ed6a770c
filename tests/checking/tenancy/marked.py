"""Queries with what is to be found written into them: ``FROM {{tenant-missing|devices}} AS d``."""

import re
from typing import Any, NamedTuple

from psycopg import Connection

from tenantstore.checking.analysis import Schema, analyse
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.tenancy import TenantModel, prove

_MARK = re.compile(r"\{\{([a-z,-]+)\|(.*?)\}\}", re.DOTALL)
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")


class Text(NamedTuple):
    """What is sent, the names of its parameters, and the (code, place) of each finding, in the order of the text."""

    sql: str
    parameters: tuple[str, ...]
    found: list[tuple[str, str]]


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """``:name`` as ``$1``, as the catalogue sends it."""
    numbers: dict[str, int] = {}
    sql = _PARAMETER.sub(lambda match: f"${numbers.setdefault(match[1], len(numbers) + 1)}", text)
    return sql, tuple(numbers)


def unmarked(text: str) -> Text:
    text, parameters = numbered(text)
    found: list[tuple[str, tuple[int, int]]] = []
    shift = 0
    for match in _MARK.finditer(text):
        begin = match.start() - shift
        found += [(code, (begin, begin + len(match[2]))) for code in match[1].split(",")]
        shift += len(match[0]) - len(match[2])
    sql = _MARK.sub(r"\2", text)
    return Text(sql, parameters, [(code, shown(sql, place)) for code, place in found])


def shown(sql: str, place: tuple[int, int] | None) -> str:
    """The text around a place, which tells one occurrence from another."""
    if place is None:
        return "nowhere"
    return f"{sql[max(place[0] - 25, 0) : place[0]]}»{sql[place[0] : place[1]]}«{sql[place[1] : place[1] + 15]}"


def complaints(
    connection: Connection[Any], schema: Schema, model: TenantModel, sql: str, parameters: tuple[str, ...]
) -> list[Complaint]:
    return prove(analyse(connection, sql), schema, model, parameters)


def findings(connection: Connection[Any], schema: Schema, model: TenantModel, text: Text) -> list[tuple[str, str]]:
    """Code and place of each complaint, in the order of the text."""
    found = complaints(connection, schema, model, text.sql, text.parameters)
    return [(each.code, shown(text.sql, each.place)) for each in sorted(found, key=lambda each: each.place or (0, 0))]
