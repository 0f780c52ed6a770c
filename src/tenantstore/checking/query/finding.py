"""What there is to say against a query: where it stands in its file, what is wrong, what to do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenantstore.migrate.errors import caret
from tenantstore.migrate.shown import one_line, shown
from tenantstore.queries.scanner import locate

# As many characters of a line are shown before a place and after it.
_AROUND = 120


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: ``line`` and ``column`` count from 1, ``source`` is that line."""

    path: Path
    line: int
    column: int
    source: str

    @classmethod
    def at(cls, path: Path, text: str, offset: int) -> "Place":
        """The place of an offset in the file's text."""
        found = locate(text, offset)
        return cls(path, found.line, found.column, found.source)


@dataclass(frozen=True, slots=True)
class Half:
    """The line of the ``.py`` file that says otherwise."""

    path: Path
    line: int
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """``code`` names the kind, ``query`` the query; ``detail`` may have several lines, as a plan has.

    ``python`` is the other half, where a record or a function says something else; ``sqlstate`` is the server's, where
    it is the server that refuses. What is about the database, as a policy is, has no place in a file and no query.
    """

    code: str
    query: str
    problem: str
    advice: str
    place: Place | None
    python: Half | None = None
    detail: str = ""
    sqlstate: str = ""

    def __str__(self) -> str:
        place = self.place
        where = f"{near(place.path)}:{place.line}:{place.column}" if place else "database"
        told = f" [{self.sqlstate}]" if self.sqlstate else ""
        lines = [f"{where}: {self.code}: {one_line(self.problem)}{told}"]
        if place and place.source.strip():
            lines.append(shown(caret(place.line, *_clipped(place.column, place.source))))
        if self.detail:
            lines.append(shown(self.detail))
        if self.python:
            lines.append(f"{near(self.python.path)}:{self.python.line}:")
            lines.append(shown(f"  {self.python.line} | {self.python.source}"))
        return "\n".join([*lines, shown(self.advice)] if self.advice else lines)

    def order(self) -> tuple[str, int, int]:
        """By file, line and column; the database first."""
        return (str(self.place.path), self.place.line, self.place.column) if self.place else ("", 0, 0)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        place, python = self.place, self.python
        return {
            "code": self.code,
            "query": self.query or None,
            "file": place and near(place.path),
            "line": place and place.line,
            "column": place and place.column,
            "source": place and place.source,
            "problem": self.problem,
            "detail": self.detail,
            "advice": self.advice,
            "sqlstate": self.sqlstate or None,
            "python": python and {"file": near(python.path), "line": python.line, "source": python.source},
        }


def _clipped(column: int, source: str) -> tuple[int, str]:
    """The column and the line, of which no more than stands around the column where it is a long one."""
    start = max(column - 1 - _AROUND, 0)
    end = column - 1 + _AROUND
    if len(source) <= 2 * _AROUND:
        return column, source
    before, after = "…" * (start > 0), "…" * (end < len(source))
    return column - start + len(before), f"{before}{source[start:end]}{after}"


def near(path: Path) -> str:
    """The path as seen from here, if it lies below."""
    here = Path.cwd()
    return one_line(str(path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path))
