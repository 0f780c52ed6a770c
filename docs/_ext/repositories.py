"""A page of the records and functions of each aggregate, from its module's docstrings."""

from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc
from pkgutil import iter_modules

from docs._ext.markdown import code, fence, page, plain, table
from tenantstore import repositories


def pages() -> Iterator[tuple[str, str]]:
    """Each page with its name: one for each module, and one that lists them all."""
    names = [each.name for each in iter_modules(repositories.__path__)]
    rows = []
    for name in names:
        module = f"{repositories.__name__}.{name}"
        first = (getdoc(import_module(module)) or "").partition("\n")[0]
        rows.append((f"[{plain(name)}]({name}.md)", plain(first)))
        yield (
            f"repositories/{name}",
            page(plain(name), f"Module {code(module)}.", fence("{eval-rst}", _members(module))),
        )
    yield (
        "repositories/index",
        page(
            "Repositories",
            "A module for each aggregate: its records, frozen, and its functions, each of which makes a statement for a"
            " scope to run. Names that end in `_for_customer`, and those that take a `customer_id` with which they ask,"
            " are a tenant's; the others are the operator's.",
            table(("module", "what"), rows),
            fence("{toctree}", "\n".join((":hidden:", "", *names))),
        ),
    )


def _members(module: str) -> str:
    return f".. automodule:: {module}\n   :members:"
