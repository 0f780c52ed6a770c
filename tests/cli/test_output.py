"""What a person at a terminal sees, and what a script reads of the same."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _seen(arguments: list[str], **environment: str) -> str:
    """What a terminal is sent."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", **environment}
    command = [sys.executable, "-m", "tenantstore", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=settings, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    # A terminal that everybody has left is an error to read from.
    with suppress(OSError):
        while read := os.read(ours, 65536):
            seen += read
    os.close(ours)
    process.wait()
    return seen.decode().replace("\r\n", "\n")


def _plain(seen: str) -> list[str]:
    return [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", seen).splitlines()]


def test_a_list_is_a_table_of_which_no_row_is_two() -> None:
    seen = _seen(["queries", "list"])
    lines = _plain(seen)

    assert lines[0].split() == ["name", "scope", "shape", "record", "parameters"]
    assert [line.split()[:5] for line in lines if line.startswith("bandwidth/create ")] == [
        ["bandwidth/create", "operator", "one", "BandwidthLog", "device_id,"]
    ]
    assert [line for line in lines[2:] if line.startswith(" ")] == []
    assert ("\x1b[1m" in seen, max(map(len, lines)) <= 120) == (True, True)


def test_sql_is_coloured_and_its_types_stand_in_a_table() -> None:
    seen = _seen(["queries", "show", "users/get_by_email"])

    assert "\x1b[94;49mSELECT" in seen
    assert _plain(seen)[-1] == "webhook_url     text                       users.webhook_url may be null   str | None"


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_who_wants_no_colours_has_none(environment: dict[str, str]) -> None:
    seen = _seen(["queries", "show", "users/get_by_email"], **environment)

    assert ("SELECT" in seen, "\x1b[3" in seen or "\x1b[9" in seen) == (True, False)


def test_without_rich_a_terminal_has_plain_lines(tmp_path: Path) -> None:
    # An environment without the extra: the module is there, and cannot be found.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['rich'] = None\n")
    seen = _seen(["queries", "show", "users/get_by_email"], PYTHONPATH=str(tmp_path))

    assert ("\x1b" in seen, ":email  text\n" in seen) == (False, True)


def test_the_standing_of_migrations_is_a_table(migrated: str) -> None:
    lines = _plain(_seen(["migrate", "status", "--dsn", migrated]))

    assert (lines[0].split(), lines[2].split()[:3], len(lines)) == (
        ["version", "name", "standing", "since", "took", "by"],
        ["1", "initial", "applied"],
        2 + len(list((ROOT / "migrations").glob("*.up.sql"))),
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [("queries list", 0), ("queries show users/get_by_email", 0), ("admin create ada@example.com", 2)],
)
def test_streams_that_the_caller_has_closed_are_as_good_as_none(arguments: str, code: int) -> None:
    command = f"exec {sys.executable} -m tenantstore {arguments} <&- >&-"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
