"""The documentation is built without a warning, every reference leads somewhere, and no public name is left out."""

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from sphinx.util.inventory import InventoryFile

from tests.docs.test_reference import errors

ROOT = Path(__file__).parents[2]
PUBLIC = (
    "",
    ".checking",
    ".checking.pytest",
    ".migrate",
    ".observe",
    ".store",
    ".testing",
    ".testing.faults",
    ".testing.isolation",
)
KINDS = ("class", "data", "exception", "function")


def test_it_is_built_without_a_warning_and_has_every_public_name(tmp_path: Path) -> None:
    # A copy, since pages are written into it; of another name, or it would be found as the extension's package.
    shutil.copytree(ROOT / "docs", tmp_path / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "pages", "built"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": ""}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")

    inventory = InventoryFile.loads((tmp_path / "built/objects.inv").read_bytes(), uri="").data
    told = {name.rpartition(".")[2] for kind in KINDS for name in inventory[f"py:{kind}"]}
    public = {name for part in PUBLIC for name in import_module(f"tenantstore{part}").__all__}

    assert (public | {each.__name__ for each in errors()}) - told == set()
