"""Who may import whom, read from the source: also what is imported inside a function or for types only."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenantstore.cli import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/tenantstore"

# Each may import its own height and below. The package itself only hands on names of the store and the queries.
HEIGHTS = {
    "errors": 0,
    "resources": 0,
    "queries": 1,
    "repositories": 2,
    "observe": 3,
    "store": 3,
    "migrate": 3,
    "checking": 3,
    "testing": 3,
    "tenantstore": 3,
    "demo": 4,
    "cli": 5,
    "__main__": 5,
}


def part_of(module: str) -> str:
    """The layer's name: the first step below the package."""
    _, _, below = module.partition(".")
    part = below.partition(".")[0]
    return part if part in HEIGHTS else "tenantstore"


def imports(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports; ``from a import b`` counts as ``a.b``."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from (f"{module}.{each.name}" for each in names)
            case ast.ImportFrom():
                raise AssertionError("imports are written in full")


# What a part may import besides, where its users have installed the extra.
EXTRAS = {
    "cli": {"rich"},
    "checking": {"pytest"},
    "observe": {"opentelemetry"},
    "testing": {"pytest", "hypothesis", "testcontainers", "docker"},
}


@pytest.fixture(scope="module")
def imported() -> list[tuple[str, str]]:
    """Every (module, what it imports) of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        found += [(module, name) for name in imports(ast.parse(path.read_bytes()))]
    return found


def is_allowed(module: str, name: str) -> bool:
    importer, part = part_of(module), part_of(name)
    if importer == part == "repositories":
        # But what an aggregate that is a folder has below it.
        return name.startswith(f"{module}.")
    return HEIGHTS[part] <= HEIGHTS[importer] and (importer, part) != ("migrate", "repositories")


def test_imports_go_down_only(imported: list[tuple[str, str]]) -> None:
    ours = [pair for pair in imported if pair[1].partition(".")[0] == "tenantstore"]

    assert [f"{module} imports {name}" for module, name in ours if not is_allowed(module, name)] == []


def test_psycopg_and_its_pool_are_all_that_is_needed(imported: list[tuple[str, str]]) -> None:
    parts = {(part_of(module), name.partition(".")[0]) for module, name in imported}
    tops = {top for part, top in parts if top not in EXTRAS.get(part, ())}
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert tops - sys.stdlib_module_names - {"tenantstore"} == {"psycopg", "psycopg_pool"}
    assert [each.partition(">")[0] for each in required] == ["psycopg", "psycopg-pool"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_does_not_wait_for_psycopg(command: str) -> None:
    script = f"""
import sys
from tenantstore.cli import main
try:
    main({[*command.split(), "--help"]})
except SystemExit:
    print("psycopg" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "False"


def lengths() -> Iterator[tuple[str, int, int]]:
    """What is limited in length: its name, its lines, the limit."""
    for path in sorted((ROOT / "sql").rglob("*.sql")):
        yield str(path.relative_to(ROOT)), len(path.read_text().splitlines()), 60
    for folder in ("src", "tests", "benchmarks", "docs"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name, text = str(path.relative_to(ROOT)), path.read_text()
            yield name, len(text.splitlines()), 400
            # A test may be long: what it expects is whole records.
            for node in ast.walk(ast.parse(text)) if folder != "tests" else ():
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    assert node.end_lineno is not None
                    yield f"{name}: {node.name}", node.end_lineno - node.lineno + 1, 40


def test_nothing_is_longer_than_a_page_or_two() -> None:
    assert [f"{name} has {lines} lines" for name, lines, limit in lengths() if lines >= limit] == []
