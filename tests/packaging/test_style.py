"""Style and types, judged by the tools. `make check` runs this file alone."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_BENCH = ("aiosql", "asyncpg", "matplotlib", "sqlalchemy")
_has_bench = pytest.mark.skipif(not all(map(find_spec, _BENCH)), reason="needs the group bench")


@pytest.mark.parametrize(
    "command", ["ruff check", "ruff format --check", "mypy", pytest.param("mypy -p benchmarks", marks=_has_bench)]
)
def test_the_tools_find_nothing(command: str) -> None:
    name, *arguments = command.split()
    program = Path(sys.executable).with_name(name)
    done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
