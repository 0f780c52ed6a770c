"""References in docstrings and signatures: by the name that code has for a thing, to the name it is documented by."""

from pydoc import locate
from typing import Any, TypeVar

from docutils import nodes
from pygments.lexer import inherit
from pygments.lexers.sql import PostgresLexer
from pygments.token import Name
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment

from docs._ext.queries import target
from tenantstore.queries import CATALOG

_REPOSITORIES = "tenantstore.repositories."


class NamedParameters(PostgresLexer):
    """SQL of PostgreSQL, in which parameters are ``:name``."""

    tokens = {"root": [(r"(?<!:):[a-z_]\w*", Name.Variable), inherit]}  # noqa: RUF012  # as Pygments has it


def resolve(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, contnode: nodes.TextElement
) -> nodes.Element | None:
    """Where a name of ours leads to that is documented by another: by the package, not the module it is written in."""
    if node.get("refdomain") != "py":
        return None
    domain, named = env.domains["py"], str(node["reftarget"])
    assert isinstance(domain, PythonDomain)
    meant = locate(named)
    if isinstance(meant, TypeVar):
        return contnode
    last = named.rpartition(".")[2]
    alike = [name for name, entry in domain.objects.items() if name.rpartition(".")[2] == last and not entry.aliased]
    # An error in `:raises:` is named as its module imports it.
    found = [name for name in alike if "." not in named or (meant is not None and locate(name) is meant)]
    if len(found) != 1:
        return None
    return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, contnode)


def add_query(_app: Sphinx, what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Lead from a function of a repository to its query."""
    query = name.removeprefix(_REPOSITORIES).replace(".", "/")
    if what == "function" and name.startswith(_REPOSITORIES) and query in CATALOG:
        lines += ["", f":SQL: :ref:`{query} <{target(query)}>`"]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_lexer("sql", NamedParameters)
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-docstring", add_query)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
