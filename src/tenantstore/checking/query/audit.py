"""What a review wants to see although nothing is wrong: who may cross customers and why, and what is only claimed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tenantstore.checking.query import columns
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.check import Report
from tenantstore.checking.query.facts import Facts
from tenantstore.checking.query.finding import Place, near
from tenantstore.migrate.shown import one_line
from tenantstore.queries import Scope
from tenantstore.queries.source import prose


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a ``kind``, operator, claim, early or loose; ``told`` says what, ``reason`` why."""

    kind: str
    query: str
    place: Place
    told: str
    reason: str

    def __str__(self) -> str:
        head = f"{near(self.place.path)}:{self.place.line}: {one_line(self.told)}"
        return f"{head}\n    {one_line(self.reason)}" if self.reason else head

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        place = {"file": near(self.place.path), "line": self.place.line}
        return {"kind": self.kind, "query": self.query, **place, "told": self.told, "reason": self.reason}


#: Each kind and its heading, in the order in which they are shown.
HEADINGS = {
    "operator": "Queries of the operator, which may cross customers",
    "claim": "Claimed in a header, and not proven",
    "early": "Hold from a migration on that the base has not seen",
    "loose": "Never null in any query, and annotated as if it might be",
}


def audit(report: Report) -> list[Entry]:
    """All entries, by kind and file."""
    kinds: tuple[Callable[[Asked, Facts], Iterator[Entry]], ...] = (_operator(report), _claims)
    found = [entry for kind in kinds for asked, facts in report.facts.items() for entry in kind(asked, facts)]
    return [*dict.fromkeys(found), *_early(report), *_loose(report)]


def _operator(report: Report) -> Callable[[Asked, Facts], Iterator[Entry]]:
    model = report.project.model
    customers = {name for name, table in model.tables.items() if table.rules} if model else set()

    def entries(asked: Asked, facts: Facts) -> Iterator[Entry]:
        source = asked.query.source
        if source.scope is Scope.OPERATOR:
            tables = {each: _tables(getattr(facts, each)) & customers for each in ("reads", "writes")}
            told = "; ".join(f"{verb} {', '.join(sorted(names))}" for verb, names in tables.items() if names)
            place = Place.at(source.path, source.text, source.written(0))
            told = told or "names no customer's table"
            yield Entry("operator", asked.query.name, place, f"{asked.query.name}: {told}", prose(source))

    return entries


def _tables(names: tuple[str, ...]) -> set[str]:
    return {name.rpartition(".")[0] for name in names}


def _claims(asked: Asked, _facts: Facts) -> Iterator[Entry]:
    source = asked.query.source
    for claim in source.claims:
        place = Place.at(source.path, source.text, claim.offset)
        told = f"{asked.query.name}: {claim.key}{claim.column and f' {claim.column}'}"
        yield Entry("claim", asked.query.name, place, told, claim.reason)


def _early(report: Report) -> Iterator[Entry]:
    """Queries that a deploy may not run before its migrations, nor after they are undone."""
    for each in report.survival.early if report.survival else ():
        place = Place.at(each.since, each.since.read_text(encoding="utf-8"), 0)
        lost = f"no more after {each.undone.name}" if each.undone else ""
        yield Entry("early", each.query, place, f"{each.query} holds from here on", lost)


def _loose(report: Report) -> Iterator[Entry]:
    """Fields that no query ever leaves null: harmless, and a burden to every caller."""
    needed: dict[Place, bool] = {}
    names: dict[Place, str] = {}
    for asked, facts in report.facts.items():
        for column, annotation in columns.fields(asked, facts):
            if annotation.half and annotation.text.endswith("| None"):
                place = Place(annotation.half.path, annotation.half.line, 1, annotation.half.source)
                names[place] = f"{asked.query.record.__name__}.{column.name}: {annotation.text}"
                needed[place] = needed.get(place, False) or column.null != ""
    for place, is_needed in needed.items():
        if not is_needed:
            yield Entry("loose", "", place, names[place], "")
