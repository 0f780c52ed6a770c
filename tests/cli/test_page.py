"""The first page of help, and what is said where no command is."""

import re
import subprocess
import sys

import pytest

from tenantstore.cli import COMMANDS, check, main


def test_the_page_has_each_command_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()

    assert [name for name in COMMANDS if f"  {name:<12}{COMMANDS[name].text}" not in lines] == []
    assert max(map(len, lines)) <= 120


def test_without_a_command_the_page_is_shown_and_it_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    code = main([])
    out, err = capsys.readouterr()

    assert (code, out, err.splitlines()[0]) == (2, "", "usage: tenantstore [-h] [--version] COMMAND ...")


@pytest.mark.parametrize("command", ["admin", "completion", "db", "migrate", "queries"])
def test_a_command_that_wants_more_shows_its_help_and_it_is_2(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code = main([command])
    out, err = capsys.readouterr()
    with pytest.raises(SystemExit, match=r"^0$"):
        main([command, "--help"])

    assert (code, out, err) == (2, "", capsys.readouterr().out)
    assert re.findall(r"\bcommand \.\.\.|^  COMMAND$|\bwords\b", err, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("chek", "there is no command chek; did you mean check?"),
        ("qeury", "there is no command qeury; did you mean queries?"),
        ("zzz", "there is no command zzz; --help lists all"),
        ("a\x1b[31m", r"there is no command a\x1b[31m; --help lists all"),
        ("--verison", "there is no option --verison before a command; did you mean --version?"),
        ("--json db", "there is no option --json before a command; those of a command come after it"),
    ],
)
def test_a_command_or_an_option_that_is_none_is_2(capsys: pytest.CaptureFixture[str], given: str, told: str) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(given.split())

    assert capsys.readouterr().err.splitlines()[-1] == f"tenantstore: error: {told}"


def test_json_is_for_results_and_a_wrong_usage_is_told_on_stderr_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["db", "status", "--json", "--wrong"])
    out, err = capsys.readouterr()

    assert (out, err.splitlines()[-1]) == ("", "tenantstore db status: error: there is no option --wrong")


@pytest.mark.parametrize(("typed", "meant"), [("migrate stat", "status"), ("db upp", "up")])
def test_a_misspelt_subcommand_is_told_which_is_meant(
    capsys: pytest.CaptureFixture[str], typed: str, meant: str
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(typed.split())

    assert capsys.readouterr().err.endswith(f"; did you mean {meant}?\n")


@pytest.mark.parametrize(
    ("typed", "parser", "told"),
    [
        ("migrate up --wiat 3s", "migrate up", "--wiat; did you mean --wait?"),
        ("queries list --jsn", "queries list", "--jsn; did you mean --json?"),
        ("queries --jsn list", "queries", "--jsn"),
        ("check --updte", "check", "--updte; did you mean --update?"),
        ("check --dnss=postgresql://a:secret@b", "check", "--dnss; did you mean --dsn?"),
        ("doctor --zzzz", "doctor", "--zzzz"),
        ("completion --zzzz", "completion", "--zzzz"),
        ("demo --kep", "demo", "--kep; did you mean --keep?"),
    ],
)
def test_a_misspelt_option_is_told_by_the_command_it_was_given_to(
    capsys: pytest.CaptureFixture[str], typed: str, parser: str, told: str
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(typed.split())
    lines = capsys.readouterr().err.splitlines()

    assert (lines[0].startswith(f"usage: tenantstore {parser} "), lines[-1]) == (
        True,
        f"tenantstore {parser}: error: there is no option {told}",
    )


def test_an_option_may_be_begun_and_what_looks_like_one_be_given() -> None:
    parser = check.make_parser()
    begun = parser.parse_args(["--upd", "--snap=a b", "--", "--updte"])

    assert (begun.update, begun.snapshot, begun.modules) == (True, "a b", ["--updte"])


def _interrupt(*_given: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("command", "place"), [("doctor", "doctor._model"), ("queries list", "queries._project")])
def test_ctrl_c_is_a_line_and_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, place: str
) -> None:
    monkeypatch.setattr(f"tenantstore.cli.{place}", _interrupt)

    assert (main(command.split()), capsys.readouterr().err) == (130, "interrupted\n")


_SUBCOMMANDS = ["admin create", "db up", "db down", "db status", "db psql", *(f"queries {n}" for n in ("list", "show"))]


@pytest.mark.parametrize("command", [*_SUBCOMMANDS, "queries explain", "completion words -- migrate"])
def test_neither_help_nor_completion_waits_for_psycopg(command: str) -> None:
    script = f"""
import sys
from tenantstore.cli import main
try:
    main({command.split()} + ["--help"] * {not command.startswith("completion")})
except SystemExit:
    pass
print("psycopg" in sys.modules, "rich" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize("command", ["admin create a@b", "db up", "doctor", "migrate status", "queries list", "check"])
@pytest.mark.parametrize(
    "missing", ["import sys; sys.modules['psycopg'] = None", "import os; os.environ.update(PSYCOPG_IMPL='c')"]
)
def test_without_a_driver_it_is_2_and_the_command_that_brings_one(missing: str, command: str) -> None:
    script = f"{missing}\nimport sys\nfrom tenantstore.cli import main\nsys.exit(main({command.split()}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr.splitlines()[1:]) == (
        2,
        "",
        ["To fix it: python -m pip install 'tenantstore[binary]'"],
    )


def test_the_demo_tells_a_missing_libpq_in_a_line_and_what_brings_one() -> None:
    script = """
import ctypes.util, sys
sys.modules["psycopg_c"] = sys.modules["psycopg_binary"] = None
ctypes.util.find_library = lambda name: None
from tenantstore.cli import main
sys.exit(main(["demo"]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (
        1,
        "",
        ["no pq wrapper available.", "to fix it: python -m pip install 'tenantstore[binary,embedded]'"],
    )
