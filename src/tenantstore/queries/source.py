"""One ``.sql`` file: its header, its text, and the statement that is sent for it.

``:name`` parameters become ``$1 …`` once, in order of first appearance, so the text that was checked is the text that
is executed and the text that ``pg_stat_statements`` shows, where the query's name in a comment ends it. Everything else
stays as written, without the header.

The header says ``-- scope: tenant`` or ``-- scope: operator``, and may say what ``tenantstore check`` is to believe
without a proof, with the reason::

    -- not-null: relay_ip: every device has a relay server since 007
    -- type: mood: a loader for it is registered with the pool
    -- at-most-one: the primary relay server is one, a trigger sees to it
    -- volatile: the port is drawn once, on the coordinator
    -- scan: a monthly report over all rows, and none is in the way of others
"""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from tenantstore.errors import InvalidQuery
from tenantstore.queries.scanner import Kind, Token, Unterminated, locate, tokens


class Scope(Enum):
    """Who may run a query."""

    TENANT = "tenant"
    OPERATOR = "operator"


class Claim(NamedTuple):
    """What a header says without a proof: its ``key``, the column (empty for the whole), why, and where in the text."""

    key: str
    column: str
    reason: str
    offset: int


class Anchor(NamedTuple):
    """From ``sent`` on, what is sent is the text from ``written`` on; or one ``parameter``, which stands there."""

    sent: int
    written: int
    parameter: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A loaded file. ``sql`` is what runs; ``parameters`` are the names behind ``$1``, ``$2``, …, in that order.

    ``arrays`` has the index there and the element's type of those that are cast to one array type wherever they stand,
    as ``:ids::uuid[]``. ``command`` is what the statement does, behind its CTEs. ``writes`` says whether it can change
    a row: the outcome of a lost reply matters only then.
    """

    name: str
    path: Path
    scope: Scope
    text: str
    sql: str
    parameters: tuple[str, ...]
    arrays: tuple[tuple[int, str], ...]
    command: str
    writes: bool
    claims: tuple[Claim, ...]
    anchors: tuple[Anchor, ...]

    def written(self, sent: int) -> int:
        """The offset in ``text`` of what stands at an offset of ``sql``."""
        anchor = self.anchors[bisect_right(self.anchors, sent, key=lambda each: each.sent) - 1]
        return anchor.written + (0 if anchor.parameter else sent - anchor.sent)


_OF_A_COLUMN = ("not-null", "type")
_OF_THE_WHOLE = ("at-most-one", "volatile", "scan")
_KEYS = ("scope", *_OF_A_COLUMN, *_OF_THE_WHOLE)
_AFTER_CTES = ("SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE")
_ARRAY_CAST = re.compile(r"\s*::\s*(\w+)\s*\[\s*\]", re.ASCII)
_HEADER_LINE = re.compile(r"--[ \t]*(?P<key>[a-z][a-z_-]*):(?P<value>.*)")


def load(name: str, path: Path) -> Source:
    """Read and compile one file.

    :raises InvalidQuery: with file and line, for anything that could not be run as one statement.
    """
    text = _read(path)
    try:
        found = list(tokens(text))
    except Unterminated as error:
        raise _invalid(path, text, error.offset, str(error)) from None
    body = next((i for i, token in enumerate(found) if token.kind is not Kind.COMMENT), len(found))
    scope, claims = _header(path, text, found[:body])
    sql, parameters, anchors = _compile(path, text, found[body:])
    if scope is Scope.TENANT and "customer_id" not in parameters:
        raise InvalidQuery(str(path), "a query of scope tenant takes :customer_id; this one does not")
    arrays = _arrays(text, found[body:], parameters)
    command, writes = _command(text, found[body:]), _writes(text, found[body:])
    return Source(name, path, scope, text, sql, parameters, arrays, command, writes, claims, anchors)


def prose(source: Source) -> str:
    """What the header says to people, in one line: its comments without those that the program reads."""
    lines = []
    for token in tokens(source.text[: source.anchors[0].written]):
        comment = source.text[token.start : token.end]
        if _HEADER_LINE.fullmatch(comment) is None:
            lines += comment.removeprefix("--").removeprefix("/*").removesuffix("*/").split()
    return " ".join(lines)


def nearest(word: str, choices: Iterable[str]) -> str:
    """``; did you mean …?`` for a misspelt word, or nothing."""
    # Imported where a word is misspelt: it takes longer to import than most of what is here.
    import difflib

    close = difflib.get_close_matches(word, list(choices), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _read(path: Path) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidQuery(f"{path}:{line}", "not UTF-8") from None
    if "\0" in text:
        raise _invalid(path, text, text.index("\0"), "a NUL byte")
    return text


def _invalid(path: Path, text: str, offset: int, problem: str) -> InvalidQuery:
    return InvalidQuery(f"{path}:{locate(text, offset).line}", problem)


def _header(path: Path, text: str, header: list[Token]) -> tuple[Scope, tuple[Claim, ...]]:
    scope: Scope | None = None
    claims: list[Claim] = []
    for token in header:
        match = _HEADER_LINE.fullmatch(text[token.start : token.end])
        if match is None:
            continue
        key, value = match["key"], match["value"].strip()
        if key not in _KEYS:
            raise _invalid(path, text, token.start, f"unknown header key {key!r}{nearest(key, _KEYS)}")
        if key != "scope":
            claims.append(_claim(path, text, token.start, key, value))
            if [each[:2] for each in claims].count(claims[-1][:2]) > 1:
                raise _invalid(path, text, token.start, f"a second {' '.join(claims[-1][:2]).rstrip()} line")
            continue
        if scope is not None:
            raise _invalid(path, text, token.start, "a second scope line")
        if value not in {each.value for each in Scope}:
            hint = nearest(value, (each.value for each in Scope))
            raise _invalid(path, text, token.start, f"scope is tenant or operator, not {value!r}{hint}")
        scope = Scope(value)
    if scope is None:
        raise InvalidQuery(str(path), "the header has no line '-- scope: tenant' or '-- scope: operator'")
    return scope, tuple(claims)


def _claim(path: Path, text: str, offset: int, key: str, value: str) -> Claim:
    column, parted, reason = value.partition(":") if key in _OF_A_COLUMN else ("", ":", value)
    if not (parted and reason.strip() and (column.strip() or key in _OF_THE_WHOLE)):
        form = "column: reason" if key in _OF_A_COLUMN else "reason"
        raise _invalid(path, text, offset, f"{key} takes its reason: '-- {key}: {form}'")
    return Claim(key, column.strip(), reason.strip(), offset)


def _compile(path: Path, text: str, body: list[Token]) -> tuple[str, tuple[str, ...], tuple[Anchor, ...]]:
    statements = [token for token in body if token.kind is not Kind.COMMENT]
    if not statements or statements[0].kind is Kind.SEMICOLON:
        raise InvalidQuery(str(path), "no statement")
    if statements[-1].kind is Kind.SEMICOLON:
        statements.pop()
    numbers: dict[str, int] = {}
    sql = ""
    done = statements[0].start
    anchors = [Anchor(0, done, False)]
    for token in statements:
        _refuse(path, text, token)
        if token.kind is Kind.PARAMETER:
            number = numbers.setdefault(text[token.start + 1 : token.end], len(numbers) + 1)
            sql += text[done : token.start]
            anchors.append(Anchor(len(sql), token.start, True))
            sql += _spaced(text, token, number)
            done = token.end
            anchors.append(Anchor(len(sql), done, False))
    return sql + text[done : statements[-1].end], tuple(numbers), tuple(anchors)


def _arrays(text: str, body: list[Token], parameters: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    casts: dict[str, set[str]] = {name: set() for name in parameters}
    for token in body:
        if token.kind is Kind.PARAMETER:
            cast = _ARRAY_CAST.match(text, token.end)
            casts[text[token.start + 1 : token.end]].add(cast[1].lower() if cast else "")
    return tuple((i, kinds.pop()) for i, kinds in enumerate(casts.values()) if len(kinds) == 1 and "" not in kinds)


def _refuse(path: Path, text: str, token: Token) -> None:
    """:raises InvalidQuery: for what has no place in a file of one statement."""
    match token.kind:
        case Kind.SEMICOLON:
            problem = "a file holds one statement; another begins after this ';'"
        case Kind.POSITIONAL:
            problem = "parameters are written :name, not $1"
        case Kind.VARIABLE:
            problem = "parameters are written :name, without quotes"
        case Kind.BACKSLASH:
            problem = "psql's backslash commands mean nothing to the server"
        case _:
            return
    raise _invalid(path, text, token.start, problem)


def _command(text: str, body: list[Token]) -> str:
    depth, before, first = 0, "", ""
    for token in body:
        word = text[token.start : token.end].upper()
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        if token.kind is Kind.WORD:
            first = first or word
            # A CTE may be called update: it is no reserved word.
            if depth == 0 and word in _AFTER_CTES and before not in ("WITH", "RECURSIVE", ","):
                return word
            if first != "WITH":
                return first
        before = word
    return first


def _writes(text: str, body: list[Token]) -> bool:
    words = [text[token.start : token.end].upper() for token in body if token.kind is Kind.WORD]
    # SELECT … FOR UPDATE and FOR NO KEY UPDATE lock, and change nothing.
    locks = {i for i, word in enumerate(words) if word == "UPDATE" and words[i - 1 : i] in (["FOR"], ["KEY"])}
    return any(w in {"INSERT", "UPDATE", "DELETE", "MERGE"} and i not in locks for i, w in enumerate(words))


def _spaced(text: str, token: Token, number: int) -> str:
    """``$1``, parted from a name or a number that it would otherwise become part of."""
    before = text[token.start - 1 : token.start]
    after = text[token.end : token.end + 1]
    left = " " if before.isalnum() or before in ("_", "$") or before > "\x7f" else ""
    right = " " if after in ("$", ":") and text[token.end : token.end + 2] != "::" else ""
    return f"{left}${number}{right}"
