"""The code blocks of a page, in order.

A block says by its language what becomes of it, and by its name whether it is a file: the caption of a
``{code-block}``, or a path in a comment on its first line. A caption that ends in ``, at its end`` names a file that
the block is added to. ``# Not run by the tests: reason`` on the first line is the only way out.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_DIRECTIVE = re.compile(r"\{code-block\}\s*(?P<language>\S+)")
_CAPTION = re.compile(r":caption: (?P<caption>.+)\n\n?")
_PATH = re.compile(r"(?:#|--) (?P<path>[\w./-]+\.\w+)\n")
_NOT_RUN = re.compile(r"(?:#|--) Not run by the tests: (?P<reason>\S.+)\n")
_ADDED = ", at its end"


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
    """All of a page; what is a directive and no code is left out, and indented code is of no language."""
    found = MarkdownIt().parse(text)
    return [_block(name, each) for each in found if each.type in ("fence", "code_block") and not _is_other(each)]


def _is_other(token: Token) -> bool:
    return token.info.startswith("{") and _DIRECTIVE.match(token.info) is None


def _block(page: str, token: Token) -> Block:
    directive, text = _DIRECTIVE.match(token.info), token.content
    caption = _CAPTION.match(text) if directive else None
    text = text[caption.end() :] if caption else text
    name = caption or _PATH.match(text)
    named = name[1] if name else None
    language = directive["language"] if directive else token.info.strip()
    line = (token.map or [0])[0] + 1
    added = named is not None and named.endswith(_ADDED)
    return Block(f"{page}:{line}", language, text, named.removesuffix(_ADDED) if named else None, added)


def pages(root: Path) -> list[str]:
    """What is in the documentation, by path, without what a build writes from the code."""
    written = [path for path in (root / "docs").rglob("*.md") if path.parent.parent.name != "reference"]
    return sorted(path.relative_to(root).as_posix() for path in written)
