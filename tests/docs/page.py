"""The code blocks of a page, in order.

A block says by its language what becomes of it, and the paragraph before it whether it is a file: a path in backticks
and a colon, and nothing else; with ``, at its end`` before the colon it is a file that the block is added to.
``# Not run by the tests: reason`` on the first line is the only way out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_NAME = re.compile(r"`(?P<path>[\w./-]+)`(?P<added>, at its end)?:")
_NOT_RUN = re.compile(r"(?:#|--) Not run by the tests: (?P<reason>\S.+)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """``place`` is page and line. ``name`` is the file that the block is, or is ``added`` to."""

    place: str
    language: str
    text: str
    name: str | None
    added: bool

    @property
    def not_run(self) -> str | None:
        """Why it is only to be read."""
        found = _NOT_RUN.match(self.text)
        return found and found["reason"]


def blocks(name: str, text: str) -> list[Block]:
    """All of a page; a directive is left out, and indented code is of no language."""
    found = MarkdownIt().parse(text)
    # A paragraph is three tokens: its begin, its text, its end.
    above = ["", "", *(each.content for each in found)]
    return [
        _block(name, each, _NAME.fullmatch(text))
        for each, text in zip(found, above, strict=False)
        if each.type in ("fence", "code_block") and not each.info.startswith("{")
    ]


def _block(page: str, token: Token, name: re.Match[str] | None) -> Block:
    line = (token.map or [0])[0] + 1
    path, added = (name["path"], name["added"] is not None) if name else (None, False)
    return Block(f"{page}:{line}", token.info.strip(), token.content, path, added)


def pages(root: Path) -> list[str]:
    """What is in the documentation, by path, without what a build writes from the code."""
    written = [path for path in (root / "docs").rglob("*.md") if path.parent.parent.name != "reference"]
    return sorted(path.relative_to(root).as_posix() for path in written)
