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
    ├── HalfDone                    4   a file stopped in the middle, and is to be finished first
    ├── StatementFailed             1   the server refused; with file, line, column and what to do next
    │   └── Blocked                 6   it did so because other sessions held a table for too long
    ├── InvalidIndex                1   the server was content, and an index is INVALID
    ├── Refused                     1   the server refused what the runner asked for itself
    ├── LockLost                    1   a file without a transaction gave up the lock of its session
    ├── ServerGone                  1   the connection broke
    ├── Unreachable                 5   no connection in time
    └── LockedOut                   6   another deployer held the lock for too long

Texts are for people at three in the morning: what, where, what to do. Passwords in SQL are starred out.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tenantstore.errors import TenantstoreError
from tenantstore.migrate.shown import one_line
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
    "25006": "The server takes no writes: is it a standby? The DSN should name the primary.\n"
    "Or has somebody frozen the database? `SHOW default_transaction_read_only` tells.",
    "42501": "Migrate as the owner of what is changed, or grant what is missing.",
    "42P01": "Misspelt? Or made by another folder: put that one before this in `migrations` of pyproject.toml."
    " `verify` and `lint` also take `--base FOLDER`, for ours `--base tenantstore`.",
    "42P07": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "42701": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "42710": "Made by hand? `stamp` adopts a database that stands at a version already.",
    "55P03": "Others held it for too long: end what blocks, or run again later; --wait tries for longer.",
    "40P01": "It and another session waited for each other: run again at a quieter time.",
}


class MigrationError(TenantstoreError):
    """``problem``, and in ``advice`` what to do about it; both may have several lines.

    :next: what ``advice`` says; the text ends with it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.problem, self.advice)))


class Misconfigured(MigrationError):
    """The request cannot be carried out as it was made.

    :next: put the request right, the folder, the version or the DSN that it names; nothing was changed.
    """

    exit_code = 2


class UnknownVersion(Misconfigured):
    """There is no file of this version.

    :next: ``tenantstore migrate status`` lists the versions that there are.
    """


class ForeignHistory(Misconfigured):
    """The table is there, and is not a history of this runner.

    :next: name another table with ``--table``.
    """


class Irreversible(Misconfigured):
    """A file on the way down cannot be undone.

    :next: go no further down than the version above it, or restore a backup.
    """


class PoolerBetween(Misconfigured):
    """A pooler stands between, where a session must be the runner's own.

    :next: give the DSN of the server itself, past PgBouncer.
    """


class Drift(MigrationError):
    """Folder and history disagree; ``elsewhere`` is what to do where the history is another folder's.

    :next: bring the file back as it was applied; where the database is right as it is, ``tenantstore migrate repair``.
    """

    exit_code = 4

    def __init__(self, problem: str, advice: str = "", elsewhere: str = "") -> None:
        super().__init__(problem, advice)
        self.args: tuple[Any, ...] = (problem, advice, elsewhere)
        self.elsewhere = elsewhere

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.problem, self.elsewhere, self.advice)))


class HalfDone(MigrationError):
    """A file without a transaction stopped in the middle, and must be finished before what was asked for.

    :next: ``tenantstore migrate up`` goes on after the statements that are done; then ask again.
    """

    exit_code = 4


class InvalidIndex(MigrationError):
    """A statement went through, and an index is of no use after it.

    :next: drop the index and run again: it is built anew.
    """


class Refused(MigrationError):
    """The server refused something that is in no file.

    :next: the text has the SQLSTATE: mostly a right that the role lacks on the history's schema.
    """

    def __init__(self, problem: str, sqlstate: str | None, advice: str = "") -> None:
        super().__init__(f"{problem}\nSQLSTATE {sqlstate}" if sqlstate else problem, advice)
        self.args: tuple[Any, ...] = (problem, sqlstate, advice)
        self.sqlstate = sqlstate


class LockLost(MigrationError):
    """A file without a transaction gave up the lock that its session holds.

    :next: take ``pg_advisory_unlock_all`` or ``DISCARD`` out of the file, and run again.
    """


class ServerGone(MigrationError):
    """The connection broke.

    :next: ``tenantstore migrate status`` shows what is done; ``up`` or ``down`` goes on from there.
    """


class Unreachable(MigrationError):
    """No connection in time.

    :next: is the server up, and the DSN its own? A longer ``--wait`` waits for it.
    """

    exit_code = 5


class LockedOut(MigrationError):
    """Another deployer held the lock of this history for too long.

    :next: wait until that deploy is over, or end its session, which the text names; then run again.
    """

    exit_code = 6


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
            return "\n".join(filter(None, (f"{one_line(str(self.path))}: {self.text}", self.advice)))
        head = f"{one_line(str(self.path))}:{self.line}:{self.column}: {self.text}"
        return "\n".join(filter(None, (head, caret(self.line, self.column, self.source), self.advice)))


class InvalidFolder(MigrationError):
    """Files that cannot be run, or cannot be put in one certain order.

    :next: mend each file that is named; ``tenantstore migrate check`` reads the folder without a database.
    """

    exit_code = 4

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n\n".join(map(str, problems)))
        self.args: tuple[Any, ...] = (tuple(problems),)
        self.problems: tuple[Problem, ...] = tuple(problems)


class StatementFailed(MigrationError):
    """The server refused a statement at ``place``; ``notes`` are its detail, hint and context, one a line.

    :next: mend the file at that place, and run again: nothing of a file in a transaction stays.
    """

    def __init__(self, place: Problem, sqlstate: str, notes: Sequence[str], advice: str) -> None:
        super().__init__("\n".join((str(place), f"SQLSTATE {sqlstate}", *notes)), advice)
        self.args: tuple[Any, ...] = (place, sqlstate, tuple(notes), advice)
        self.place = place
        self.sqlstate = sqlstate


class Blocked(StatementFailed):
    """A statement ran into the lock timeout or a deadlock, again and again.

    :next: end what the text says is in the way, or run again at a quieter hour, with a longer ``--wait``.
    """

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
