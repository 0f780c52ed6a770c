"""Where things stand in a statement's text: its columns, its parameters, its stars.

Read with the scanner alone: what the server resolved has no places from version 17 on. A place serves a reader; where
none is found, the statement's beginning will do.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from tenantstore.queries.scanner import Kind, Token, tokens

_VERBS = {"SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE"}
_CHANGES = {"INSERT", "UPDATE", "DELETE", "MERGE"}
_ENDS = {
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "INTO",
}
_BEFORE_A_TABLE = {"(", "UNION", "INTERSECT", "EXCEPT", "ALL", "AS", ")"}
_BEFORE_A_STAR = {"SELECT", "ALL", "DISTINCT", "RETURNING", ",", "."}


class _Word(NamedTuple):
    """A token with its text in capitals, and in how many brackets it stands."""

    text: str
    start: int
    end: int
    depth: int


def columns(sql: str, count: int) -> list[tuple[int, int]]:
    """Where each of ``count`` result columns is written, from its first character to the one after its last.

    All are the list's beginning, where it is not a list of so many.
    """
    words = _words(sql)
    found = [span for span in _items(words) if span[0] < span[1]]
    if len(found) == count:
        return found
    return [found[0] if found else (words[0].start, words[0].end)] * count


def parameter(text: str, name: str) -> tuple[int, int] | None:
    """Where ``:name`` is first written in a file."""
    for token in tokens(text):
        if token.kind is Kind.PARAMETER and text[token.start + 1 : token.end] == name:
            return token.start, token.end
    return None


def word(text: str, name: str) -> int | None:
    """Where a name is first written in a file, outside of comments."""
    for token in tokens(text):
        written = text[token.start : token.end]
        if (token.kind is Kind.WORD and written.lower() == name) or (
            token.kind is Kind.QUOTED_NAME and written[1:-1].replace('""', '"') == name
        ):
            return token.start
    return None


def stars(sql: str) -> Iterator[int]:
    """Where a star stands for columns: not one that multiplies, nor that of ``count(*)``; or TABLE, which is one."""
    words = _words(sql)
    for at, each in enumerate(words):
        if each.text == "TABLE" and (not at or words[at - 1].text in _BEFORE_A_TABLE):
            yield each.start
        if each.text == "*" and at and (words[at - 1].text in _BEFORE_A_STAR or _is_distinct_on(words, at - 1)):
            yield each.start


def _is_distinct_on(words: tuple[_Word, ...], close: int) -> bool:
    """Whether a bracket closes a ``DISTINCT ON (…)``."""
    if words[close].text != ")":
        return False
    opened = next(i for i in range(close - 1, -1, -1) if words[i].text == "(" and words[i].depth == words[close].depth)
    return [each.text for each in words[max(opened - 2, 0) : opened]] == ["DISTINCT", "ON"]


@lru_cache(maxsize=8)
def _words(sql: str) -> tuple[_Word, ...]:
    found: list[_Word] = []
    depth = 0
    for token in tokens(sql):
        if token.kind is Kind.COMMENT:
            continue
        depth -= token.kind is Kind.CLOSE
        found.append(_Word(_text(sql, token), token.start, token.end, depth))
        depth += token.kind is Kind.OPEN
    return tuple(found)


def _text(sql: str, token: Token) -> str:
    return sql[token.start : token.end].upper() if token.kind is not Kind.QUOTED_NAME else '""'


def _items(words: tuple[_Word, ...]) -> Iterator[tuple[int, int]]:
    """The parts of the list that decides the columns, parted by commas."""
    first = _list_start(words)
    if first is None:
        return
    depth = words[first - 1].depth
    start, end = words[first].start if first < len(words) else 0, 0
    for at in range(first, len(words)):
        each = words[at]
        if each.depth < depth or (each.depth == depth and each.text in _ENDS and words[at - 1].text != "DISTINCT"):
            break
        if each.depth == depth and each.text == ",":
            yield start, end
            start = words[at + 1].start if at + 1 < len(words) else each.end
            continue
        end = each.end
    yield start, end


def _list_start(words: tuple[_Word, ...]) -> int | None:
    """The index after SELECT or RETURNING: that of the statement itself, however many brackets it stands in."""
    for depth in range(max((each.depth for each in words), default=0) + 1):
        level = [(at, each.text) for at, each in enumerate(words) if each.depth == depth]
        verb = next(((at, text) for at, text in level if text in _VERBS), None)
        if verb is None:
            continue
        if verb[1] in _CHANGES:
            return next((at + 1 for at, text in level if text == "RETURNING"), None)
        return _after_select(words, verb[0]) if verb[1] == "SELECT" else None
    return None


def _after_select(words: tuple[_Word, ...], select: int) -> int:
    at = select + 1
    if words[at : at + 1] and words[at].text in ("ALL", "DISTINCT"):
        at += 1
        if words[at : at + 1] and words[at].text == "ON":
            closing = (i for i in range(at + 2, len(words)) if words[i].depth == words[select].depth)
            at = next((i for i in closing if words[i].text == ")"), at) + 1
    return at
