"""One file of a migration: its text, what its comments tell the runner, its checksum.

Line comments before the first statement may say

``-- no-transaction``        each statement on its own, resumable: for CREATE INDEX CONCURRENTLY and its like
``-- irreversible: reason``  in an up file: there is no down file, and that is meant

and before any statement ``-- lint: code reason`` excuses what ``lint`` finds there. The kind of line ends, a byte order
mark and white space at the end are no part of the checksum.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from tenantstore.migrate.errors import Problem
from tenantstore.migrate.statements import Statement, faults, split
from tenantstore.queries.scanner import Kind, Token, Unterminated, tokens

_MARK = "-- no-transaction"
_NO_TRANSACTION = re.compile(r"--[ \t]*no-transaction[ \t]*(?::.*)?")
_NEARLY_NO_TRANSACTION = re.compile(
    r"--[ \t]*(?:no|disable)[ _-]?(?:ddl[ _-])?(?:transactions?|txn?)\b[ \t:]*", re.IGNORECASE
)
_IRREVERSIBLE = re.compile(r"--[ \t]*irreversible\b[ \t]*:?(?P<reason>.*)", re.IGNORECASE)
_LINT = re.compile(r"--[ \t]*lint:(?P<rest>.*)")


@dataclass(frozen=True)
class Script:
    """One file: its text without a byte order mark, and what its header says."""

    path: Path
    text: str

    @cached_property
    def header(self) -> list[tuple[int, str]]:
        """Offsets and texts of the comments before the first statement."""
        return list(_header(self.text))

    @cached_property
    def transactional(self) -> bool:
        """Whether the whole file is one transaction."""
        return not any(_NO_TRANSACTION.fullmatch(comment) for _, comment in self.header)

    @cached_property
    def irreversible(self) -> str | None:
        """Why there is no way back, where the header says that there is none."""
        reasons = [match["reason"].strip() for _, comment in self.header if (match := _IRREVERSIBLE.fullmatch(comment))]
        return reasons[0] if reasons else None

    @cached_property
    def statements(self) -> list[Statement]:
        """The statements in order.

        :raises Unterminated: when a string, quoted name or comment is still open at the end.
        """
        return [statement for statement, _ in _parts(self.text)]

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of what counts in the text."""
        return digest(self.text)

    def prefix(self, done: int) -> str:
        """The checksum of the first ``done`` statements.

        :raises Unterminated: when a string, quoted name or comment is still open at the end.
        """
        return digest("\n".join(statement.text for statement in self.statements[:done])) if done else ""

    def problem(self, offset: int, text: str, advice: str = "") -> Problem:
        """A problem at this offset."""
        return Problem.at(self.path, self.text, offset, text, advice)

    def problems(self) -> list[Problem]:
        """What would break a run of this file, in order."""
        try:
            units = _units(self.text)
        except Unterminated as error:
            return [self.problem(error.offset, str(error), "Close it.")]
        parts = _parts(self.text)
        found = [self.problem(fault.offset, fault.text, fault.advice) for fault in faults(self.text, parts)]
        for _, offset, end in (unit for unit in units if unit.kind is Kind.COMMENT):
            comment = self.text[offset:end]
            if fault := _directive_fault(comment, (offset, comment) in self.header):
                found.append(self.problem(offset, *fault))
        return sorted(found, key=lambda problem: (problem.line or 0, problem.column or 0))


# A run looks at its files several times, and reads the folder anew each time.
@lru_cache(maxsize=256)
def _units(text: str) -> tuple[Token, ...]:
    """The text's tokens, comments among them.

    :raises Unterminated: when a string, quoted name or comment is still open at the end.
    """
    return tuple(tokens(text))


@lru_cache(maxsize=256)
def _parts(text: str) -> tuple[tuple[Statement, list[Token]], ...]:
    """The text's statements, each with its tokens.

    :raises Unterminated: when a string, quoted name or comment is still open at the end.
    """
    return tuple(split(text, _units(text)))


def digest(text: str) -> str:
    """SHA-256 of what counts in a text, in hexadecimal."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").rstrip()
    return hashlib.sha256(plain.encode()).hexdigest()


def excuses(statement: Statement) -> list[tuple[int, str, str]]:
    """The offset, code and reason of each ``-- lint:`` before a statement."""
    found = [(offset, match["rest"].strip()) for offset, text in statement.comments if (match := _LINT.fullmatch(text))]
    return [(offset, *_halves(rest)) for offset, rest in found]


def _halves(rest: str) -> tuple[str, str]:
    code, _, reason = rest.partition(" ")
    return code, reason.strip()


def _header(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokens(text):
            if token.kind is not Kind.COMMENT:
                return
            yield token.start, text[token.start : token.end]
    except Unterminated:
        return


def _directive_fault(comment: str, in_header: bool) -> tuple[str, str] | None:
    """What is wrong with a comment that is meant for the runner."""
    if _NO_TRANSACTION.fullmatch(comment):
        return None if in_header else (f"`{_MARK}` after the first statement", "Move it to the head of the file.")
    if _NEARLY_NO_TRANSACTION.fullmatch(comment):
        return "not quite a mark", f"Did you mean `{_MARK}`?"
    if (match := _IRREVERSIBLE.fullmatch(comment)) and not match["reason"].strip():
        return "`-- irreversible` without a reason", "Write `-- irreversible: reason`."
    if (match := _LINT.fullmatch(comment)) and not all(_halves(match["rest"].strip())):
        return "an excuse without a reason", "Write `-- lint: code reason`."
    return None
