"""A folder of ``.sql`` files, loaded by name."""

import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from weakref import WeakSet

from tenantstore.errors import InvalidQuery, UnknownQuery
from tenantstore.queries.calls import Declared, calls_of
from tenantstore.queries.source import Source, load, nearest
from tenantstore.queries.statement import Query, Shape

R = TypeVar("R")

#: Every catalog of this process: what checks them all must not depend on the names that modules gave them.
CATALOGS: WeakSet["Catalog"] = WeakSet()


class Catalog:
    """The queries of a folder. ``many``, ``one``, … declare one; its name is its path there, without ``.sql``."""

    def __init__(self, folder: Path | str) -> None:
        self.folder: Path = Path(folder)
        self.declared: dict[str, Query[Any]] = {}
        #: All declarations by name, file and line: one file may be declared twice, as different records.
        self.declarations: dict[tuple[str, str, int], Query[Any]] = {}
        self._sources: dict[str, Source] = {}
        CATALOGS.add(self)

    def many(self, record: type[R], name: str) -> Query[list[R]]:
        """A list of records, in the order of the SQL. A plain type stands for the value of a single column."""
        return self._declare(Shape.MANY, record, name)

    def one(self, record: type[R], name: str) -> Query[R]:
        """One record; running it raises :class:`~tenantstore.errors.NotFound` where there is none."""
        return self._declare(Shape.ONE, record, name)

    def optional(self, record: type[R], name: str) -> Query[R | None]:
        """One record or None."""
        return self._declare(Shape.OPTIONAL, record, name)

    def scalar(self, value: type[R], name: str) -> Query[R]:
        """The one value of one row; running it raises :class:`~tenantstore.errors.NotFound` where there is no row."""
        return self._declare(Shape.ONE, value, name)

    def affected(self, name: str) -> Query[int]:
        """The number of rows that a change touched."""
        return self._declare(Shape.AFFECTED, int, name)

    def source(self, name: str) -> Source:
        """The loaded file.

        :raises UnknownQuery: when there is none of that name, or two.
        :raises InvalidQuery: for anything that could not be run as one statement.
        """
        if name not in self._sources:
            source = load(name, self._path(name))
            if source.command == "COPY":
                # The server would wait for rows, or send them, where nobody does the other.
                raise InvalidQuery(str(source.path), "a store does not run COPY, whose rows are no result")
            self._sources[name] = source
        return self._sources[name]

    def __iter__(self) -> Iterator[str]:
        """The names of all files, declared or not, sorted."""
        return iter(sorted(self._name(path) for paths in self._paths.values() for path in paths))

    @cached_property
    def _paths(self) -> dict[str, list[Path]]:
        # Names that differ in case alone are one name on some file systems and two on others.
        paths: dict[str, list[Path]] = {}
        for path in self.folder.rglob("*"):
            if path.suffix.lower() == ".sql" and path.is_file():
                paths.setdefault(self._name(path).lower(), []).append(path)
        return paths

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).with_suffix("").as_posix()

    def _path(self, name: str) -> Path:
        wanted = self.folder / f"{name}.sql"
        found = self._paths.get(name.lower(), [])
        if len(found) > 1:
            raise UnknownQuery(str(wanted), f"two files of one name: {', '.join(sorted(map(str, found)))}")
        if found != [wanted]:
            if not self.folder.is_dir():
                raise UnknownQuery(str(wanted), f"there is no folder {self.folder}: are the .sql files in the package?")
            raise UnknownQuery(str(wanted), f"no such file{nearest(name, self)}")
        return wanted

    def _declare(self, shape: Shape, record: type, name: str) -> Query[Any]:
        query: Query[Any] = Query(self.source(name), shape, record)
        caller: FrameType | None = sys._getframe(2)
        while caller is not None and caller.f_globals.get("__name__") == __package__:
            caller = caller.f_back
        if caller is not None:
            filename, line = caller.f_code.co_filename, caller.f_lineno
            query.expect(Declared(filename, line, caller.f_globals, calls_of(filename, line)))
            self.declarations[name, filename, line] = query
        self.declared[name] = query
        return query
