"""A scanner for PostgreSQL's SQL that knows what psql knows, and nothing of grammar.

It splits a text into the lexical units that matter to a tool which must not look inside strings and comments: the
query loader finds ``:name`` parameters with it, the migration runner finds statement ends. The rules are those of the
server's ``scan.l`` and of psql's ``psqlscan.l``, with ``standard_conforming_strings`` on (the default since 9.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a token is. Whitespace makes no token."""

    COMMENT = auto()  # -- to the end of the line, or /* */, nested
    STRING = auto()  # '…', E'…', U&'…', $tag$…$tag$, with its continuation lines
    QUOTED_NAME = auto()  # "…", U&"…"
    WORD = auto()  # a keyword, a name, a number
    PARAMETER = auto()  # :name
    POSITIONAL = auto()  # $1
    VARIABLE = auto()  # :'name' and :"name", which only psql can fill in
    SEMICOLON = auto()
    OPEN = auto()  # ( or [
    CLOSE = auto()  # ) or ]
    BACKSLASH = auto()  # outside every string: a psql command
    OTHER = auto()  # operators, commas, dots, ::, :=


class Token(NamedTuple):
    """``text[start:end]`` is the token; offsets count characters."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where an offset lies: ``line`` and ``column`` count from 1, ``source`` is that line without its ending."""

    line: int
    column: int
    source: str


class Unterminated(Exception):
    """A string, a quoted name or a comment that never ends; ``what`` it is and the ``offset`` at which it begins."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what, offset)
        self.what = what
        self.offset = offset

    def __str__(self) -> str:
        return f"unterminated {self.what}"


# Every character above ASCII is part of a name for the server, a no-break space included. Said by what of ASCII is not:
# a class with a range up to there takes 3 ms to compile, at import, for each time that it is used.
_WORD = r"[^\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]"  # A-Z, a-z, 0-9, _ and the rest
_NAME_START = r"[^\x00-\x40\x5b-\x5e\x60\x7b-\x7f]"  # the same without 0-9
# A string goes on after white space that holds a line end; an E'' string stays one there.
_CONTINUED = r"(?:[ \t\f\v]*+(?:--[^\r\n]*+)?[\r\n](?:[ \t\f\v\r\n]++|--[^\r\n]*+[\r\n])*+'"

_TOKEN = re.compile(
    rf"""
    (?P<space>[ \t\n\r\f\v]++)
  | (?P<COMMENT>--[^\r\n]*+)
  | (?P<block>/\*)
  | (?P<STRING>
        [eE]'(?:[^'\\]++|\\.|'')*+'{_CONTINUED}(?:[^'\\]++|\\.|'')*+')*+
      | (?:[uU]&)?'(?:[^']++|'')*+'{_CONTINUED}(?:[^']++|'')*+')*+ )
  | (?P<QUOTED_NAME>(?:[uU]&)?"(?:[^"]++|"")*+")
  | (?P<dollar>\$(?:{_NAME_START}{_WORD}*+)?\$)
  | (?P<open_quote>[eE]'|(?:[uU]&)?['"])
  | (?P<POSITIONAL>\$[0-9]++)
  | (?P<WORD>{_WORD}(?:{_WORD}|\$)*+)
  | (?P<cast>::|:=)
  | (?P<PARAMETER>:{_NAME_START}{_WORD}*+)
  | (?P<VARIABLE>:'[^'\r\n]*+'|:"[^"\r\n]*+")
  | (?P<SEMICOLON>;)
  | (?P<OPEN>[(\[])
  | (?P<CLOSE>[)\]])
  | (?P<BACKSLASH>\\)
  | (?P<OTHER>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {kind.name: kind for kind in Kind}
_BLOCK_EDGE = re.compile(r"/\*|\*/")
_OPERAND_END = re.compile(rf"(?:{_WORD}|[$)\]'\"])\Z")


def tokens(text: str) -> Iterator[Token]:
    """The tokens of ``text`` in order.

    :raises Unterminated: when a string, quoted name or comment is still open at the end.
    """
    position = 0
    brackets: list[str] = []
    while position < len(text):
        match = _TOKEN.match(text, position)
        assert match is not None, "the last alternative takes any character"
        group, start, end = match.lastgroup, position, match.end()
        match group:
            case "space":
                position = end
                continue
            case "block":
                kind, end = Kind.COMMENT, _block_comment_end(text, start)
            case "dollar":
                kind, end = Kind.STRING, _dollar_string_end(text, start, match[0])
            case "open_quote":
                raise Unterminated("quoted name" if match[0].endswith('"') else "string", start)
            case "cast":
                kind = Kind.OTHER
            case "PARAMETER" | "VARIABLE" if _is_slice(text, start, brackets):
                kind, end = Kind.OTHER, start + 1
            case _:
                assert group is not None
                kind = _KINDS[group]
        if kind is Kind.OPEN:
            brackets.append(text[start])
        elif kind is Kind.CLOSE and brackets:
            brackets.pop()
        yield Token(kind, start, end)
        position = end


def locate(text: str, offset: int) -> Place:
    """The line and column of ``offset``; ``\\n``, ``\\r\\n`` and ``\\r`` each end a line."""
    lines = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    rest = re.split(r"[\r\n]", text[offset:], maxsplit=1)[0]
    return Place(len(lines), len(lines[-1]) + 1, lines[-1] + rest)


def _is_slice(text: str, colon: int, brackets: list[str]) -> bool:
    """Whether the colon parts the bounds of ``a[lo:hi]``.

    There it stands against the operand before it, where no parameter can be: ``a[1: :hi]`` takes a parameter.
    """
    return bool(brackets) and brackets[-1] == "[" and _OPERAND_END.search(text, colon - 1, colon) is not None


def _block_comment_end(text: str, start: int) -> int:
    depth = 0
    for edge in _BLOCK_EDGE.finditer(text, start):
        depth += 1 if edge[0] == "/*" else -1
        if depth == 0:
            return edge.end()
    raise Unterminated("comment", start)


def _dollar_string_end(text: str, start: int, tag: str) -> int:
    end = text.find(tag, start + len(tag))
    if end < 0:
        raise Unterminated(f"dollar-quoted string {tag}", start)
    return end + len(tag)
