"""Small services of a test's own, checked against a database that has our tables and some types besides."""

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Protocol

import psycopg
import pytest

from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.query.check import Report, check
from tenantstore.checking.query.project import Project, project
from tenantstore.testing import Server

DATABASE = "with_types"


class Service(Protocol):
    """A project of these ``.sql`` files, and of a module ``orders.py`` that declares them with ``catalog``."""

    def __call__(self, files: Mapping[str, str], module: str) -> Project: ...


class Checked(Protocol):
    """What the checker says of such a project."""

    def __call__(self, files: Mapping[str, str], module: str) -> Report: ...


@pytest.fixture(scope="module")
def with_types(server: Server, migrated_template: str) -> Iterator[str]:
    server.create_database(DATABASE, migrated_template)
    with psycopg.connect(server.dsn(DATABASE)) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'ok')")
        connection.execute("CREATE DOMAIN short AS text CHECK (length(VALUE) < 9)")
        connection.execute(
            "CREATE TABLE moods (id uuid PRIMARY KEY, mood mood NOT NULL, name short, n numeric NOT NULL)"
        )
    yield server.dsn(DATABASE)
    server.drop_database(DATABASE)


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    # What load() puts there is taken out afterwards.
    monkeypatch.setitem(sys.modules, "orders", ModuleType("orders"))

    def service(files: Mapping[str, str], module: str) -> Project:
        for name, text in files.items():
            path = tmp_path / "sql" / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        loaded = load(tmp_path / "orders.py", module)
        return project([loaded.catalog], OWNERSHIP, [], tmp_path)

    return service


@pytest.fixture
def checked(service: Service, with_types: str) -> Checked:
    return lambda files, module: check(service(files, module), with_types)


HEAD = """\
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from tenantstore import Catalog

catalog = Catalog(Path(__file__).parent / "sql")


"""


def load(path: Path, module: str) -> ModuleType:
    """The module, known by its name as one that was imported."""
    path.write_text(HEAD + module, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = loaded
    spec.loader.exec_module(loaded)
    return loaded
