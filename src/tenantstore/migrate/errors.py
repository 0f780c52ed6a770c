"""What the runner refuses and how it fails; each class knows the exit code of the command line.

::

    MigrationError                  1
    ├── Misconfigured               2   the request cannot be carried out as it was made
    │   ├── UnknownVersion              no such file
    │   ├── ForeignHistory              the history table is not one of this runner
    │   ├── Irreversible                a file on the way down has no way back
    │   └── PoolerBetween               a file without a transaction needs the server itself
    ├── InvalidFolder               4   files that would not run, or not in one certain order
    ├── Drift                       4   folder and database tell different stories
    ├── HalfDone                    4   a file stopped in the middle, and the other way was asked for
    ├── StatementFailed             1   the server refused; with file, line, column and what to do next
    ├── InvalidIndex                1   the server was content, and an index is INVALID
    ├── Refused                     1   the server refused what the runner asked for itself
    ├── ServerGone                  1   the connection broke while a file ran
    ├── Unreachable                 5   no connection in time
    ├── LockedOut                   6   another deployer held the lock for too long
    └── Blocked                     6   other sessions held a table for too long

Texts are for people at three in the morning: what, where, what to do. Passwords in SQL are starred out.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tenantstore.errors import TenantstoreError
from tenantstore.queries.scanner import locate

_SECRET = re.compile(
    r"""
    \bpassword\s*=?\s*''(?P<doubled>[^']+)''
  | \bpassword\s*=?\s*E?'(?P<quoted>(?:[^'\\]|''|\\.)*)
  | \bpassword\s*=?\s*\$(?P<tag>\w*)\$(?P<dollar>.*?)\$(?P=tag)\$
  | \bpassword=(?P<option>[^\s'"]+)
  | ://[^\s:/@']+:(?P<uri>[^\s@']+)@
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)

# What to do next, where it does not depend on the statement.
ADVICE = {
    "25001": "Begin the file with `-- no-transaction`: each of its statements is then run on its own.",
    "2D000": "It commits by itself: begin the file with `-- no-transaction`.",
    "55P04": "A value added to an enum is of use only after the commit: use it in the next migration.",
    "57014": "If it was cut off by a statement_timeout: `SET LOCAL statement_timeout = 0;` at the head of the file.",
    "25P04": "It was cut off by transaction_timeout: give the role that migrates a longer one.",
    "25006": "The server takes no writes: is it a standby? The DSN should name the primary.",
    "42501": "Migrate as the owner of what is changed, or grant what is missing.",
    "42P07": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "42701": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "42710": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "55P03": "Others held it for too long: end what blocks, or run again later; --wait tries for longer.",
    "40P01": "It and another session waited for each other: run again at a quieter time.",
}


class MigrationError(TenantstoreError):
    """Base of the runner's errors."""

    exit_code: ClassVar[int] = 1


class Misconfigured(MigrationError):
    """``problem`` in how the runner was called, and what to do about it."""

    exit_code = 2

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.problem, self.advice)))


class UnknownVersion(Misconfigured):
    """There is no file of this version."""


class ForeignHistory(Misconfigured):
    """The table is there, and is not a history of this runner."""


class Irreversible(Misconfigured):
    """A file on the way down cannot be undone."""


class PoolerBetween(Misconfigured):
    """A pooler stands between, where a session must be the runner's own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a file: ``text``, what to do, and where, if it lies at a place (``source`` is the line)."""

    path: Path
    text: str
    advice: str = ""
    line: int | None = None
    column: int | None = None
    source: str = ""

    @classmethod
    def at(cls, path: Path, content: str, offset: int, text: str, advice: str = "") -> "Problem":
        """A problem at an offset of the file's text."""
        place = locate(starred(content), offset)
        return cls(path, text, advice, place.line, place.column, place.source)

    def __str__(self) -> str:
        if self.line is None or self.column is None:
            return "\n".join(filter(None, (f"{self.path}: {self.text}", self.advice)))
        head = f"{self.path}:{self.line}:{self.column}: {self.text}"
        return "\n".join(filter(None, (head, caret(self.line, self.column, self.source), self.advice)))


class InvalidFolder(MigrationError):
    """Files that cannot be run, or cannot be put in one certain order."""

    exit_code = 4

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.problems))


class Drift(MigrationError):
    """Folder and history disagree; ``findings`` says where, one a line."""

    exit_code = 4

    def __init__(self, findings: Sequence[str], advice: str) -> None:
        super().__init__(tuple(findings), advice)
        self.findings = tuple(findings)
        self.advice = advice

    def __str__(self) -> str:
        return "\n".join((*self.findings, self.advice))


class HalfDone(MigrationError):
    """A file without a transaction stopped in the middle on its way ``direction``."""

    exit_code = 4

    def __init__(self, version: int, name: str, direction: str, done: int) -> None:
        super().__init__(version, name, direction, done)
        self.version = version
        self.name = name
        self.direction = direction
        self.done = done

    def __str__(self) -> str:
        return (
            f"{self.version} {self.name} stopped on its way {self.direction}, after {self.done} of its statements.\n"
            f"Finish it first: `{self.direction}` goes on where it stopped."
        )


class StatementFailed(MigrationError):
    """The server refused a statement of ``problem.path``; ``notes`` are its detail, hint and context, one a line."""

    def __init__(self, problem: Problem, sqlstate: str, notes: Sequence[str], outcome: str) -> None:
        super().__init__(problem, sqlstate, tuple(notes), outcome)
        self.problem = problem
        self.sqlstate = sqlstate
        self.notes = tuple(notes)
        self.outcome = outcome

    def __str__(self) -> str:
        return "\n".join((str(self.problem), f"SQLSTATE {self.sqlstate}", *self.notes, self.outcome))


class InvalidIndex(MigrationError):
    """A statement of ``problem.path`` went through, and an index is of no use after it."""

    def __init__(self, problem: Problem, outcome: str) -> None:
        super().__init__(problem, outcome)
        self.problem = problem
        self.outcome = outcome

    def __str__(self) -> str:
        return f"{self.problem}\n{self.outcome}"


class Refused(MigrationError):
    """The server refused something that is in no file."""

    def __init__(self, what: str, sqlstate: str, message: str) -> None:
        super().__init__(what, sqlstate, message)
        self.what = what
        self.sqlstate = sqlstate
        self.message = message

    def __str__(self) -> str:
        return f"{self.what}: {self.message}\nSQLSTATE {self.sqlstate}\n{ADVICE.get(self.sqlstate, '')}".rstrip()


class ServerGone(MigrationError):
    """The connection broke while ``what`` was under way."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason)
        self.what = what
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"{self.what}: the connection broke: {self.reason}\n"
            "Run the same command again: it reads in the history what was done, and goes on from there."
        )


class Unreachable(MigrationError):
    """No connection within ``waited_seconds``; ``reason`` is the last answer."""

    exit_code = 5

    def __init__(self, waited_seconds: float, reason: str) -> None:
        super().__init__(waited_seconds, reason)
        self.waited_seconds = waited_seconds
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"no connection within {self.waited_seconds:g} s: {self.reason}\nIs the server up? --wait waits for longer."
        )


class LockedOut(MigrationError):
    """Another deployer held the lock of this history for all of ``waited_seconds``."""

    exit_code = 6

    def __init__(self, waited_seconds: float, holders: Sequence[str]) -> None:
        super().__init__(waited_seconds, tuple(holders))
        self.waited_seconds = waited_seconds
        self.holders = tuple(holders)

    def __str__(self) -> str:
        held = "".join(f"\n  held by {holder}" for holder in self.holders)
        return (
            f"another run held the migration lock for {self.waited_seconds:g} s{held}\n"
            "Run the command again when it is done; --wait waits for longer."
        )


class Blocked(StatementFailed):
    """A statement ran into the lock timeout, again and again."""

    exit_code = 6


def caret(line: int, column: int, source: str) -> str:
    """The line with its number, and a mark under the column, also below tabs and wide characters."""
    before = "".join("\t" if character == "\t" else " " * _width(character) for character in source[: column - 1])
    number = str(line)
    return f"  {number} | {source}\n  {' ' * len(number)} | {before}^"


def starred(text: str) -> str:
    """The text with the passwords in it starred out, at the same length: PASSWORD '…', password=…, ://user:…@."""
    return _SECRET.sub(_star, text)


def _star(match: re.Match[str]) -> str:
    (secret,) = (name for name in ("doubled", "quoted", "dollar", "option", "uri") if match[name] is not None)
    start, end = match.start(secret) - match.start(), match.end(secret) - match.start()
    return match[0][:start] + re.sub(r"[^\r\n]", "*", match[secret]) + match[0][end:]


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
