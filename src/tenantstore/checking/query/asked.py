"""A declared query as the checker asks about it: its claims, its places, and findings at them."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenantstore.checking.query.annotations import source_line
from tenantstore.checking.query.finding import Finding, Half, Place
from tenantstore.queries import Query
from tenantstore.queries.source import Claim

_POSITIONAL = re.compile(r"\$([0-9]+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One declaration of a query."""

    query: Query[Any]

    def claim(self, key: str, column: str = "") -> Claim | None:
        """What the header says of it without a proof, if it does."""
        claims = self.query.source.claims
        return next((each for each in claims if each.key == key and each.column == column), None)

    def declaration(self) -> Half | None:
        """The line that declares it."""
        declared = self.query.declared
        if declared is None:
            return None
        return Half(Path(declared.filename), declared.line, source_line(declared.filename, declared.line))

    def with_names(self, text: str) -> str:
        """The text with ``:name`` for ``$1``, as the file has it."""
        names = self.query.parameters
        return _POSITIONAL.sub(lambda m: f":{names[int(m[1]) - 1]}" if 0 < int(m[1]) <= len(names) else m[0], text)

    def finding(
        self, code: str, problem: str, advice: str, sent: int | None = None, python: Half | None = None
    ) -> Finding:
        """A finding at an offset of the text that is sent; at the statement's beginning without one."""
        return self.in_text(code, problem, advice, self.query.source.written(sent or 0), python)

    def in_text(self, code: str, problem: str, advice: str, offset: int, python: Half | None = None) -> Finding:
        """A finding at an offset of the file."""
        source = self.query.source
        return Finding(code, source.name, problem, advice, Place.at(source.path, source.text, offset), python)
