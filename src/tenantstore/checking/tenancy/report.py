"""Complaints as they come up, each once, with its place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tenantstore.checking.analysis import Node
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.tenancy.messages import MESSAGES
from tenantstore.checking.tenancy.places import Place, Places
from tenantstore.checking.tenancy.rows import Row


class Report:
    """What is wrong with one statement. ``places`` is None for what is no text of anybody's, such as a policy."""

    def __init__(self, places: Places | None = None) -> None:
        self.complaints: list[Complaint] = []
        self._places = places
        self._view: Place | None = None

    def say(self, code: str, place: Place | None, **names: str) -> None:
        problem, advice = MESSAGES[code]
        found = Complaint(code, problem.format(**names), advice.format(**names), place)
        if found not in self.complaints:
            self.complaints.append(found)

    @contextmanager
    def within(self, view: Row) -> Iterator[None]:
        """What is found inside a view is found where the view is named."""
        before = self._view
        self._view = before or self.of(view)
        yield
        self._view = before

    def name(self, row: Row) -> str:
        """``devices AS d``."""
        table = row.relation.name if row.relation is not None else row.entry.eref.aliasname if row.entry else ""
        alias = row.entry.alias.aliasname if row.entry is not None and row.entry.get("alias") else None
        return f"{table} AS {alias}" if alias and alias != table else table

    def of(self, row: Row) -> Place | None:
        return self._at(lambda places: places.entry(row.entry))

    def column(self, row: Row, column: str) -> Place | None:
        return self._at(lambda places: places.column(row.entry, column))

    def assigned(self, row: Row, column: str, after: str = "") -> Place | None:
        return self._at(lambda places: places.assigned(row.entry, column, after))

    def call(self, name: str) -> Place | None:
        return self._at(lambda places: places.call(name))

    def disjunction(self, node: Node) -> Place | None:
        return self._at(lambda places: places.disjunction(node))

    def _at(self, find: Callable[[Places], Place | None]) -> Place | None:
        if self._view is not None:
            return self._view
        return find(self._places) if self._places is not None else None
