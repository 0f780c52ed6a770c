"""What is to be checked: a service's modules, its tenant model, the migrations that make its database, its snapshot.

A service says it once, in its ``pyproject.toml``, for the command line and for the test::

    [tool.tenantstore.check]
    modules = ["shop"]                        # imported with all that is below them
    model = "shop.tenancy:MODEL"              # a TenantModel; not needed for the library's tables alone
    migrations = ["tenantstore", "migrations"]  # folders, applied in this order; "tenantstore" is the library's
    snapshot = "check.snapshot.json"
    workload = "shop.plans:WORKLOAD"          # a Workload, for --plans
    plans = "plans"

Paths are relative to that file.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from tenantstore import resources
from tenantstore.checking.plans import Workload
from tenantstore.checking.query.modules import imported
from tenantstore.checking.tenancy import TenantModel
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.project import table
from tenantstore.queries import Catalog
from tenantstore.queries.source import nearest
from tenantstore.resources import OURS

T = TypeVar("T")

SNAPSHOT = "check.snapshot.json"
PLANS = "plans"
_LISTS = ("modules", "migrations")
_KEYS = (*_LISTS, "model", "snapshot", "workload", "plans")


@dataclass(frozen=True, slots=True)
class Project:
    """``modules`` are names of modules or packages, modules, or catalogs; ``root`` is where paths are told from.

    ``snapshot`` need not be there. ``plans`` is the folder of the plans that are committed, which the rows of
    ``workload`` are for.
    """

    modules: tuple[str | ModuleType | Catalog, ...]
    model: TenantModel | None
    migrations: tuple[Path, ...]
    root: Path
    snapshot: Path
    workload: Workload | None
    plans: Path


def project(
    modules: Iterable[str | ModuleType | Catalog] = (),
    model: TenantModel | str | None = None,
    migrations: Iterable[Path | str] = (OURS,),
    root: Path | None = None,
    snapshot: Path | str = SNAPSHOT,
    workload: Workload | str | None = None,
    plans: Path | str = PLANS,
) -> Project:
    """A project from its parts; without modules it is this library's own catalogue, and ours alone have our model.

    :raises Misconfigured: when model or workload cannot be imported, or a folder is not there.
    """
    root = root or Path.cwd()
    chosen = tuple(modules)
    if not chosen:
        chosen, plans = ("tenantstore.repositories",), resources.folder("plans")
        workload = workload or "tenantstore.checking.plans.fleet:FLEET"
    named = tuple(migrations)
    if named == (OURS,):
        model = model or "tenantstore.checking.ownership:OWNERSHIP"
    folders = tuple(resources.folder("migrations") if each == OURS else root / each for each in named)
    for folder in folders:
        if not folder.is_dir():
            raise Misconfigured(f"{folder}: no such folder of migrations", "`tenantstore` names those of the library.")
    return Project(
        chosen,
        _named(model, TenantModel),
        folders,
        root,
        root / snapshot,
        _named(workload, Workload),
        root / plans,
    )


def find(start: Path) -> Project | None:
    """The project of the nearest ``pyproject.toml`` that has one, from a folder upwards.

    :raises Misconfigured: when its table is not one that can be read.
    """
    found = table(start)
    return _read(*found) if found else None


def here(**given: Any) -> Project:
    """The project of this folder, with what is ``given`` in place of its own; other modules make one of their own.

    :raises Misconfigured: as of :func:`project` and :func:`find`.
    """
    # What is checked may lie where it is checked, installed or not.
    if (folder := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, folder)
    found = None if "modules" in given else find(Path.cwd())
    if found is None:
        return project(**given)
    return project(**{**{each.name: getattr(found, each.name) for each in fields(found)}, **given})


def _read(file: Path, told: Mapping[str, Any]) -> Project:
    if not isinstance(told, dict):
        raise Misconfigured(f"{file}: [tool.tenantstore.check] is no table")
    for key, value in told.items():
        if key not in _KEYS:
            raise Misconfigured(f"{file}: [tool.tenantstore.check] has no key {key!r}{nearest(key, _KEYS)}")
        wanted = list if key in _LISTS else str
        if not isinstance(value, wanted) or (wanted is list and not all(isinstance(each, str) for each in value)):
            form = "a list of texts" if wanted is list else "a text"
            raise Misconfigured(f"{file}: [tool.tenantstore.check] {key} is {form}")
    if not told.get("modules"):
        raise Misconfigured(
            f"{file}: [tool.tenantstore.check] names no modules", 'modules = ["shop"], or whatever yours is.'
        )
    # What is checked lies beside the file that says so, installed or not.
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    return project(**told, root=file.parent)


def _named(named: T | str | None, wanted: type[T]) -> T | None:
    """What ``package.module:NAME`` names, if it is only named."""
    if not isinstance(named, str):
        return named
    module, _, attribute = named.partition(":")
    if failed := imported([module]):
        raise Misconfigured(f"{module} cannot be imported", str(failed[0]))
    found = getattr(import_module(module), attribute, None) if attribute else None
    if not isinstance(found, wanted):
        raise Misconfigured(f"{named} is no {wanted.__name__}", "It is named as `package.module:NAME`.")
    return found
