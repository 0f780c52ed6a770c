"""A deploy waits for its database and says so; whoever only looks is told at once that it is not there."""

from pathlib import Path

import pytest

from tenantstore.cli import main
from tests.migrate.conftest import MakeFolder

_NOBODY = "host=/nowhere dbname=x"


def test_up_says_that_it_waits(folder: MakeFolder, capsys: pytest.CaptureFixture[str]) -> None:
    where = folder({"1_a": "SELECT 1;"})
    code = main(["migrate", "up", "--dir", str(where), "--dsn", _NOBODY, "--wait", "10ms"])
    lines = capsys.readouterr().err.splitlines()

    assert (code, lines[0].partition(" no connection")[0]) == (5, "waiting for the database, up to 0.01 s:")
    assert [line for line in lines if line.startswith("error: no connection within 0.01 s: ")] != []


@pytest.mark.parametrize("command", [["status"], ["plan"], ["down"], ["up", "--dry-run"], ["repair"], ["redo"]])
def test_other_commands_try_once(folder: MakeFolder, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    where: Path = folder({"1_a": "SELECT 1;"})
    code = main(["migrate", *command, "--dir", str(where), "--dsn", _NOBODY])
    err = capsys.readouterr().err

    assert (code, err.startswith("error: no connection: "), "waiting" in err) == (5, True, False)


def test_who_has_named_no_database_is_told_what_was_tried(
    folder: MakeFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENANTSTORE_DSN", raising=False)
    monkeypatch.setenv("PGHOST", "/nowhere")
    unnamed = main(["migrate", "status", "--dir", str(folder({"1_a": "SELECT 1;"}))])
    told = capsys.readouterr().err.splitlines()[-1]
    named = main(["doctor", "--dsn", _NOBODY])

    assert (unnamed, named, "TENANTSTORE_DSN" in capsys.readouterr().err) == (5, 5, False)
    assert told == (
        "No DSN was given, by --dsn or TENANTSTORE_DSN, so libpq's PG* variables and its defaults were taken."
        ' For development, `eval "$(tenantstore db up)"` starts a server and sets it.'
    )
