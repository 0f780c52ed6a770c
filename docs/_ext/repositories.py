"""A page of the records and functions of each aggregate, from its module's docstrings."""

from collections.abc import Iterator
from importlib import import_module
from inspect import getdoc, isclass
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
    # An aggregate that is a folder hands on records of a module below, where nobody is to import them from.
    given = [name for name, each in vars(import_module(module)).items() if is_below(each, module)]
    parts = [*(f".. autoclass:: {module}.{name}" for name in given), f".. automodule:: {module}"]
    return "\n\n".join(f"{part}\n   :members:" for part in parts)


def is_below(each: object, module: str) -> bool:
    """Whether it is a class of a module that lies below the given one."""
    return isclass(each) and each.__module__.startswith(f"{module}.")
