"""The folders of migrations that a service's ``pyproject.toml`` names, in the order in which they are applied.

They stand in ``[tool.tenantstore.check]``, once for every command; ``tenantstore`` there is this library's own folder.
"""

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenantstore import resources
from tenantstore.migrate.errors import Misconfigured
from tenantstore.resources import OURS


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, its history (None is the runner's own choice), and the folders that are applied before it."""

    path: Path
    table: str | None = None
    before: Sequence[Path] = ()

    @property
    def is_ours(self) -> bool:
        return self.path.resolve() == resources.folder("migrations").resolve()

    def __str__(self) -> str:
        return "tenantstore's own migrations" if self.is_ours else str(self.path)


def table(start: Path) -> tuple[Path, Any] | None:
    """The nearest ``pyproject.toml`` with a table for us, from a folder upwards, and what stands there.

    :raises Misconfigured: when a file on the way cannot be read.
    """
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (found := _read(file)) is not None:
            return file, found
    return None


def migrations(start: Path) -> list[str]:
    """The folders that are named there, ours as ``tenantstore``; ours alone where none is.

    :raises Misconfigured: when the table is not one that can be read.
    """
    found = table(start)
    if found is None:
        return [OURS]
    file, told = found
    named = told.get("migrations", [OURS]) if isinstance(told, dict) else None
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        advice = f'Write it as migrations = ["{OURS}", "migrations"].'
        raise Misconfigured(f"{file}: [tool.tenantstore.check] migrations is a list of texts", advice)
    return [each if each == OURS else str(file.parent / each) for each in named]


def folders(start: Path) -> list[Folder]:
    """The same as folders."""
    return each_of(migrations(start))


def each_of(named: Sequence[str]) -> list[Folder]:
    """The folders of such names."""
    found: list[Folder] = []
    for each, history in zip(named, histories(named), strict=True):
        found.append(Folder(located(each), history, tuple(before.path for before in found)))
    return found


def histories(named: Sequence[str]) -> list[str | None]:
    """Each folder's history table, None for the runner's own choice: each of several foreign ones has its own."""
    foreign = [each for each in named if each != OURS]
    tables = iter([None, *(f"migration_history_{number}" for number in range(2, len(foreign) + 1))])
    return [None if each == OURS else next(tables) for each in named]


def located(name: str) -> Path:
    """Where a folder lies, told from here where it lies below; ``tenantstore`` is ours."""
    if name == OURS:
        return resources.folder("migrations")
    path = Path(os.path.relpath(name))
    return Path(name) if ".." in path.parts else path


def _read(file: Path) -> Any:
    try:
        found: Any = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise Misconfigured(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    for name in ("tool", "tenantstore", "check"):
        if not isinstance(found, dict):
            raise Misconfigured(f"{file}: [tool.tenantstore.check] is no table")
        found = found.get(name, {} if name != "check" else None)
    return found
