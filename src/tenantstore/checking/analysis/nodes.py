"""PostgreSQL's resolved statements as data: the text that ``pg_node_tree`` columns hold, read into nodes.

The server writes each node as ``{TAG :field value …}``; a value is a node, a list, a number, a word, or ``<>`` for
nothing. Fields come and go with major versions, so a node is read by name, and a name that a version lacks is an error
where the reader gave no default.
"""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

Value: TypeAlias = "Node | list[Any] | str | int | bool | bytes | None"

# Backslash escapes the next character, also a blank, as the server's own reader has it.
_TOKEN = re.compile(r"[(){}]|(?:[^\s(){}\\]|\\.)+", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"-?\d+")
_WORDS: dict[str, Any] = {"<>": None, "true": True, "false": False, '""': ""}
# What 15 calls otherwise.
_TAGS = {"RTE": "RANGETBLENTRY"}
# Names of the statement's author, which may be a word or a number of ours.
_NAMES = {"aliasname", "ctename", "resname"}


class Node:
    """``node.field`` is a field's value; ``node.get(field, default)`` for one that not every version has."""

    __slots__ = ("fields", "tag")

    def __init__(self, tag: str, fields: dict[str, Any]) -> None:
        self.tag: str = tag
        self.fields: dict[str, Any] = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            raise AttributeError(f"{self.tag} has no field {name}") from None

    def get(self, name: str, default: Any = None) -> Any:
        return self.fields.get(name, default)

    def __repr__(self) -> str:
        return f"<{self.tag} {self.fields}>"


def read(text: str) -> Any:
    """The value that a ``pg_node_tree`` holds.

    :raises ValueError: when the text is not one.
    """
    reader = _Reader(text)
    try:
        value, end = reader.value(0)
    except IndexError:
        raise ValueError("a value is cut short") from None
    if end != len(reader.tokens):
        raise ValueError("more than one value")
    return value


def walk(value: Any) -> Iterator[Node]:
    """Every node in a value, itself first, depth first, in the order of the fields."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Node() as node:
                yield node
                waiting.extend(reversed(node.fields.values()))
            case list() as items:
                waiting.extend(reversed(items))
            case _:
                pass


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[str] = _TOKEN.findall(text)

    def value(self, at: int) -> tuple[Any, int]:
        """The value that begins with a token, and the index of the token after it."""
        match self.tokens[at]:
            case "{":
                return self.node(at)
            case "(":
                return self.items(at)
            case word:
                return _plain(word), at + 1

    def node(self, at: int) -> tuple[Node, int]:
        tokens = self.tokens
        tag = tokens[at + 1]
        fields: dict[str, Any] = {}
        at += 2
        while tokens[at] != "}":
            name = tokens[at][1:]
            if name == "constvalue" and tokens[at + 1] != "<>":
                fields[name], at = self.datum(at + 1)
            elif name in _NAMES and tokens[at + 1] != "<>":
                fields[name], at = _unescaped(tokens[at + 1]), at + 2
            else:
                fields[name], at = self.value(at + 1)
        return Node(_TAGS.get(tag, tag), fields), at + 1

    def items(self, at: int) -> tuple[list[Any], int]:
        """A list of values; one of integers, oids or bits says so in its first word, and becomes one of numbers."""
        tokens = self.tokens
        at += 1
        if tokens[at] in ("i", "o", "b", "x"):
            end = tokens.index(")", at)
            return [int(token) for token in tokens[at + 1 : end]], end + 1
        found = []
        while tokens[at] != ")":
            value, at = self.value(at)
            found.append(value)
        return found, at + 1

    def datum(self, at: int) -> tuple[bytes, int]:
        """``4 [ 1 0 0 0 ]``: as many bytes as the server holds the value in."""
        end = self.tokens.index("]", at)
        return bytes(int(token) & 0xFF for token in self.tokens[at + 2 : end]), end + 1


def _plain(token: str) -> Any:
    if token in _WORDS:
        return _WORDS[token]
    if _NUMBER.fullmatch(token):
        return int(token)
    return _unescaped(token[1:-1] if len(token) > 1 and token[0] == token[-1] == '"' else token)


def _unescaped(token: str) -> str:
    return _ESCAPED.sub(r"\1", token) if "\\" in token else token
