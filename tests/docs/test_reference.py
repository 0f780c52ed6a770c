"""Nothing is left out of the reference: what there is is asked of the code, what is told of the pages made from it."""

import argparse
import ast
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

import psycopg
import pytest

import tenantstore
from docs._ext import plugin, schema
from docs._ext.commands import is_told, subcommands
from docs._ext.findings import LINT
from docs._ext.pages import pages
from docs._ext.queries import target
from tenantstore.checking.ownership import OWNERSHIP
from tenantstore.checking.query.sarif import RULES
from tenantstore.cli import COMMANDS
from tenantstore.errors import TenantstoreError
from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.lint.excuses import _OURS, UNUSED
from tenantstore.queries import CATALOG

ROOT = Path(__file__).parents[2]
CHECKING = ROOT / "src/tenantstore/checking"
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_CODE = re.compile(r"[a-z]+(-[a-z]+)*")


@pytest.fixture(scope="module")
def reference() -> Mapping[str, str]:
    """The pages that are made of the code, by name."""
    return dict(pages())


def commands() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Each command with the page it is on, its whole name, and what reads it."""
    for name, command in COMMANDS.items():
        parser = import_module(command.home).make_parser()
        yield name, parser.prog, parser
        for below in subcommands(parser).values():
            yield name, below.prog, below


def section(page: str, program: str) -> str:
    """What a page says of a command, up to the next one."""
    return page.partition(f"{{program}} {program}\n")[2].partition("{program}")[0]


def test_every_option_of_every_command_is_told(reference: Mapping[str, str]) -> None:
    missing = [
        f"{program} {option}"
        for page, program, parser in commands()
        for option in set(_OPTION.findall(parser.format_help().partition("\noptions:")[2].partition("\n\n")[0]))
        if f"{{option}} {option}" not in section(reference[f"commands/{page}"], program) and option != "--help"
    ]

    assert missing == []


def test_every_argument_of_every_command_is_told(reference: Mapping[str, str]) -> None:
    missing = [
        f"{program} {action.dest}"
        for page, program, parser in commands()
        for action in parser._get_positional_actions()
        if action.help != argparse.SUPPRESS
        and not isinstance(action, argparse._SubParsersAction)
        and f"{{option}} {action.metavar or action.dest}\n" not in section(reference[f"commands/{page}"], program)
    ]

    assert missing == []


def test_every_command_tells_its_exit_codes(reference: Mapping[str, str]) -> None:
    # What completes a line gives no code that anybody looks at.
    silent = [name for name in COMMANDS if "Exit codes\n" not in reference[f"commands/{name}"]]

    assert silent == ["completion"]


def test_every_exit_code_of_an_error_is_told(reference: Mapping[str, str]) -> None:
    codes = {each.exit_code for each in errors() if issubclass(each, MigrationError)}
    told = [re.findall(r"^\| (\d+) \|", reference[f"commands/{page}"], re.M) for page in ("exit-codes", "migrate")]

    assert [codes - set(map(int, each)) for each in told] == [set(), set()]


def errors() -> list[type[TenantstoreError]]:
    """Every class of an error that a caller may see; those of the command line end there."""
    for module in pkgutil.walk_packages(tenantstore.__path__, "tenantstore."):
        if not module.name.startswith(("tenantstore.cli", "tenantstore.__main__")):
            import_module(module.name)
    found, left = [], [TenantstoreError]
    while left:
        each = left.pop()
        found.append(each)
        left += each.__subclasses__()
    ours = [each for each in found if each.__module__.startswith("tenantstore.")]
    return [each for each in ours if not each.__module__.startswith("tenantstore.cli.")]


def test_every_error_says_what_to_do_next() -> None:
    silent = [each.__name__ for each in errors() if ":next:" not in (vars(each)["__doc__"] or "")]

    assert silent == ["TenantstoreError"]


def test_every_query_is_told_with_its_sql(reference: Mapping[str, str]) -> None:
    missing = []
    for name in CATALOG:
        told = (
            reference[f"queries/{name.partition('/')[0]}"]
            .partition(f"({target(name)})=\n")[2]
            .partition("\n(query-")[0]
        )
        source = CATALOG.source(name)
        body = source.text[source.anchors[0].written :].strip()
        if body not in told or any(f"| `:{each}` |" not in told for each in source.parameters):
            missing.append(name)

    assert missing == []


def run_pytest(option: str, folder: Path) -> str:
    """What pytest says of itself where nothing but what is installed is at hand."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", option]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_every_fixture_is_told(reference: Mapping[str, str], tmp_path: Path) -> None:
    fixtures = set(re.findall(r"^(ts_\w+)", run_pytest("--fixtures", tmp_path), re.M))
    told = set(re.findall(r"^\.\. py:data:: (\w+)", reference["pytest/index"], re.M))

    assert fixtures
    assert told == fixtures


def test_every_option_of_the_plugin_is_told(reference: Mapping[str, str], tmp_path: Path) -> None:
    helped = run_pytest("--help", tmp_path)
    options = set(re.findall(r"^  (--ts-[a-z-]+)", helped, re.M)) | set(re.findall(r"^  (ts_[a-z_]+) \(", helped, re.M))
    page = reference["pytest/index"]
    told = set(re.findall(r"\{option\} (--[a-z-]+)", page)) | set(re.findall(r"^\| `(ts_\w+)` \|", page, re.M))

    assert options
    assert told == options


def test_nothing_is_told_by_its_name_alone() -> None:
    silent = [
        f"{program} {action.dest}"
        for _, program, parser in commands()
        for action in parser._actions
        if is_told(action) and not action.help
    ]
    silent += [fixture.name for fixture in plugin.fixtures() if not fixture.text]
    silent += [name for name, told in plugin.options().options.items() if not told.get("help")]
    silent += [name for name, (text, _, _) in plugin.options().settings.items() if not text]

    assert silent == []


def codes(module: Path, calls: set[str]) -> set[str]:
    """The codes of findings that a module names where it makes one."""
    found = set()
    for node in ast.walk(ast.parse(module.read_bytes())):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in calls:
                found |= {each.value for each in ast.walk(first) if isinstance(each, ast.Constant)}
            case _:
                pass
    return {each for each in found if isinstance(each, str) and _CODE.fullmatch(each)}


def test_every_finding_about_a_query_is_told(reference: Mapping[str, str]) -> None:
    calls = {"Complaint", "Broken", "finding", "in_text", "say"}
    made = {code for path in CHECKING.rglob("*.py") for code in codes(path, calls)}
    page = reference["findings/check"]
    told = set(re.findall(r"^### ([a-z-]+)$", page, re.M)) | set(re.findall(r"^\| `([a-z-]+)` \|", page, re.M))

    assert made - told == set()


def test_every_rule_about_a_query_is_shown_broken(reference: Mapping[str, str]) -> None:
    sections = reference["findings/check"].split("\n### ")
    shown = {text.partition("\n")[0] for text in sections if "````text" in text.partition("\n## ")[0]}

    assert RULES.keys() - shown == set()


def test_every_finding_about_a_database_is_told(reference: Mapping[str, str]) -> None:
    made = {code for path in CHECKING.glob("*.py") for code in codes(path, {"Finding"})}
    told = set(re.findall(r"^## ([a-z-]+)$", reference["findings/doctor"], re.M))

    assert made - told == set()


def test_every_rule_of_lint_is_told() -> None:
    assert LINT.keys() == {*_OURS, UNUSED}


def test_the_picture_of_the_schema_has_every_table_and_every_foreign_key(migrated: str) -> None:
    with psycopg.connect(migrated) as connection:
        keys = connection.execute(
            """
            SELECT DISTINCT c.conrelid::regclass::text, c.confrelid::regclass::text
            FROM pg_constraint AS c
            WHERE c.contype = 'f'
            """
        ).fetchall()

    assert schema.FOREIGN_KEYS.keys() == set(keys)
    assert schema.BOXES.keys() == OWNERSHIP.tables.keys()
