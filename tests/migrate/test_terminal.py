"""What the system refuses is one line and exit 2, and nothing of a name or of a server's words works on a terminal."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.checking.finding import Finding
from tenantstore.cli import main
from tenantstore.migrate.errors import MigrationError, StatementFailed
from tenantstore.migrate.shown import indented, one_line, shown
from tests.migrate.conftest import MakeFolder

_REFUSED = {
    "a DSN that is not UTF-8": (["status", "--dsn", b"host=\xff"], "the DSN is not one that libpq can read"),
    "a URI that is not UTF-8": (
        ["status", "--dsn", "postgresql://u:x%FFy@h/d"],
        "the DSN is not one that libpq can read",
    ),
    "a file for a folder": (["new", "a", "--dir", "file"], "file: File exists"),
    "a place where nothing can be made": (["new", "a", "--dir", "/proc/x"], "/proc/x: No such file or directory"),
    "a folder's name that is too long": (["check", "--dir", "a" * 300], f"{'a' * 300}: File name too long"),
    "a name that is too long": (
        ["new", "a" * 300, "--dir", "made"],
        f"made/001_{'a' * 300}.up.sql: File name too long",
    ),
    "a line in the name": (["new", "a", "--dir", "/proc/a\nb"], r"/proc/a\nb: No such file or directory"),
}


def _run(arguments: Sequence[str | bytes], folder: Path, **options: Any) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "tenantstore", *arguments]
    return subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, check=False, **options)


@pytest.mark.parametrize(("arguments", "told"), _REFUSED.values(), ids=_REFUSED)
def test_what_cannot_be_is_one_error_and_two(tmp_path: Path, arguments: list[str | bytes], told: str) -> None:
    (tmp_path / "file").touch()
    ended = _run(["migrate", *arguments], tmp_path)

    assert (ended.returncode, ended.stderr.decode().splitlines()[0]) == (2, f"error: {told}")


def test_a_table_that_is_not_utf_8_is_no_name(database: str, folder: MakeFolder, tmp_path: Path) -> None:
    folder({"1_a": "SELECT 1;"})
    ended = _run(["migrate", "up", "--dsn", database, "--dir", "migrations", "--table", b"a\xff"], tmp_path)

    assert (ended.returncode, ended.stderr) == (
        2,
        b"error: 'a\\udcff' is not the name of a table\nWrite NAME or SCHEMA.NAME.\n",
    )


@pytest.mark.parametrize(
    "arguments", [["migrate", "check"], ["migrate", "--help"], ["--version"], ["migrate", "plan"], ["doctor"]]
)
def test_a_full_disk_is_told(database: str, tmp_path: Path, arguments: list[str]) -> None:
    # Unbuffered, argparse itself would pass over what it could not write.
    environment = {**os.environ, "TENANTSTORE_DSN": database, "PYTHONUNBUFFERED": ""}
    with Path("/dev/full").open("wb") as full:
        ended = _run(arguments, tmp_path, stdout=full, env=environment)

    assert (ended.returncode, ended.stderr) == (2, b"error: the output: No space left on device\n")


def test_who_stops_reading_hears_no_more(tmp_path: Path) -> None:
    source, sink = os.pipe()
    os.close(source)
    ended = _run(["migrate", "check"], tmp_path, stdout=sink)
    os.close(sink)

    assert (ended.returncode, ended.stderr) == (141, b"")


def test_without_a_stderr_the_exit_code_says_it_all(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tenantstore", "migrate", "up", "--dsn", "port=99999"]

    assert subprocess.run(["sh", "-c", '"$@" 2>&-', "sh", *command], check=False).returncode == 2


@pytest.mark.parametrize(
    ("encoding", "form", "told"),
    [
        ("ascii:strict", [], rb"1_\udce9\u20ac\x1b[31m\n.sql: not the name of a migration"),
        ("utf-8:strict", [], "1_\\udce9€\\x1b[31m\\n.sql: not the name of a migration".encode()),
        ("ascii:strict", ["--json"], rb'"file": "1_\udce9\u20ac\u001b[31m\n.sql"'),
        ("utf-8:strict", ["--json"], '"file": "1_\\udce9€\\u001b[31m\\n.sql"'.encode()),
    ],
)
def test_any_name_can_be_shown_on_any_output(tmp_path: Path, encoding: str, form: list[str], told: bytes) -> None:
    (tmp_path / os.fsdecode(b"1_\xe9" + "€\x1b[31m\n.sql".encode())).touch()
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = _run(["migrate", "check", "--dir", ".", *form], tmp_path, stdout=subprocess.PIPE, env=environment)

    assert (ended.returncode, told in ended.stdout, ended.stderr) == (4, True, b"")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\tZoë\n日本\r\n", "\tZoë\n日本\r\n"),
        ("a\x1b[2Jb\rc\x00\x07\x7f\x9b", r"a\x1b[2Jb\rc\x00\x07\x7f\x9b"),
        ("a\u202eb\u2066", r"a\u202eb\u2066"),
    ],
)
def test_control_characters_are_escaped_and_nothing_else(text: str, told: str) -> None:
    assert shown(text) == told


def test_lines_of_others_are_not_lines_of_ours() -> None:
    finding = Finding("code", "a\nerror: b", "c\nd", "e\nf")

    assert (one_line("a\n\r\nb"), indented("a\n\rb"), str(finding)) == (
        r"a\n\r\nb",
        "a\n    \\rb",
        "a\\nerror: b: code: c\\nd\n    e\n    f",
    )


def test_a_server_forges_no_line(dsn: str, folder: MakeFolder) -> None:
    where = folder({"1_a": r"DO $$ BEGIN RAISE EXCEPTION E'a\nerror: b\x1b' USING DETAIL = E'c\nd\r'; END $$;"})
    with pytest.raises(StatementFailed) as failed:
        migrate.up(dsn, where)

    lines = str(failed.value).splitlines()
    assert [lines[0].removeprefix(f"{where}/"), *lines[4:6]] == [
        r"1_a.up.sql:1:1: a\nerror: b\x1b",
        "DETAIL: c",
        r"    d\r",
    ]


def test_a_history_and_a_notice_forge_no_line(
    dsn: str, connection: psycopg.Connection[Any], folder: MakeFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    where = folder({"1_a": r"DO $$ BEGIN RAISE NOTICE E'a\nerror: b\x1b'; END $$;"})
    main(["migrate", "up", "--dsn", dsn, "--dir", str(where)])
    connection.execute("INSERT INTO migration_history SELECT 2, E'b\\n\\x1b', '', '', now(), 0, E'c\\n', '', ''")
    told = capfd.readouterr().err
    main(["migrate", "status", "--dsn", dsn, "--dir", str(where)])
    _, second = capfd.readouterr().out.splitlines()
    with pytest.raises(MigrationError) as refused:
        migrate.down(dsn, where)

    assert (told, second[:24], str(refused.value).splitlines()[0]) == (
        "1_a.up (1 of 1)\nNOTICE: a\\nerror: b\\x1b\n",
        r"   2  missing    b\n\x1b",
        r"2 b\n\x1b: applied, but not in this folder",
    )


def test_a_plan_for_a_file_is_the_sql_to_the_letter(database: str, folder: MakeFolder, tmp_path: Path) -> None:
    folder({"1_a": "SELECT '\x1b';"})
    ended = _run(["migrate", "plan", "--dsn", database, "--dir", "migrations"], tmp_path, stdout=subprocess.PIPE)

    assert ended.stdout == b"-- 1_a.up.sql\nSELECT '\x1b';\n\n"
