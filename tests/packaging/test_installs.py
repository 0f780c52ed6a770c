"""What is built from a checkout works without one: wheel, sdist and editable, each in an environment of its own."""

import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
BUILT_FROM = ["src", "sql", "migrations", "plans", "README.md", "LICENSE", "pyproject.toml"]

# Everything that is data: the declared queries by importing their modules, the rest by name.
LOAD = """
import pkgutil
from importlib import import_module
from pathlib import Path
from zlib import crc32
import tenantstore.repositories
from tenantstore.migrate.files import load, scripts
from tenantstore.queries import CATALOG
from tenantstore.resources import folder

for module in pkgutil.iter_modules(tenantstore.repositories.__path__, "tenantstore.repositories."):
    import_module(module.name)
print(Path(tenantstore.__file__).parent)
for name in CATALOG:
    print(name, crc32(CATALOG.source(name).sql.encode()))
for migration in load(folder("migrations"), allow_gaps=True):
    for script in scripts(migration):
        print(script.path.name, crc32(script.text.encode()))
"""


@pytest.fixture(scope="module")
def here() -> list[str]:
    """What the checkout loads."""
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[1:]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a package is built from, so that nothing is written to the checkout itself."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", checkout, tmp_path_factory.mktemp("wheel"))


def build(kind: str, source: Path, target: Path) -> Path:
    # Without isolation, hence without a network: hatchling is one of the tools that the tests are installed with.
    command: list[str | Path] = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "-o", target, source]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = target.iterdir()
    return built


@pytest.fixture
def install(tmp_path: Path) -> Callable[..., Path]:
    """Install into a new environment that has psycopg from here, and give its Python."""

    def install(*what: str | Path) -> Path:
        venv.create(tmp_path / "env")
        python = tmp_path / "env/bin/python"
        (packages,) = (tmp_path / "env/lib").glob("python*/site-packages")
        # A folder that is named in a .pth has no .pth read in it: this checkout's editable install stays out.
        (packages / "driver.pth").write_text(str(Path(str(psycopg.__file__)).parents[1]))
        options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
        command: list[str | Path] = [sys.executable, "-m", "pip", "--python", python, "install", *options, *what]
        subprocess.run(command, check=True, cwd=tmp_path)
        return python

    return install


def load(python: Path) -> tuple[Path, list[str]]:
    """Where an environment's package lies, and what it loads, as seen from a folder that has nothing to do with it."""
    done = subprocess.run([python, "-I", "-c", LOAD], cwd="/", capture_output=True, text=True, check=True)
    package, *loaded = done.stdout.splitlines()
    return Path(package), loaded


@pytest.mark.parametrize("kind", ["wheel", "sdist", "editable"])
def test_every_query_and_migration_is_there_when_installed(
    kind: str, request: pytest.FixtureRequest, install: Callable[..., Path], checkout: Path, here: list[str]
) -> None:
    python = install("--editable", checkout) if kind == "editable" else install(request.getfixturevalue(kind))
    package, loaded = load(python)

    assert loaded == here
    assert package.is_relative_to(checkout if kind == "editable" else python.parents[1])


def test_the_demo_runs_from_a_wheel(wheel: Path, install: Callable[..., Path]) -> None:
    program = install(wheel).with_name("tenantstore")
    done = subprocess.run([program, "demo"], cwd="/", capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_an_sdist_has_what_the_tests_need(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    said = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    kept = {name for name in said.stdout.splitlines() if (ROOT / name).exists()}

    assert kept - packed == set()


def files(folder: Path) -> set[Path]:
    """Without what a run of the tests has compiled."""
    return {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def test_a_wheel_holds_the_product_and_nothing_else(wheel: Path, checkout: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {path.relative_to(checkout / "src") for path in files(checkout / "src")}
    folders = [checkout / kind for kind in ("sql", "migrations", "plans")]
    data = {Path("tenantstore") / path.relative_to(checkout) for folder in folders for path in files(folder)}

    assert packed == {path.as_posix() for path in modules | data}
