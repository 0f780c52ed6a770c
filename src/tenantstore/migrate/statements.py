"""Splitting a file into statements, by psql's rule, and finding those that the runner must not send.

A statement ends at a semicolon outside strings, comments and parentheses, and outside the ``BEGIN ATOMIC … END`` of a
``CREATE FUNCTION`` or ``CREATE PROCEDURE``. Only files marked ``-- no-transaction`` are run split; others go to the
server whole, and the splitting serves to say which statement failed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from tenantstore.queries.scanner import Kind, Token, tokens

_LEAD = 24
_TRANSACTION_WORDS = {"BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"}
_BYTE_ORDER_MARK = "\ufeff"

_TRANSACTION_ADVICE = (
    "Take it out: the runner commits, together with the history row.\n"
    "For statements that must not share a transaction, begin the file with `-- no-transaction`."
)
_COPY = (
    "COPY with the client's standard input or output",
    "Write the rows as INSERT … VALUES, or load them with a program after the migration.",
)
_BACKSLASH = ("a backslash command, which only psql understands", "Write it as SQL, or take it out.")
_INNER_MARK = ("a byte order mark inside the file", "Remove the invisible character.")


@dataclass(frozen=True, slots=True)
class Statement:
    """``text`` without the comments before it, which begins at ``offset`` of the file.

    ``lead`` are its first tokens as written, ``comments`` the offsets and texts of those before it.
    """

    text: str
    offset: int
    lead: tuple[str, ...]
    comments: tuple[tuple[int, str], ...]

    def begins(self, *words: str) -> bool:
        """Whether these keywords come first."""
        return tuple(map(str.upper, self.lead[: len(words)])) == words


@dataclass(frozen=True, slots=True)
class Fault:
    """Something at ``offset`` that would break the run, and what to do about it."""

    offset: int
    text: str
    advice: str


def faults(text: str, parts: Iterable[tuple[Statement, list[Token]]]) -> list[Fault]:
    """What in a text must not be sent, in order; ``parts`` are what :func:`split` makes of it."""
    found: list[Fault] = []
    for statement, own in parts:
        if statement.lead[0].upper() == "COPY" and _copies_through_client(statement.text):
            # What follows are its rows: not SQL, and nothing in them is worth a word of its own.
            return [*found, Fault(statement.offset, *_COPY)]
        if _ends_transaction([word.upper() for word in statement.lead]):
            found.append(Fault(statement.offset, f"{statement.lead[0].upper()} in a migration", _TRANSACTION_ADVICE))
        found += _token_faults(text, own)
    return found


def split(text: str, units: Iterable[Token]) -> Iterator[tuple[Statement, list[Token]]]:
    """The statements of a text in order, without empty ones, each with its tokens; ``units`` are the text's."""
    block = _Block()
    parentheses = 0
    comments: list[tuple[int, str]] = []
    found: list[Token] = []
    for token in units:
        if token.kind is Kind.COMMENT:
            if not found:
                comments.append((token.start, text[token.start : token.end]))
            continue
        match token.kind, text[token.start]:
            case Kind.OPEN, "(":
                parentheses += 1
            case Kind.CLOSE, ")":
                parentheses = max(0, parentheses - 1)
            case Kind.WORD, first if not first.isdecimal():
                block.see(text[token.start : token.end].lower(), parentheses)
        ends = token.kind is Kind.SEMICOLON and not parentheses and not block.depth
        if found or not ends:
            found.append(token)
        if ends:
            if found:
                yield _statement(text, found, comments), found
            block, comments, found = _Block(), [], []
    if found:
        yield _statement(text, found, comments), found


class _Block:
    """How deep in ``BEGIN ATOMIC`` the statement is; psql's own heuristic, so that both split alike."""

    def __init__(self) -> None:
        self.depth = 0
        self._first: list[str] = []

    def see(self, word: str, parentheses: int) -> None:
        """Take the next word that is not quoted."""
        if len(self._first) < 4:
            self._first.append(word)
        if parentheses or not self._is_routine():
            return
        if word == "begin" or (word == "case" and self.depth):
            self.depth += 1
        elif word == "end":
            self.depth = max(0, self.depth - 1)

    def _is_routine(self) -> bool:
        match self._first:
            case ["create", "function" | "procedure", *_]:
                return True
            case ["create", "or", "replace", "function" | "procedure"]:
                return True
        return False


def _statement(text: str, found: list[Token], comments: list[tuple[int, str]]) -> Statement:
    lead = tuple(text[token.start : token.end] for token in islice(found, _LEAD))
    return Statement(text[found[0].start : found[-1].end], found[0].start, lead, tuple(comments))


def _token_faults(text: str, units: list[Token]) -> Iterator[Fault]:
    for kind, start, end in units:
        if kind is Kind.BACKSLASH:
            yield Fault(start, *_BACKSLASH)
        elif kind is Kind.WORD and _BYTE_ORDER_MARK in (word := text[start:end]):
            yield Fault(start + word.index(_BYTE_ORDER_MARK), *_INNER_MARK)


def _ends_transaction(words: list[str]) -> bool:
    match words:
        case ["ROLLBACK", "TO", *_] | ["ROLLBACK", "WORK" | "TRANSACTION", "TO", *_]:
            return False
        case ["COMMIT" | "ROLLBACK", "PREPARED", *_]:
            return False
        case ["PREPARE", "TRANSACTION", *_]:
            return True
    return words[0] in _TRANSACTION_WORDS


def _copies_through_client(text: str) -> bool:
    """Whether STDIN or STDOUT follows FROM or TO outside parentheses."""
    depth = 0
    before = ""
    for token in tokens(text):
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        word = text[token.start : token.end].upper()
        if not depth and (before, word) in {("FROM", "STDIN"), ("TO", "STDOUT"), ("FROM", "STDOUT"), ("TO", "STDIN")}:
            return True
        if token.kind is not Kind.COMMENT:
            before = word
    return False
