"""In a service's project the folders are those that its pyproject.toml names, in turn, and it is said which."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore.cli import main
from tenantstore.migrate.project import histories

Run = Callable[..., tuple[int, str, str]]
_TABLES = {
    "first": ("a", "CREATE TABLE a (id int PRIMARY KEY);"),
    "second": ("b", "CREATE TABLE b (a int REFERENCES a);"),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service with two folders, the second on the first, and the commands are run below it."""
    for folder, (name, text) in _TABLES.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"1_{name}.up.sql").write_text(text)
        (tmp_path / folder / f"1_{name}.down.sql").write_text(f"DROP TABLE {name};")
    (tmp_path / "pyproject.toml").write_text('[tool.tenantstore.check]\nmigrations = ["first", "second"]\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("TENANTSTORE_DSN", raising=False)

    def tell(*arguments: str) -> tuple[int, str, str]:
        code = main(["migrate", *arguments])
        return code, *capfd.readouterr()

    return tell


def test_up_takes_each_in_turn_and_says_which(project: Path, run: Run, dsn: str) -> None:
    code, out, err = run("up", "--dsn", dsn, "--json")
    done = [(each["folder"], each["name"]) for each in json.loads(out)["done"]]
    again = run("up", "--dsn", dsn)

    assert (code, done, err.splitlines()) == (
        0,
        [("first", "a"), ("second", "b")],
        ["folder: first", "1_a.up (1 of 1)", "folder: second", "1_b.up (1 of 1)"],
    )
    assert again == (0, "nothing to do\n", "folder: first\nfolder: second\n")


def test_each_has_a_history_of_its_own_also_where_it_is_named(project: Path, run: Run, dsn: str) -> None:
    run("up", "--dsn", dsn)
    named = [run("status", "--check", "--dir", each, "--dsn", dsn)[0] for each in ("first", "second")]
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^migration_history' AND relkind = 'r' ORDER BY 1"
        ).fetchall()

    assert (named, tables) == ([0, 0], [("migration_history",), ("migration_history_2",)])


def test_status_and_plan_are_of_all(project: Path, run: Run, dsn: str) -> None:
    run("up", "--dir", "first", "--dsn", dsn)
    code, out, _ = run("status", "--check", "--dsn", dsn)
    lines = out.splitlines()
    _, plan, _ = run("plan", "--dsn", dsn)

    assert (code, lines[0], lines[1][:17], lines[2:]) == (
        3,
        "first:",
        "   1  applied    ",
        ["second:", "   1  pending    b"],
    )
    assert plan.splitlines()[0] == "-- second/1_b.up.sql"


@pytest.mark.parametrize("command", ["check", "verify", "lint"])
def test_what_is_tried_is_told_and_stands_on_what_comes_before(
    project: Path, run: Run, any_server: Any, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = [] if command == "check" else ["--scratch-dsn", any_server.dsn()]
    below = project / "below"
    below.mkdir()
    all_of_it = run(command, *scratch)
    named = run(command, *scratch, "--dir", "second")
    monkeypatch.chdir(below)
    from_below = run(command, *scratch)

    assert (all_of_it[:2], named[:2]) == ((0, "no findings in first and second\n"), (0, "no findings in second\n"))
    assert from_below[:2] == (0, f"no findings in {project}/first and {project}/second\n")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["down"], "down"),
        (["redo"], "redo"),
        (["repair"], "repair"),
        (["stamp", "1"], "stamp"),
        (["up", "1"], "up N"),
        (["up", "--to", "1"], "--to"),
        (["status", "--table", "history"], "--table"),
    ],
)
def test_what_is_of_one_folder_asks_for_which(project: Path, run: Run, command: list[str], told: str) -> None:
    assert run(*command) == (
        2,
        "",
        f"error: `{told}` is for one folder, and this project has 2: first, second\n"
        "Say which: --dir first or --dir second.\n",
    )


_DIR = {
    ("up", "status", "plan", "check", "verify", "lint"): "names, in turn, else tenantstore's own)",
    ("down", "redo", "stamp", "repair"): "names, else tenantstore's own; where it names several, say which)",
    ("new",): "(default: the project's own folder, else ./migrations)",
}


@pytest.mark.parametrize(
    ("command", "told"), [(command, told) for commands, told in _DIR.items() for command in commands]
)
def test_help_says_which_folder_is_meant_without_dir(
    capsys: pytest.CaptureFixture[str], command: str, told: str
) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["migrate", command, "--help"])
    assert told in " ".join(capsys.readouterr().out.split())


def test_a_fault_in_a_later_folder_stops_the_first_as_well(project: Path, run: Run, dsn: str) -> None:
    (project / "second/1_b.down.sql").unlink()
    code, _, err = run("up", "--dsn", dsn)
    with psycopg.connect(dsn) as connection:
        made = connection.execute("SELECT to_regclass('a')").fetchone()

    assert (code, made, "second/1_b.up.sql: no down file beside it" in err) == (4, (None,), True)


def test_ours_is_named_and_a_folder_that_nobody_names_is_told_of(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text('[tool.tenantstore.check]\nmigrations = ["tenantstore"]\n')
    (project / "first").rename(project / "migrations")
    code, out, err = run("check")

    assert (code, out, err.splitlines()[0]) == (
        0,
        "no findings in tenantstore's own migrations\n",
        "note: ./migrations is not looked at, but tenantstore's own migrations. Name it by --dir migrations, or once"
        " for all commands in pyproject.toml:",
    )
    assert run("check", "--dir", "tenantstore") == (0, "no findings in tenantstore's own migrations\n", "")


def test_new_goes_to_the_services_own_folder(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text('[tool.tenantstore.check]\nmigrations = ["tenantstore", "second"]\n')

    assert run("new", "more")[1].splitlines() == ["second/2_more.up.sql", "second/2_more.down.sql"]


@pytest.mark.parametrize(
    ("arguments", "named", "told"),
    [
        (["new", "more"], ["tenantstore", "first", "second"], "Say which: --dir first or --dir second.\n"),
        (["new", "more", "--dir", "tenantstore"], ["first"], "Name another: --dir FOLDER.\n"),
        (["up"], [], 'Name them there, migrations = ["migrations"], or by --dir.\n'),
    ],
)
def test_a_folder_that_is_not_certain_is_to_be_named(
    project: Path, run: Run, arguments: list[str], named: list[str], told: str
) -> None:
    (project / "pyproject.toml").write_text(f"[tool.tenantstore.check]\nmigrations = {json.dumps(named)}\n")
    before = sorted(project.rglob("*"))
    code, _, err = run(*arguments)

    assert (code, err.endswith(f"\n{told}"), sorted(project.rglob("*"))) == (2, True, before)


def test_a_project_that_cannot_be_read_is_no_matter_where_the_folder_is_named(project: Path, run: Run) -> None:
    (project / "pyproject.toml").write_text("[tool.tenantstore")

    assert [run("check")[0], run("check", "--dir", "first")[:2]] == [2, (0, "no findings in first\n")]


@pytest.mark.parametrize(
    ("named", "tables"),
    [
        (["tenantstore"], [None]),
        (["a"], [None]),
        (["tenantstore", "a", "b"], [None, None, "migration_history_2"]),
        (["a", "b", "tenantstore", "c"], [None, "migration_history_2", None, "migration_history_3"]),
    ],
)
def test_each_folder_has_a_history_of_its_own(named: list[str], tables: list[str | None]) -> None:
    assert histories(named) == tables
