"""A folder that is not right is refused before anything runs, naming the file, and in it the line."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import InvalidFolder, Misconfigured
from tenantstore.migrate.files import load
from tests.migrate.conftest import Run

_PAIR = {"1_a.up.sql": b"SELECT 1;", "1_a.down.sql": b"SELECT 1;"}


def _fault(text: str | bytes) -> dict[str, bytes]:
    return {**_PAIR, "1_a.up.sql": text if isinstance(text, bytes) else text.encode()}


FAULTS = {
    "gap": (
        {**_PAIR, "4_d.up.sql": b"SELECT 1;", "4_d.down.sql": b""},
        "4_d.up.sql: nothing between 1_a and this: 2 to 3 are missing\n"
        "Renumber it. `--allow-out-of-order` lets one run go ahead all the same.",
    ),
    "number from two branches": (
        {**_PAIR, "001_b.up.sql": b"", "001_b.down.sql": b""},
        "001_b.up.sql: version 1 is there more than once: also 1_a.up.sql, 001_b.down.sql, 1_a.down.sql\n"
        "Renumber the newer ones.",
    ),
    "two names of one pair": (
        {"1_a.up.sql": b"", "1_b.down.sql": b""},
        "1_a.up.sql: version 1 is there more than once: also 1_b.down.sql\nRenumber the newer ones.",
    ),
    "no up": (
        {**_PAIR, "2_b.down.sql": b""},
        "2_b.down.sql: no up file beside it\nWrite it, or remove this one.",
    ),
    "no down": (
        {"1_a.up.sql": b"SELECT 1;"},
        "1_a.up.sql: no down file beside it\nWrite it, or say `-- irreversible: reason` at the head of the up file.",
    ),
    "down of the irreversible": (
        _fault("-- irreversible: rows are gone\n"),
        "1_a.down.sql: a down file of a migration that says it is irreversible\nOne of the two must go.",
    ),
    "odd name": (
        {**_PAIR, "2-b.up.sql": b""},
        "2-b.up.sql: not the name of a migration\nCall it NNN_name.up.sql or NNN_name.down.sql.",
    ),
    "no direction": (
        {**_PAIR, "2_b.sql": b""},
        "2_b.sql: not the name of a migration\nCall it NNN_name.up.sql or NNN_name.down.sql.",
    ),
    "number zero": (
        {**_PAIR, "0_b.up.sql": b""},
        f"0_b.up.sql: there is no version 0\nVersions are 1 to {2**63 - 1}: renumber it.",
    ),
    "number too high": (
        {**_PAIR, f"{2**63}_b.up.sql": b""},
        f"{2**63}_b.up.sql: there is no version {2**63}\nVersions are 1 to {2**63 - 1}: renumber it.",
    ),
    "not UTF-8": (
        _fault("SELECT 1;\nSELECT 'Zoë';".encode("latin-1")),
        "1_a.up.sql:2:11: not UTF-8\n  2 | SELECT 'Zo\N{REPLACEMENT CHARACTER}';\n    |           ^\n"
        "Save the file as UTF-8.",
    ),
    "NUL": (
        _fault(b"SELECT 1;\nDROP\0 TABLE a;"),
        "1_a.up.sql:2:5: a NUL byte\n  2 | DROP\N{REPLACEMENT CHARACTER} TABLE a;\n    |     ^\n"
        "Remove it: the server would take it for the end of the file.",
    ),
    "BOM inside": (
        _fault("\ufeffSELECT 1;\n\ufeffSELECT 2;"),
        "1_a.up.sql:2:1: a byte order mark inside the file\n  2 | \ufeffSELECT 2;\n    | ^\n"
        "Remove the invisible character.",
    ),
    "own COMMIT": (
        _fault("CREATE TABLE a ();\r\n\tCOMMIT;\r\n"),
        "1_a.up.sql:2:2: COMMIT in a migration\n  2 | \tCOMMIT;\n    | \t^\n"
        "Take it out: the runner commits, together with the history row.\n"
        "For statements that must not share a transaction, begin the file with `-- no-transaction`.",
    ),
    "backslash command": (
        _fault("SELECT 1;\n\\i other.sql\n"),
        "1_a.up.sql:2:1: a backslash command, which only psql understands\n  2 | \\i other.sql\n    | ^\n"
        "Write it as SQL, or take it out.",
    ),
    "COPY FROM stdin": (
        _fault("COPY a (b)\nFROM stdin;\n1\n\\.\n"),
        "1_a.up.sql:1:1: COPY with the client's standard input or output\n  1 | COPY a (b)\n    | ^\n"
        "Write the rows as INSERT … VALUES, or load them with a program after the migration.",
    ),
    "begun and not written": (
        {"1_a.up.sql": b"-- Why this is needed.\n", "1_a.down.sql": b"\r\n-- What this loses.\r\n"},
        "1_a.up.sql:1:1: no statement in it\n  1 | -- Why this is needed.\n    | ^\n"
        "Write it, or remove the pair. Where there is nothing to do, say so in place of this line.\n\n"
        "1_a.down.sql:2:1: no statement in it\n  2 | -- What this loses.\n    | ^\n"
        "Write it, or remove the pair. Where there is nothing to do, say so in place of this line.",
    ),
    "down not written": (
        {**_PAIR, "1_a.down.sql": b"-- What this loses.\n"},
        "1_a.down.sql:1:1: no statement in it\n  1 | -- What this loses.\n    | ^\n"
        "Write it, or remove the pair. Where there is nothing to do, say so in place of this line.",
    ),
    "open string": (
        _fault("SELECT 1;\nSELECT 'a;\n"),
        "1_a.up.sql:2:8: unterminated string\n  2 | SELECT 'a;\n    |        ^\nClose it.",
    ),
    "nearly a mark": (
        _fault("-- no transaction\nVACUUM;"),
        "1_a.up.sql:1:1: not quite a mark\n  1 | -- no transaction\n    | ^\nDid you mean `-- no-transaction`?",
    ),
    "late mark": (
        _fault("SELECT 1;\n-- no-transaction\nVACUUM;"),
        "1_a.up.sql:2:1: `-- no-transaction` after the first statement\n  2 | -- no-transaction\n    | ^\n"
        "Move it to the head of the file.",
    ),
    "excuse without a reason": (
        _fault("-- lint: rewrite\nSELECT 1;"),
        "1_a.up.sql:1:1: an excuse without a reason\n  1 | -- lint: rewrite\n    | ^\nWrite `-- lint: code reason`.",
    ),
    "password in a faulty line": (
        _fault("ALTER ROLE a PASSWORD 'hunter2'; COMMIT;"),
        "1_a.up.sql:1:34: COMMIT in a migration\n  1 | ALTER ROLE a PASSWORD '*******'; COMMIT;\n"
        "    |                                  ^\n"
        "Take it out: the runner commits, together with the history row.\n"
        "For statements that must not share a transaction, begin the file with `-- no-transaction`.",
    ),
}
_TRANSACTION_ENDS = ["BEGIN", "START TRANSACTION", "END", "ROLLBACK", "ABORT", "COMMIT WORK", "PREPARE TRANSACTION 'a'"]
_HARMLESS = [
    "SAVEPOINT a; ROLLBACK TO a",
    "ROLLBACK WORK TO SAVEPOINT a",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SELECT 'COMMIT; \\i a'",
    "COPY a FROM PROGRAM 'stdin'",
    "COMMENT ON TABLE a IS $$;COMMIT;$$",
]


def _write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize(("files", "text"), FAULTS.values(), ids=FAULTS)
def test_check_tells_what_is_wrong(tmp_path: Path, files: dict[str, bytes], text: str) -> None:
    problems = migrate.check(_write(tmp_path, files))

    assert "\n\n".join(map(str, problems)).replace(f"{tmp_path}/", "") == text


@pytest.mark.parametrize(("files", "text"), FAULTS.values(), ids=FAULTS)
def test_what_check_tells_is_what_up_refuses_with(
    tmp_path: Path, database: str, files: dict[str, bytes], text: str
) -> None:
    with pytest.raises(InvalidFolder) as refused:
        migrate.up(database, _write(tmp_path, files))

    assert str(refused.value).replace(f"{tmp_path}/", "") == text


@pytest.mark.parametrize("command", ["up", "plan", "verify", "lint"])
def test_what_new_began_is_refused_until_it_is_written(tmp_path: Path, database: str, run: Run, command: str) -> None:
    _write(tmp_path, _PAIR)
    migrate.up(database, tmp_path)
    made = migrate.new(tmp_path, "b")
    given = "--dsn" if command in {"up", "plan"} else "--scratch-dsn"

    code, out, err = run(command, "--dir", tmp_path, given, database)

    assert (code, out, f"{made.up.path}:1:1: no statement in it" in err) == (4, "", True)
    assert [state.standing for state in migrate.status(database, tmp_path)] == ["applied", "pending"]


def test_what_was_applied_unwritten_can_be_undone_and_is_not_applied_again(tmp_path: Path, database: str) -> None:
    _write(tmp_path, {**_PAIR, "1_a.up.sql": b"SELECT 1;"})
    migrate.up(database, tmp_path)
    _write(tmp_path, {"1_a.up.sql": b"-- Why this is needed.\n", "1_a.down.sql": b"-- What this loses.\n"})
    # As an older release, which took them, has left it.
    migrate.repair(database, tmp_path)

    assert migrate.up(database, tmp_path) == []
    with pytest.raises(InvalidFolder):
        migrate.redo(database, tmp_path)
    assert [state.standing for state in migrate.status(database, tmp_path)] == ["applied"]
    assert [str(done.step) for done in migrate.down(database, tmp_path)] == ["1_a.down"]


@pytest.mark.parametrize("text", [b"", b"-- Nothing to undo: the up file only counts.\n"])
def test_a_down_file_may_say_that_there_is_nothing_to_undo(tmp_path: Path, text: bytes) -> None:
    assert migrate.check(_write(tmp_path, {**_PAIR, "1_a.down.sql": text})) == []


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.symlink_to("gone"), "a link to gone, which is not there\nMend it or remove it."),
        (
            lambda path: path.mkdir(),
            "a folder of the name of a migration\nCall it something else, or move it.",
        ),
        (os.mkfifo, "not a file\nRemove it."),
    ],
)
def test_what_is_no_file_is_told_for_what_it_is(tmp_path: Path, make: Callable[[Path], None], told: str) -> None:
    path = tmp_path / "2_b.up.sql"
    make(path)

    assert list(map(str, migrate.check(_write(tmp_path, _PAIR)))) == [f"{path}: {told}"]


def test_a_link_to_a_file_is_a_file(tmp_path: Path) -> None:
    _write(tmp_path, {**_PAIR, "other": b"SELECT 1;"})
    for direction in ("up", "down"):
        (tmp_path / f"2_b.{direction}.sql").symlink_to("other")

    assert migrate.check(tmp_path) == []


@pytest.mark.parametrize("statement", _TRANSACTION_ENDS)
def test_a_file_may_not_end_the_transaction(tmp_path: Path, statement: str) -> None:
    _write(tmp_path, _fault(f"SELECT 1; {statement};"))

    assert [(p.line, p.column, p.text) for p in migrate.check(tmp_path)] == [
        (1, 11, f"{statement.split()[0]} in a migration")
    ]


@pytest.mark.parametrize("statement", _HARMLESS)
def test_what_only_looks_like_a_fault_is_none(tmp_path: Path, statement: str) -> None:
    assert migrate.check(_write(tmp_path, _fault(statement))) == []


def test_other_files_may_stand_beside(tmp_path: Path) -> None:
    others = {"README.md": b"", ".001_a.up.sql.swp": b"\0", "schema.svg": b""}

    assert migrate.check(_write(tmp_path, _PAIR | others)) == []


@pytest.mark.parametrize("again", [b"\xef\xbb\xbfA;\r\nB;\r\n\r\n", b"A;\rB;", b"A;\nB;\n"])
def test_the_checksum_is_of_what_counts(tmp_path: Path, again: bytes) -> None:
    plain, other = (load(_write(tmp_path, _fault(data)))[0].up for data in (b"A;\nB;", again))

    assert other.checksum == plain.checksum


def test_no_folder_and_an_empty_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such folder"):
        migrate.check(tmp_path / "none")
    with pytest.raises(Misconfigured, match="no migrations in it"):
        migrate.check(tmp_path)


def test_new_writes_the_next_pair_with_as_many_digits(tmp_path: Path) -> None:
    first = migrate.new(tmp_path / "made", "Add the ports!")
    second = migrate.new(tmp_path / "made", "then")

    there = [str(migration) for migration in load(tmp_path / "made")]
    assert [str(first), str(second)] == there == ["001_add_the_ports", "002_then"]


def test_new_writes_no_half_of_a_pair(tmp_path: Path) -> None:
    # One that the name of the up file has room for, and that of the down file has not.
    with pytest.raises(OSError, match=r"down\.sql"):
        migrate.new(tmp_path, "a" * (255 - len("001_.up.sql")))

    assert list(tmp_path.iterdir()) == []


def test_our_own_migrations_pass() -> None:
    from tenantstore.resources import folder

    assert migrate.check(folder("migrations")) == []


@pytest.mark.parametrize("arguments", ["'--help'", "'up', '--help'", "'check', '--dir', '.'"])
def test_help_and_check_import_no_psycopg(tmp_path: Path, arguments: str) -> None:
    program = (
        "import sys; from tenantstore.cli import main\n"
        f"try: code = main(['migrate', {arguments}])\n"
        "except SystemExit as end: code = end.code\n"
        "sys.exit(code or 'psycopg' in sys.modules)"
    )
    where = _write(tmp_path, _PAIR)

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, cwd=where).returncode == 0
