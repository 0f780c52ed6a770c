"""The queries that modules declare, found by importing them."""

import ast
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from tenantstore.checking.query.annotations import parsed
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.finding import Finding, Place
from tenantstore.errors import DeclarationError
from tenantstore.migrate.errors import Misconfigured
from tenantstore.queries import Catalog, Query
from tenantstore.queries.catalog import CATALOGS

# How much of a traceback through somebody's modules is shown: its end is where they failed.
_FRAMES = 3
# The code of a finding about a query that could not be declared.
UNDECLARED = "declaration"
_UNSEEN = "Its module did not load: other queries there, and in modules that import it, were not looked at."
# A problem names what is misspelt as :parameter or as 'word'.
_NAMED = re.compile(r"(?<=[:'])\w+")


def imported(names: Iterable[str]) -> list[DeclarationError]:
    """Import modules with all that is below them, and tell which queries could not even be declared.

    :raises Misconfigured: for a module that cannot be imported for any other reason.
    """
    failed: dict[str, DeclarationError] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        try:
            module = import_module(name)
        except DeclarationError as error:
            failed[str(error)] = error
            continue
        except (Exception, SystemExit) as error:
            raise Misconfigured(f"{name} cannot be imported", _told(name, error)) from None
        below = pkgutil.iter_modules(getattr(module, "__path__", ()), f"{name}.")
        waiting += [each.name for each in below if not each.name.endswith(".__main__")]
    return list(failed.values())


def declared(modules: Iterable[str | ModuleType | Catalog]) -> tuple[list[Query[Any]], list[Finding]]:
    """The queries that modules declare, by name, and what is wrong with declarations.

    :raises Misconfigured: when a module cannot be imported, or when none of them declares a query.
    """
    given = list(modules)
    catalogs = [each for each in given if isinstance(each, Catalog)]
    failed = imported(each for each in given if isinstance(each, str))
    found = [
        query
        for catalog in CATALOGS
        for query in catalog.declarations.values()
        if catalog in catalogs or _is_of(query, given)
    ]
    if not found and not failed:
        names = ", ".join(map(_name, given))
        raise Misconfigured(f"no query is declared in {names}", "A query is declared with a Catalog.")
    queries = sorted(found, key=lambda each: (str(each.source.path), each.declared.line if each.declared else 0))
    # What failed to import would have declared some of the files.
    unused = [] if failed else [*_unused_files(queries, catalogs), *_unused_queries(queries)]
    return queries, [*map(_undeclared, failed), *unused]


def _told(name: str, error: BaseException) -> str:
    """The end of a traceback, without the import system's own frames."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if "importlib" not in each.filename]
    theirs = [each for each in frames if each.filename != __file__][-_FRAMES:]
    places = [f"  {each.filename}:{each.lineno}: {each.line}" for each in theirs]
    hint = []
    if isinstance(error, ModuleNotFoundError):
        hint = ["Is it installed in this environment?"]
        if f"{name}.".startswith(f"{error.name}."):
            # The first place that is searched is the project's folder.
            hint = [f"It is neither in {sys.path[0]} nor installed in this environment: mend the name, or install it."]
    return "\n".join([*places, "".join(traceback.format_exception_only(error)).strip(), *hint])


def _name(module: str | ModuleType | Catalog) -> str:
    match module:
        case Catalog():
            return str(module.folder)
        case ModuleType():
            return module.__name__
    return module


def _is_of(query: Query[Any], modules: Iterable[str | ModuleType | Catalog]) -> bool:
    """Whether one of the modules, or one below it that is still the module of its name, declares the query."""
    if query.declared is None:
        return False
    namespace = query.declared.namespace
    name = str(namespace.get("__name__", ""))
    known = sys.modules.get(name)
    for module in modules:
        match module:
            case Catalog():
                continue
            case ModuleType() if vars(module) is namespace:
                return True
            case _:
                above = module if isinstance(module, str) else module.__name__
                if known and vars(known) is namespace and (name == above or name.startswith(f"{above}.")):
                    return True
    return False


def _undeclared(error: DeclarationError) -> Finding:
    """A query that its module could not declare; the error's place is ``file`` or ``file:line``."""
    file, _, line = error.place.rpartition(":")
    path, number = (Path(file), int(line)) if file and line.isdigit() else (Path(error.place), 1)
    try:
        source = path.read_text(encoding="utf-8", errors="replace").splitlines()[number - 1]
    except (OSError, IndexError):
        source = ""
    # The first of the words that stands there; else the line begins what is wrong.
    words = (re.search(rf"\b{each}\b", source) for each in _NAMED.findall(error.problem))
    column = next((each.start() for each in words if each), len(source) - len(source.lstrip())) + 1
    return Finding(UNDECLARED, "", error.problem, _UNSEEN, Place(path, number, column, source))


def _unused_files(queries: list[Query[Any]], catalogs: list[Catalog]) -> Iterator[Finding]:
    """Files of the folders in question that nothing declares, in these modules or in any other."""
    folders = {_folder(each) for each in queries} | {each.folder for each in catalogs}
    there = {each.source.path for catalog in CATALOGS for each in catalog.declarations.values()}
    for folder in sorted(folders):
        catalog = Catalog(folder)
        for name in catalog:
            path = folder / f"{name}.sql"
            if path not in there:
                advice = "Declare it, or delete it."
                text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
                yield Finding("unused-file", name, "no module declares it", advice, Place.at(path, text, 0))


def _folder(query: Query[Any]) -> Path:
    return query.source.path.parents[query.name.count("/")]


def _unused_queries(queries: list[Query[Any]]) -> Iterator[Finding]:
    """Declarations under a private name that their own module never uses again."""
    for query in queries:
        if query.declared is None:
            continue
        name = _assigned(query.declared.filename, query.declared.line)
        if name.startswith("_") and name not in _mentioned(query.declared.filename):
            asked = Asked(query)
            half = asked.declaration()
            problem = f"{name} is declared, and nothing in its module calls it"
            yield asked.finding("unused-query", problem, "Call it, or delete both.", None, half)


@cache
def _mentioned(filename: str) -> frozenset[str]:
    nodes = list(ast.walk(parsed(filename)))
    names = {each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
    attributes = {each.attr for each in nodes if isinstance(each, ast.Attribute)}
    texts = {each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return frozenset(names | attributes | texts)


def _assigned(filename: str, line: int) -> str:
    for each in ast.walk(parsed(filename)):
        match each:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if each.lineno <= line <= (each.end_lineno or each.lineno):
                    return name
            case _:
                pass
    return ""
