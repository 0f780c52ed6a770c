"""What lint has to say about a place in a file."""

from dataclasses import dataclass, replace
from typing import Any

from tenantstore.migrate.errors import Problem
from tenantstore.migrate.script import Script
from tenantstore.migrate.shown import one_line
from tenantstore.migrate.statements import Statement


@dataclass(frozen=True, slots=True)
class Finding:
    """``problem`` says where, what and what to do instead; ``code`` is what an excuse names."""

    code: str
    problem: Problem

    def __str__(self) -> str:
        return str(replace(self.problem, text=f"{self.code}: {one_line(self.problem.text)}"))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        problem = self.problem
        return {
            "code": self.code,
            "file": str(problem.path),
            "line": problem.line,
            "column": problem.column,
            "source": problem.source,
            "problem": problem.text,
            "advice": problem.advice,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """A finding before excuses: the statement that it is about, and the ``offset`` in the file."""

    code: str
    script: Script
    statement: Statement
    offset: int
    text: str
    advice: str

    def finding(self) -> Finding:
        """With line and column."""
        return Finding(self.code, self.script.problem(self.offset, self.text, self.advice))
