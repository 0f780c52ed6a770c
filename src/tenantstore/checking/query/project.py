"""What is to be checked: a service's modules, its tenant model, the migrations that make its database, its snapshot.

A service says it once, in its ``pyproject.toml``, for the command line and for the test::

    [tool.tenantstore.check]
    modules = ["shop"]                        # imported with all that is below them
    model = "shop.tenancy:MODEL"              # a TenantModel; without one no query is held against one
    migrations = ["tenantstore", "migrations"]  # folders, applied in this order; `tenantstore` is ours
    snapshot = "check.snapshot.json"

Paths are relative to that file.
"""

import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from tenantstore import resources
from tenantstore.checking.query.modules import imported
from tenantstore.checking.tenancy import TenantModel
from tenantstore.migrate.errors import Misconfigured
from tenantstore.queries import Catalog
from tenantstore.queries.source import nearest

OURS = "tenantstore"
SNAPSHOT = "check.snapshot.json"
_KEYS = ("modules", "model", "migrations", "snapshot")


@dataclass(frozen=True, slots=True)
class Project:
    """``modules`` are names of modules or packages, modules, or catalogs; ``root`` is where paths are told from.

    ``snapshot`` need not be there.
    """

    modules: tuple[str | ModuleType | Catalog, ...]
    model: TenantModel | None
    migrations: tuple[Path, ...]
    root: Path
    snapshot: Path


def project(
    modules: Iterable[str | ModuleType | Catalog] = (),
    model: TenantModel | str | None = None,
    migrations: Iterable[Path | str] = (OURS,),
    root: Path | None = None,
    snapshot: Path | str = SNAPSHOT,
) -> Project:
    """A project from its parts; without modules it is this library's own catalogue.

    :raises Misconfigured: when the model cannot be imported, or a folder is not there.
    """
    root = root or Path.cwd()
    chosen = tuple(modules)
    if not chosen:
        chosen, model = ("tenantstore.repositories",), model or "tenantstore.checking.ownership:OWNERSHIP"
    folders = tuple(resources.folder("migrations") if each == OURS else root / each for each in migrations)
    for folder in folders:
        if not folder.is_dir():
            raise Misconfigured(f"{folder}: no such folder of migrations", "`tenantstore` stands for ours.")
    return Project(
        chosen,
        _model(model) if isinstance(model, str) else model,
        folders,
        root,
        root / snapshot,
    )


def find(start: Path) -> Project | None:
    """The project of the nearest ``pyproject.toml`` that has one, from a folder upwards.

    :raises Misconfigured: when its table is not one that can be read.
    """
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (table := _table(file)) is not None:
            return _read(file, table)
    return None


def _table(file: Path) -> Any:
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise Misconfigured(f"{file}: {error}") from None
    return found.get("tool", {}).get("tenantstore", {}).get("check")


def _read(file: Path, table: Mapping[str, Any]) -> Project:
    for key, value in table.items():
        if key not in _KEYS:
            raise Misconfigured(f"{file}: [tool.tenantstore.check] has no key {key!r}{nearest(key, _KEYS)}")
        wanted = list if key in ("modules", "migrations") else str
        if not isinstance(value, wanted) or (wanted is list and not all(isinstance(each, str) for each in value)):
            form = "a list of texts" if wanted is list else "a text"
            raise Misconfigured(f"{file}: [tool.tenantstore.check] {key} is {form}")
    # What is checked lies beside the file that says so, installed or not.
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    return project(**table, root=file.parent)


def _model(name: str) -> TenantModel:
    module, _, attribute = name.partition(":")
    if failed := imported([module]):
        raise Misconfigured(f"{module} cannot be imported", str(failed[0]))
    found = getattr(import_module(module), attribute, None) if attribute else None
    if not isinstance(found, TenantModel):
        raise Misconfigured(f"{name} is no TenantModel", "The model is named as `package.module:NAME`.")
    return found
