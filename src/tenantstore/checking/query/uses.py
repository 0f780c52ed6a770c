"""Which queries read or write a column: what to look at before it is changed, dropped, or kept from tenants."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tenantstore.checking.query import layout
from tenantstore.checking.query.check import Report
from tenantstore.checking.query.finding import Place, near
from tenantstore.migrate.errors import Misconfigured
from tenantstore.queries import Scope
from tenantstore.queries.source import nearest


@dataclass(frozen=True, slots=True)
class Use:
    """A query that ``reads`` or ``writes`` what was asked about, or both; ``place`` is where it is first named."""

    query: str
    scope: Scope
    reads: bool
    writes: bool
    place: Place

    def __str__(self) -> str:
        verbs = " and ".join(verb for verb, does in (("reads", self.reads), ("writes", self.writes)) if does)
        place = self.place
        return f"{near(place.path)}:{place.line}:{place.column}: {verbs} ({self.scope.value})"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        place = {"file": near(self.place.path), "line": self.place.line, "column": self.place.column}
        verbs = {"reads": self.reads, "writes": self.writes}
        return {"query": self.query, "scope": self.scope.value, **verbs, **place}


def uses(report: Report, name: str) -> list[Use]:
    """The uses of ``table.column``, or of a table and any column of it, in the order of the files.

    Those through a view are among them; what triggers and functions do is not. A DELETE writes every column.

    :raises Misconfigured: when nothing here is called so.
    """
    known = {each for facts in report.facts.values() for each in (*facts.reads, *facts.writes)}
    tables = {each.rpartition(".")[0] for each in known}
    columns = {each for each in known if not each.endswith((".", ".*"))}
    table, _, column = (name, "", "") if name in tables else name.rpartition(".")
    if name not in tables | columns:
        raise Misconfigured(f"no query uses {name}{nearest(name, sorted(tables | columns))}")
    return list(_uses(report, table, column))


def _uses(report: Report, table: str, column: str) -> Iterator[Use]:
    for asked, facts in report.facts.items():
        reads = _names(facts.reads, table, column)
        writes = _names(facts.writes, table, column)
        if reads or writes:
            source = asked.query.source
            at = layout.word(source.text, column or table)
            place = Place.at(source.path, source.text, source.written(0) if at is None else at)
            yield Use(asked.query.name, source.scope, reads, writes, place)


def _names(touched: tuple[str, ...], table: str, column: str) -> bool:
    """Whether the column is among them; without one, whether the table is."""
    if column:
        return f"{table}.{column}" in touched or f"{table}.*" in touched
    return any(each.rpartition(".")[0] == table for each in touched)
