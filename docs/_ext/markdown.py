"""The little Markdown that generated pages are written in."""

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~])")


def plain(text: str) -> str:
    """The text as it is, whatever Markdown would make of it; what stands between backticks, and an option, is code."""
    words = re.split(r"(`[^`]+`)", re.sub(r"(?<![\w`-])--[a-z][a-z-]*", r"`\g<0>`", text))
    return "".join(word if number % 2 else _SPECIAL.sub(r"\\\1", word) for number, word in enumerate(words))


def code(text: str) -> str:
    """The text as code, also in a table."""
    # In a table a bar ends the cell, in code or not.
    return "`` {} ``".format(text.replace("|", r"\|")) if "`" in text else "`{}`".format(text.replace("|", r"\|"))


def fence(language: str, text: str) -> str:
    """A block of code, or a directive that takes one."""
    return f"````{language}\n{text.strip(chr(10))}\n````"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def folded(summary: str, text: str) -> str:
    """What is long and seldom wanted, behind a line to click on."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def page(title: str, *parts: str) -> str:
    """A page of these paragraphs, without those that are empty."""
    return "\n\n".join((f"# {title}", *filter(None, parts))) + "\n"
