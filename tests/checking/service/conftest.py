"""The library's database, and copies of its package that something is wrong with."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tenantstore import migrate
from tenantstore.checking.query.check import check
from tenantstore.checking.query.finding import Finding
from tenantstore.checking.query.project import find
from tenantstore.testing import Server

HERE = Path(__file__).parent


class Faulty(Protocol):
    """What is found in a copy of the service after one text in one file was replaced."""

    def __call__(self, file: str, old: str, new: str) -> tuple[Finding, ...]: ...


@pytest.fixture(scope="module")
def library(server: Server) -> Iterator[str]:
    server.create_database("library")
    migrate.up(server.dsn("library"), HERE / "migrations")
    yield server.dsn("library")
    server.drop_database("library")


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The service in a folder of the test's own, where it is the only one of its name."""
    for name in ("library", "migrations", "plans", "tests"):
        shutil.copytree(HERE / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "pyproject.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_the_services(name)}
    yield tmp_path
    forget()
    sys.modules.update(before)


@pytest.fixture
def faulty(copy: Path, library: str) -> Faulty:
    def faulty(file: str, old: str, new: str) -> tuple[Finding, ...]:
        replace(copy / file, old, new)
        project = find(copy)
        assert project is not None
        return check(project, library).findings

    return faulty


def replace(path: Path, old: str, new: str) -> None:
    """Replace what is there once, for whoever imports the service next."""
    forget()
    text = path.read_text() if path.exists() else ""
    assert text.count(old) == 1 or not text
    path.write_text(text.replace(old, new) if text else new)


def forget() -> None:
    """Let the service be imported anew."""
    for name in [name for name in sys.modules if _is_the_services(name)]:
        del sys.modules[name]


def _is_the_services(name: str) -> bool:
    return name.partition(".")[0] == "library"
