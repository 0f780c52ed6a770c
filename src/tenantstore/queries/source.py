"""One ``.sql`` file: its header, its text, and the statement that is sent for it.

``:name`` parameters become ``$1 …`` once, in order of first appearance, so the text that was checked is the text that
is executed and the text that ``pg_stat_statements`` shows. Everything else stays as written, without the header.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tenantstore.errors import InvalidQuery
from tenantstore.queries.scanner import Kind, Token, Unterminated, locate, tokens


class Scope(Enum):
    """Who may run a query."""

    TENANT = "tenant"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Source:
    """A loaded file. ``sql`` is what is sent; ``parameters`` are the names behind ``$1``, ``$2``, …, in that order.

    ``writes`` says whether the statement can change a row: the outcome of a lost reply matters only then.
    """

    name: str
    path: Path
    scope: Scope
    text: str
    sql: str
    parameters: tuple[str, ...]
    writes: bool


_KEYS = ("scope",)
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
    scope = _scope(path, text, found[:body])
    sql, parameters = _compile(path, text, found[body:])
    if scope is Scope.TENANT and "customer_id" not in parameters:
        raise InvalidQuery(str(path), "a query of scope tenant takes :customer_id; this one does not")
    return Source(name, path, scope, text, sql, parameters, _writes(text, found[body:]))


def nearest(word: str, choices: Iterable[str]) -> str:
    """``; did you mean …?`` for a misspelt word, or nothing."""
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


def _scope(path: Path, text: str, header: list[Token]) -> Scope:
    scope: Scope | None = None
    for token in header:
        match = _HEADER_LINE.fullmatch(text[token.start : token.end])
        if match is None:
            continue
        key, value = match["key"], match["value"].strip()
        if key not in _KEYS:
            raise _invalid(path, text, token.start, f"unknown header key {key!r}{nearest(key, _KEYS)}")
        if scope is not None:
            raise _invalid(path, text, token.start, "a second scope line")
        if value not in {each.value for each in Scope}:
            hint = nearest(value, (each.value for each in Scope))
            raise _invalid(path, text, token.start, f"scope is tenant or operator, not {value!r}{hint}")
        scope = Scope(value)
    if scope is None:
        raise InvalidQuery(str(path), "the header has no line '-- scope: tenant' or '-- scope: operator'")
    return scope


def _compile(path: Path, text: str, body: list[Token]) -> tuple[str, tuple[str, ...]]:
    statements = [token for token in body if token.kind is not Kind.COMMENT]
    if not statements or statements[0].kind is Kind.SEMICOLON:
        raise InvalidQuery(str(path), "no statement")
    if statements[-1].kind is Kind.SEMICOLON:
        statements.pop()
    last = statements[-1].end
    numbers: dict[str, int] = {}
    pieces: list[str] = []
    done = statements[0].start
    for token in statements:
        match token.kind:
            case Kind.PARAMETER:
                number = numbers.setdefault(text[token.start + 1 : token.end], len(numbers) + 1)
                pieces += (text[done : token.start], _spaced(text, token, number))
                done = token.end
            case Kind.SEMICOLON:
                raise _invalid(path, text, token.start, "a file holds one statement; another begins after this ';'")
            case Kind.POSITIONAL:
                raise _invalid(path, text, token.start, "parameters are written :name, not $1")
            case Kind.VARIABLE:
                raise _invalid(path, text, token.start, "parameters are written :name, without quotes")
            case Kind.BACKSLASH:
                raise _invalid(path, text, token.start, "psql's backslash commands mean nothing to the server")
            case _:
                pass
    pieces.append(text[done:last])
    return "".join(pieces), tuple(numbers)


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
