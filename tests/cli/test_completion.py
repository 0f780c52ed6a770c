"""What shells complete: the words themselves, and each shell with its script."""

import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tenantstore.cli import COMMANDS, main
from tenantstore.cli.completion import words

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ([""], list(COMMANDS)),
        ([], list(COMMANDS)),
        (["d"], ["demo", "db", "doctor"]),
        (["--v"], ["--version"]),
        (["db", ""], ["up", "down", "status", "psql"]),
        (["db", "up", "--p"], ["--port"]),
        (["migrate", "re"], ["redo", "repair"]),
        (["queries", "show", "users/get_"], ["users/get_by_email", "users/get_by_id"]),
        (["queries", "show", "--json", "users/get_by_e"], ["users/get_by_email"]),
        (["queries", "explain", "--set", "a=1", "users/get_by_e"], ["users/get_by_email"]),
        (["queries", "show", "users/get_by_email", ""], []),
        (["completion", "b"], ["bash"]),
        (["migrate", "up", "--dir", ""], []),
        (["migrate", "nothing", ""], []),
        (["nothing", ""], []),
        (["queries", "show", "--nothing", "users/get_by_e"], ["users/get_by_email"]),
    ],
)
def test_words_are_what_may_follow(typed: list[str], found: list[str]) -> None:
    assert [each.text for each in words(typed)] == found


def test_modules_that_cannot_be_imported_complete_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.tenantstore.check]\nmodules = ["nowhere"]\n')
    monkeypatch.chdir(tmp_path)

    assert words(["queries", "show", ""]) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_options_completed(name: str) -> None:
    parser = import_module(COMMANDS[name].home).make_parser()

    assert (parser.prog, [each.text for each in words([name, "--h"])]) == (f"tenantstore {name}", ["--help"])


def test_a_word_comes_with_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["completion", "words", "--", "db", "d"])

    assert (code, capsys.readouterr().out) == (0, "down\tstop it; its data stays\n")


_BASH = """
eval "$(tenantstore completion bash)"
COMP_WORDS=(tenantstore "$@"); COMP_CWORD=$#
_tenantstore
printf '%s\\n' "${COMPREPLY[@]}"
"""
# There is no completion without a terminal, so what would be offered is printed.
_ZSH = """
compdef() { :; }
_describe() { local -a all; all=("${(@P)2}"); print -rl -- "${(@)all%%:*}"; }
_files() { :; }
eval "$(tenantstore completion zsh)"
words=(tenantstore "$@"); CURRENT=$#words
_tenantstore
"""
_FISH = """
tenantstore completion fish | source
complete -C "tenantstore $argv" | cut -f 1
"""
_SHELLS = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}
_SCRIPTS = {"bash": [_BASH, "bash"], "zsh": [_ZSH, "zsh"], "fish": [_FISH]}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        (["queries", "show", "users/get_by_e"], ["users/get_by_email"]),
        (["db", "s"], ["status"]),
        (["migrate", "up", "--dr"], ["--dry-run"]),
    ],
)
@pytest.mark.parametrize("shell", _SHELLS)
def test_each_shell_completes(shell: str, typed: list[str], found: list[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} on this machine")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [shell, *_SHELLS[shell], "-c", *_SCRIPTS[shell], *typed]
    done = subprocess.run(command, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False)

    assert (done.stdout.split(), done.stderr) == (found, "")
