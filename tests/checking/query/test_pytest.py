"""The one test that any service imports, as its own run of pytest shows it."""

import os
import subprocess
import sys
from pathlib import Path

from tenantstore.testing import Server
from tests.checking.service.conftest import copy as copy
from tests.checking.service.conftest import replace


def run(folder: Path, server: Server) -> tuple[int, list[str]]:
    """The exit code, and what is told of a failure."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-q",
        folder / "tests/test_queries.py::test_queries",
    ]
    environment = {**os.environ, "TENANTSTORE_SCRATCH_DSN": server.dsn(), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    lines = done.stdout.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("___")]
    ends = [number for number, line in enumerate(lines) if "short test summary" in line]
    return done.returncode, lines[starts[0] + 1 : ends[0]] if starts else []


def test_a_service_that_is_right_passes(copy: Path, server: Server) -> None:
    assert run(copy, server) == (0, [])


def test_a_fault_is_shown_and_no_traceback(copy: Path, server: Server) -> None:
    replace(copy / "library/sql/books/get.sql", "b.title", "b.name")

    assert run(copy, server) == (
        1,
        [
            "1 finding",
            "",
            "library/sql/books/get.sql:6:5: refused: column b.name does not exist [42703]",
            "  6 |     b.name,",
            "    |     ^",
        ],
    )


def test_a_service_that_says_nothing_is_told_to(copy: Path, server: Server) -> None:
    (copy / "pyproject.toml").write_text("")
    told = f"no pyproject.toml above {copy}/tests/test_queries.py has a table [tool.tenantstore.check]"

    assert run(copy, server) == (1, [told])


def test_what_cannot_be_imported_is_told(copy: Path, server: Server) -> None:
    replace(copy / "library/catalog.py", "from pathlib", "from nowhere")

    assert run(copy, server) == (
        1,
        [
            "library.books cannot be imported",
            f"  {copy}/library/books.py:10: from .catalog import CATALOG",
            f"  {copy}/library/catalog.py:3: from nowhere import Path",
            "ModuleNotFoundError: No module named 'nowhere'",
            "Is it installed in this environment?",
        ],
    )
