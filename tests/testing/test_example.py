"""The example's tests, as its developer runs them: from a wheel, in an environment with nothing of this checkout."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.test_installs import BUILT_FROM, ROOT, build

NEEDS = ["fastapi", "httpx2", "pytest-xdist"]
USERS = ["root", "nobody"]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user of the machine can enter, with the example in it."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    shutil.copytree(ROOT / "examples/fleet", path / "fleet", ignore=shutil.ignore_patterns("__pycache__"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def python(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what the example needs besides."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in BUILT_FROM:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    wheel = build("wheel", checkout, tmp_path_factory.mktemp("wheel"))
    subprocess.run([interpreter(), "-m", "venv", "--without-pip", place / "env"], check=True)
    python = place / "env/bin/python"
    options = ["--quiet", "--disable-pip-version-check", "--constraint", str(ROOT / "constraints.txt")]
    what = [f"tenantstore[binary,embedded,test] @ {wheel.as_uri()}", *NEEDS]
    command: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", *options, *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No matching distribution" in done.stderr or "Temporary failure in name resolution" in done.stderr:
        pytest.skip(f"the example's needs are not to be had here: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    return python


def interpreter() -> str:
    """A Python that every user can run: the one that runs the tests may lie in somebody's home."""
    own = Path(sys.executable).resolve()
    public = all(folder.stat().st_mode & 0o001 for folder in own.parents)
    return str(own) if public else shutil.which("python3", path="/usr/bin:/usr/local/bin") or str(own)


@pytest.mark.parametrize("user", USERS if os.geteuid() == 0 else [None])
def test_the_examples_tests_pass_with_two_workers(user: str | None, python: Path, place: Path) -> None:
    home = place / f"home of {user}"
    home.mkdir()
    if user is not None:
        shutil.chown(home, user)
        home.chmod(0o755)
    done = subprocess.run(
        [python, "-m", "pytest", "-n", "2", "-p", "no:cacheprovider"],
        cwd=place / "fleet",
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
        user=user,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert (done.returncode, "13 passed" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "(embedded)" in done.stdout
