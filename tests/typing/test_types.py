"""Types arrive at the caller whole: as mypy sees them, and as pyright does."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REVEALED = Path(__file__).with_name("revealed.py")
_TYPE = {
    "mypy": re.compile(r'revealed\.py:(\d+): note: Revealed type is "(.*)"'),
    "pyright": re.compile(r'revealed\.py:(\d+):\d+ - information: Type of ".*" is "(.*)"'),
}


def _run(program: str, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    # pyright looks for packages where the first python on the path does, which does not know the checkout itself.
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    command = [folder / program, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("program", ["mypy", "pyright"])
def test_what_run_and_run_all_give_is_inferred(program: str) -> None:
    expected = {
        number: line.partition("  # ")[2]
        for number, line in enumerate(REVEALED.read_text().splitlines(), 1)
        if "  reveal_type(" in line
    }
    done = _run(program, *(["--strict"] if program == "mypy" else []), REVEALED)
    # mypy writes names in full.
    inferred = {
        int(line): re.sub(r"\b(?:\w+\.)+(?=\w)", "", name) for line, name in _TYPE[program].findall(done.stdout)
    }

    assert (inferred, done.returncode) == (expected, 0), done.stdout + done.stderr


def test_every_public_type_is_complete() -> None:
    done = _run("pyright", "--verifytypes", "tenantstore", "--ignoreexternal")

    assert (re.findall(r"Type completeness score: (.*)", done.stdout), done.returncode) == (["100%"], 0), done.stdout
