"""The command line: exit codes, what goes where, and what a script reads."""

import io
import json
import os
import pty
import re
import signal
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest

from tenantstore import __version__
from tenantstore.migrate.history import History
from tests.migrate.conftest import PAIRS, MakeFolder, Run, Start, wait_until

_CLOSED = "postgresql://u:hunter2@127.0.0.1:1/x"


@pytest.fixture
def deaf() -> Iterator[int]:
    """The port of a server that answers every wish for SSL with no."""

    class No(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(8)
            self.request.sendall(b"N")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), No) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_up_and_down_tell_what_is_done_on_stdout_and_what_goes_on_on_stderr(run: Run, given: list[str | Path]) -> None:
    told = [run("up", "1", *given), run("up", *given), run("up", *given), run("down", *given), run("redo", *given)]

    assert told == [
        (0, "1_a.up: done in N ms\n", "1_a.up (1 of 1)\n"),
        (0, "2_b.up: done in N ms\n", "2_b.up (1 of 1)\n"),
        (0, "nothing to do\n", ""),
        (0, "2_b.down: done in N ms\n", "2_b.down (1 of 1)\n"),
        (0, "1_a.down: done in N ms\n1_a.up: done in N ms\n", "1_a.down (1 of 1)\n1_a.up (1 of 1)\n"),
    ]


def test_a_plan_is_sql_and_changes_nothing(run: Run, given: list[str | Path], folder: MakeFolder) -> None:
    folder({"3_c": "ALTER ROLE postgres PASSWORD 'hunter2';\n"})
    plan = run("plan", "--to", "1", *given)
    told = [run("up", "--dry-run", "1", *given), run("down", "--dry-run", *given), run("plan", *given)]

    assert plan == told[0] == (0, "-- 1_a.up.sql\nCREATE TABLE a ();\n\n", "")
    assert told[1] == (0, "-- nothing to do\n", "")
    assert told[2][1].endswith("-- 3_c.up.sql\nALTER ROLE postgres PASSWORD '*******';\n\n")


def _fail(folder: MakeFolder) -> list[str | Path]:
    folder({"3_c": "SELECT 1/0;"})
    return ["up"]


def _edit(folder: MakeFolder) -> list[str | Path]:
    folder({"1_a": "CREATE TABLE a (edited int);"})
    return ["up"]


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        (lambda folder: ["up"], 0, ""),
        (_fail, 1, r"^error: \S*/3_c\.up\.sql:1:1: division by zero"),
        (lambda folder: ["up", "--to", "9"], 2, "^error: there is no migration 9\nThe nearest is 2; the newest is 2."),
        (lambda folder: ["up", "--lock-timeout", "0"], 2, "^error: the lock timeout must be N ms or more"),
        (lambda folder: ["up", "--wait", "soon"], 2, "'soon' is not a time: write 500ms, 30s or 2m"),
        (lambda folder: ["up", "0"], 2, "'0' is not a number of files"),
        (lambda folder: ["up", "1" * 5000], 2, f"'{'1' * 40}…' is not a number of files"),
        (lambda folder: ["up", "--to", "1" * 5000], 2, f"'{'1' * 40}…' is not the number of a migration"),
        (lambda folder: ["up", "--lock-timeout", "1" * 5000], 2, f"'{'1' * 40}…' is not a time"),
        (lambda folder: ["up", "--dsn", "host='"], 2, "^error: the DSN is not one that libpq can read"),
        (
            lambda folder: ["up", "--dsn", "postgresql://u:a@b@h/db"],
            2,
            "^error: the DSN has a host or a port that is none\nW",
        ),
        (lambda folder: ["up", "--dir", "nowhere"], 2, "^error: nowhere: no such folder"),
        (lambda folder: ["status", "--check"], 3, "^$"),
        (_edit, 4, r"^error: \S*/1_a\.up\.sql: changed since it was applied"),
        (lambda folder: [*_edit(folder)[:0], "status", "--check"], 4, "changed since it was applied"),
        (lambda folder: ["up", "--dsn", _CLOSED, "--wait", "10ms"], 5, "^error: no connection within 0.01 s"),
    ],
)
def test_the_exit_code_tells_a_script_what_happened(
    run: Run, given: list[str | Path], folder: MakeFolder, command: Any, code: int, told: str
) -> None:
    run("up", "1", *given)
    own = command(folder)
    ended, _, err = run(own[0], *given, *own[1:])

    assert (ended, bool(re.search(told, err, re.MULTILINE))) == (code, True), err


@pytest.mark.parametrize(
    ("dsn_", "told"),
    [
        ("{}&user=nobody_at_all", 'role "nobody_at_all" does not exist'),
        ("{}&port=99999", 'invalid port number: "99999"'),
        ("service=nobody_at_all", 'definition of service "nobody_at_all" not found'),
        ("host=a,b port=1,2,3", "could not match 3 port numbers to 2 hosts"),
        ("host=127.0.0.1 port={port} sslmode=require", "server does not support SSL, but SSL was required"),
    ],
)
def test_a_database_that_will_never_let_in_is_not_waited_for(
    run: Run, given: list[str | Path], dsn_: str, told: str, deaf: int
) -> None:
    code, _, err = run("up", *given[2:], "--dsn", dsn_.format(given[1], port=deaf), "--wait", "10m")

    assert (code, told in err) == (2, True)


def test_a_lock_that_others_hold_is_six(run: Run, given: list[str | Path]) -> None:
    with psycopg.connect(str(given[1]), autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [History("public", "migration_history").lock_key])

        assert run("up", "--wait", "10ms", *given)[0] == 6


def test_status_shows_how_every_version_stands(run: Run, given: list[str | Path]) -> None:
    run("up", "1", *given)
    code, out, err = run("status", *given)

    assert (code, err) == (0, "")
    assert re.fullmatch(
        r"   1  applied    a  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+]\d{4} by postgres from \S+\n   2  pending    b\n", out
    )


def test_status_shows_the_history_of_a_folder_with_a_fault_too(
    run: Run, given: list[str | Path], folder: MakeFolder
) -> None:
    run("up", *given)
    where = folder({})
    (where / "2_b.down.sql").unlink()
    told = run("status", "--check", *given)
    data = run("status", "--json", *given)[1]

    assert (told[0], [line[:17] for line in told[1].splitlines()], told[2].splitlines()[0]) == (
        4,
        ["   1  applied    ", "   2  changed    "],
        f"error: {where}/2_b.up.sql: no down file beside it",
    )
    assert [each["problem"] for each in json.loads(data)["findings"]] == ["no down file beside it"]


def test_a_pair_of_a_name_that_is_there_is_not_begun(run: Run, given: list[str | Path], folder: MakeFolder) -> None:
    assert run("new", "b", *given[2:]) == (
        2,
        "",
        f"error: {folder({})}/2_b.up.sql is there already\nWrite into it, or name what the next one adds.\n",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
def test_an_interrupted_run_stops_the_server_and_ends_with_130(
    connection: psycopg.Connection[Any],
    given: list[str | Path],
    folder: MakeFolder,
    start: Start,
    number: int,
    mark: str,
) -> None:
    folder({"1_a": f"{mark}SELECT pg_advisory_xact_lock(4711);\nCREATE TABLE a ();"})
    connection.execute("SELECT pg_advisory_lock(4711)")
    process = start("up", "--json", *given, "--lock-timeout", "1m")
    wait_until(connection, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")
    process.send_signal(number)
    out, err = process.communicate()

    assert (process.returncode, json.loads(out)) == (130, {"error": {"kind": "Interrupted", "exit_code": 130}})
    assert err == (
        "1_a.up (1 of 2)\ninterrupted: run the same command again, and it goes on from what the history says\n"
    )
    assert connection.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").rowcount == 0


def test_a_lost_login_stops_the_server_and_ends_with_130(
    connection: psycopg.Connection[Any], given: list[str | Path], folder: MakeFolder
) -> None:
    folder({"1_a": "SELECT pg_advisory_xact_lock(4711);"})
    connection.execute("SELECT pg_advisory_lock(4711)")
    terminal, login = pty.openpty()
    command = [sys.executable, "-m", "tenantstore", "migrate", "up", *map(str, given), "--lock-timeout", "1m"]
    with subprocess.Popen(command, stdin=login, stdout=login, stderr=login) as process:
        os.close(login)
        wait_until(connection, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted")
        os.close(terminal)
        process.send_signal(signal.SIGHUP)

    assert process.returncode == 130
    assert connection.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").rowcount == 0


def _json(told: tuple[int, str, str]) -> Any:
    return json.loads(told[1])


def test_json_is_the_result_and_nothing_else(run: Run, given: list[str | Path], tmp_path: Path) -> None:
    told = [_json(run(command, "--json", *given)) for command in ("plan", "up", "up", "down", "repair")]

    def step(version: int, name: str, direction: str = "up", **more: Any) -> dict[str, Any]:
        return {"version": version, "name": name, "direction": direction, **more}

    for each in told[1]["done"] + told[3]["done"]:
        assert each.pop("duration_ms") >= 0
    assert told == [
        {"steps": [step(1, "a", sql="CREATE TABLE a ();"), step(2, "b", sql="CREATE TABLE b ();")]},
        {"done": [step(1, "a"), step(2, "b")]},
        {"done": []},
        {"done": [step(2, "b", "down")]},
        {"repaired": []},
    ]
    assert _json(run("stamp", "2", "--json", *given)) == {"stamped": [{"version": 2, "name": "b"}]}
    assert _json(run("check", "--json", *given[2:])) == {"findings": []}
    made = tmp_path / "migrations" / "3_more"
    assert _json(run("new", "more", "--json", *given[2:])) == {"files": [f"{made}.up.sql", f"{made}.down.sql"]}


def test_json_of_status_has_the_history(run: Run, given: list[str | Path]) -> None:
    run("up", "1", *given)
    applied, pending = _json(run("status", "--json", *given))["migrations"]

    assert list(applied) == [
        "version",
        "name",
        "standing",
        "applied_at",
        "duration_ms",
        "applied_by",
        "applied_from",
        "tool_version",
        "statements_done",
    ]
    assert [applied["standing"], applied["applied_by"], pending["standing"], pending["applied_at"]] == [
        "applied",
        "postgres",
        "pending",
        None,
    ]


def test_json_of_a_failure_has_what_was_done_and_the_place(
    run: Run, given: list[str | Path], folder: MakeFolder
) -> None:
    where = folder({"2_b": "SELECT 1;\nSELECT 1/0;"})
    code, out, _ = run("up", "--json", *given)
    told = json.loads(out)

    assert code == told["error"]["exit_code"] == 1
    assert [each["version"] for each in told["done"]] == [1]
    assert {key: told["error"][key] for key in ("kind", "sqlstate", "file", "line", "column", "problem")} == {
        "kind": "StatementFailed",
        "sqlstate": "22012",
        "file": f"{where}/2_b.up.sql",
        "line": 2,
        "column": 1,
        "problem": "division by zero",
    }


def test_json_of_a_folder_fault_lists_the_findings(run: Run, given: list[str | Path], folder: MakeFolder) -> None:
    where = folder({"2_b": "COMMIT;"})
    checked, refused = run("check", "--json", *given[2:]), run("up", "--json", *given)
    finding = {
        "file": f"{where}/2_b.up.sql",
        "line": 1,
        "column": 1,
        "problem": "COMMIT in a migration",
        "advice": "Take it out: the runner commits, together with the history row.\n"
        "For statements that must not share a transaction, begin the file with `-- no-transaction`.",
    }

    assert (checked[0], _json(checked)["findings"]) == (4, [finding])
    assert (refused[0], _json(refused)["error"]["findings"]) == (4, [finding])


@pytest.mark.parametrize(
    "dsn_", [_CLOSED, "host=127.0.0.1 port=1 password=hunter2", "postgresql://u:hunter2@[", "password=hunter2 x"]
)
def test_a_password_is_never_shown(run: Run, tmp_path: Path, folder: MakeFolder, dsn_: str) -> None:
    code, out, err = run("up", "--json", "--dsn", dsn_, "--dir", folder(PAIRS), "--wait", "0")

    assert (code in {2, 5}, "hunter2" in out + err) == (True, False)


def test_the_dsn_may_come_from_the_environment(
    run: Run, given: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTSTORE_DSN", str(given[1]))

    assert run("up", *given[2:])[0] == 0


def test_a_bar_where_a_person_watches(run: Run, given: list[str | Path], monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    _, out, _ = run("up", *given)
    erase = "\r\x1b[K"

    assert out == "1_a.up: done in N ms\n2_b.up: done in N ms\n"
    assert screen.getvalue().replace(erase, "|").replace("||", "|").replace("||", "|").strip("|").split("|") == [
        "[........................] 1/2 1_a.up",
        "[############............] 2/2 2_b.up",
    ]


def test_the_module_is_a_program() -> None:
    told = subprocess.check_output([sys.executable, "-m", "tenantstore", "--version"], text=True)

    assert told == f"tenantstore {__version__}\n"
