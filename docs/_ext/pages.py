"""The part of the documentation that is written from the code, before Sphinx reads it: `reference/<folder>/*.md`.

A page is Markdown, so that it can be read where it goes wrong. None is committed.
"""

from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

from docs._ext import commands, findings, plugin, queries, repositories, schema
from tenantstore.checking.query.project import find

ROOT = Path(__file__).parents[2]


def pages() -> Iterator[tuple[str, str]]:
    """Every generated page: its name below ``reference/``, without ``.md``, and its text."""
    project = find(ROOT)
    assert project is not None, "pyproject.toml says what is checked"
    yield from repositories.pages()
    yield from queries.pages(project)
    yield from commands.pages()
    yield from findings.pages()
    yield from plugin.pages()
    yield from schema.pages()


def write(app: Sphinx) -> None:
    """Write what has changed, so that Sphinx reads no more than that again, and take out what is no longer there."""
    reference = Path(app.srcdir) / "reference"
    written = {reference / f"{name}.md": text for name, text in pages()}
    for folder in {path.parent for path in written}:
        for path in set(folder.glob("*.md")) - written.keys():
            path.unlink()
    for path, text in written.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
