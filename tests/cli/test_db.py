"""The server for development: it is up, migrated, and stays; it is down; and nothing else is touched by either."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import Store
from tenantstore.cli import main
from tenantstore.repositories import customers
from tenantstore.testing.folders import server_pid
from tenantstore.testing.process import account, free_port

SERVICE = Path(__file__).parents[1] / "checking/service"


@pytest.fixture(scope="module")
def _place() -> Iterator[Path]:
    # Not pytest's own temporary folder: of root, nobody gets there, as whom the server runs.
    path = Path(tempfile.mkdtemp(prefix="ts-db-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    for folder in path.iterdir():
        main(["db", "down", "--dir", str(folder)])
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def used(_place: Path) -> Path:
    """A folder whose server has been up once."""
    main(["db", "up", "--dir", str(_place / "used")])
    return _place / "used"


@pytest.fixture
def new(_place: Path) -> Iterator[Path]:
    """A folder that is not there yet; its server is down at the end."""
    yield _place / "new"
    main(["db", "down", "--dir", str(_place / "new")])
    shutil.rmtree(_place / "new", ignore_errors=True)


def _json(capsys: pytest.CaptureFixture[str], command: str, folder: Path, *options: str) -> Any:
    capsys.readouterr()
    code = main(["db", command, "--json", "--dir", str(folder), *options])
    return code, json.loads(capsys.readouterr().out)


def _pid(folder: Path) -> int:
    pid = server_pid(folder / "data")
    assert pid is not None
    return pid


def _kill(folder: Path) -> None:
    os.kill(_pid(folder), signal.SIGKILL)
    while server_pid(folder / "data") is not None:
        time.sleep(0.01)


def test_up_prints_what_a_shell_takes_and_a_service_can_log_in_with(
    used: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    capsys.readouterr()
    code = main(["db", "up", "--dir", str(used)])
    line = capsys.readouterr().out
    said = subprocess.run(
        ["sh", "-c", f'{line}printf %s "$TENANTSTORE_DSN"'], capture_output=True, text=True, check=True
    )
    monkeypatch.setenv("TENANTSTORE_DSN", said.stdout)

    assert (code, line.splitlines()) == (
        0,
        [
            f"export TENANTSTORE_DSN='postgresql:///dev?host={used}/socket&port=5432&user=app'"
            f" TENANTSTORE_OWNER_DSN='postgresql:///dev?host={used}/socket&port=5432&user=postgres'"
        ],
    )
    assert main(["doctor"]) == 0


def test_up_again_changes_nothing(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pid = _pid(used)
    code = main(["db", "up", "--dir", str(used)])

    assert (code, _pid(used), capsys.readouterr().err.splitlines()) == (
        0,
        pid,
        [f"PostgreSQL 18 (embedded) was up, its data in {used}/data", "nothing to migrate"],
    )


def test_what_is_committed_is_there_after_down_and_up_and_after_a_kill(
    used: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = _json(capsys, "up", used)
    with Store.open(told["dsn"]) as store:
        ada = store.operator().run(customers.create("Ada", "ada@example.com"))
    _, stopped = _json(capsys, "down", used)
    down, _ = _json(capsys, "status", used)
    _json(capsys, "up", used)
    _kill(used)
    again, _ = _json(capsys, "up", used)
    with Store.open(told["dsn"]) as store:
        found = store.operator().run(customers.get_by_email("ada@example.com"))

    assert (stopped, down, again, found) == ({"stopped": True, "folder": str(used)}, 5, 0, ada)


def test_a_pid_of_somebody_else_is_nobody_to_end(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _json(capsys, "down", used)
    # PostgreSQL itself takes any process of its own user for the server that has left its number.
    user = account()[0] if os.geteuid() == 0 else None
    sleeper = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd="/", user=user)
    lines = [str(sleeper.pid), str(used / "data"), "0", "5432", str(used / "socket"), "", "0 0", "ready"]
    (used / "data/postmaster.pid").write_text("\n".join(lines))
    _, told = _json(capsys, "down", used)
    _, up = _json(capsys, "up", used)
    alive = sleeper.poll() is None
    sleeper.communicate(b"\n")

    assert (told["stopped"], alive, up["pid"] == _pid(used) != sleeper.pid) == (False, True, True)


def test_two_who_start_it_at_once_have_one_server(new: Path) -> None:
    command = [sys.executable, "-m", "tenantstore", "db", "up", "--json", "--dir", str(new)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)
    ]
    told = [json.loads(each.communicate()[0]) for each in running]

    assert ([each.returncode for each in running], told[0]) == ([0, 0], told[1])
    assert told[0]["pid"] == _pid(new)


def test_a_port_takes_a_password_and_the_socket_stays(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    _, told = _json(capsys, "up", new, "--port", str(port))
    with psycopg.connect(told["dsn"]) as connection:
        login = connection.execute("SELECT current_user, inet_server_port()").fetchone()
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(f"postgresql://app@127.0.0.1:{port}/dev")
    refused, _ = _json(capsys, "up", new, "--port", str(port + 1))
    _json(capsys, "down", new)
    _, again = _json(capsys, "up", new)

    assert (login, refused, again["dsn"]) == (("app", port), 2, told["dsn"])
    assert (new / "server.json").stat().st_mode & 0o777 == 0o600


def test_a_service_is_migrated_by_its_own_folders(
    new: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SERVICE / "library")
    _, told = _json(capsys, "up", new)
    with psycopg.connect(told["owner_dsn"]) as owner:
        tables = owner.execute("SELECT to_regclass('books'), to_regclass('devices')").fetchone()

    assert tables == ("books", None)


def test_a_migration_that_fails_leaves_a_server_to_look_at_and_a_shell_that_knows(
    new: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "1_a.up.sql").write_text("SELECT 1/0;")
    (tmp_path / "1_a.down.sql").write_text("SELECT 1;")
    code = main(["db", "up", "--dir", str(new), "--migrations", str(tmp_path)])
    out, err = capsys.readouterr()
    shell = subprocess.run(
        ["sh", "-c", f'eval "{out}"; echo $? "$TENANTSTORE_DSN"; printf %s "$TENANTSTORE_OWNER_DSN"'],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    ended, _, owner = shell.stdout.partition("\n")
    with psycopg.connect(owner) as connection:
        there = connection.execute("SELECT current_user, current_database()").fetchone()
    failed, told = _json(capsys, "up", new, "--migrations", str(tmp_path))

    assert (code, ended, there) == (1, "1 ", ("postgres", "dev"))
    assert (failed, told["error"]["kind"], told["up"], told["owner_dsn"]) == (1, "StatementFailed", True, owner)
    assert err.splitlines()[-1:] == [
        "The server is up, its database not migrated, so TENANTSTORE_DSN is left as it is. `tenantstore db psql --dir"
        f" {new}` looks around in it, and $TENANTSTORE_OWNER_DSN leads to it.",
    ]


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        ("x", 'The owner\'s DSN is in $TENANTSTORE_OWNER_DSN: add --dsn "$TENANTSTORE_OWNER_DSN".'),
        ("", "Of a server of `tenantstore db up`, `tenantstore db status` tells the owner's DSN."),
    ],
)
def test_the_role_of_a_service_is_told_who_migrates(
    used: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, owner: str, told: str
) -> None:
    _, up = _json(capsys, "up", used)
    monkeypatch.setenv("TENANTSTORE_OWNER_DSN", owner)
    code = main(["migrate", "status", "--dsn", up["dsn"]])

    assert (code, capsys.readouterr().err.splitlines()[-1]) == (1, told)


def test_psql_is_the_superusers_and_takes_options_of_its_own(used: Path) -> None:
    main(["db", "up", "--dir", str(used)])
    command = [
        sys.executable,
        "-m",
        "tenantstore",
        "db",
        "psql",
        "--dir",
        str(used),
        "-At",
        "-c",
        "SELECT current_user",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "postgres\n", "")


def test_a_number_that_another_project_has_applied_is_told_by_the_options_of_db(
    new: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("tickets", "orders"):
        (tmp_path / name).mkdir()
        for way in ("up", "down"):
            (tmp_path / name / f"1_{name}.{way}.sql").write_text("SELECT 1;")
    _json(capsys, "up", new, "--migrations", str(tmp_path / "tickets"))
    code, told = _json(capsys, "up", new, "--migrations", str(tmp_path / "orders"))

    assert (code, told["error"]["text"].splitlines()) == (
        4,
        [
            f"{tmp_path}/orders/1_orders.up.sql: was applied as 1 tickets",
            "If the history is another project's, `--dir FOLDER` names another server.",
            "If the file was renamed, give it back the name it was applied by.",
        ],
    )


def test_a_fault_in_a_later_folder_stops_the_first_as_well(
    new: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "orders").mkdir()
    for way in ("up", "down"):
        (tmp_path / f"orders/1_orders.{way}.sql").write_text("CREATE TABLE orders ();")
    code, told = _json(capsys, "up", new, "--migrations", f"{tmp_path}/orders", "--migrations", f"{tmp_path}/none")
    with psycopg.connect(told["owner_dsn"]) as connection:
        made = connection.execute("SELECT to_regclass('orders')").fetchone()

    assert (code, told["error"]["text"], made) == (
        2,
        f"{tmp_path}/none: no such folder\n"
        f"Misspelt? Else `tenantstore migrate new NAME --dir {tmp_path}/none` begins one.",
        (None,),
    )


def _full(path: Path) -> Path:
    path.mkdir()
    (path / "precious").touch()
    return path


def _below(name: str) -> Callable[[Path], Path]:
    return lambda path: path / name


_UNFIT: dict[str, tuple[str, Callable[[Path], Path], int, str]] = {
    "somebody's": ("up", _full, 2, "not a folder of `tenantstore db`, and not empty"),
    "too long": ("up", lambda path: path / ("a" * 100), 2, "too long a path for a socket, of at most 107 bytes"),
    **{
        f"with {odd!r}": ("up", _below(f"a{odd}b"), 2, f"{odd!r} cannot be in the path")
        for odd in [",", '"', "$", "`", "\\", "\n", "\x7f", "\udcff"]
    },
    "a file": ("up", lambda path: Path(__file__), 2, "test_db.py: not a folder\nName another: --dir FOLDER."),
    "down": ("psql", lambda path: path, 5, "Of one that was started with --dir, say --dir as you did."),
}


@pytest.mark.parametrize(("command", "make", "code", "told"), _UNFIT.values(), ids=_UNFIT)
def test_what_is_no_place_for_a_server_stays_as_it_is(
    new: Path, capsys: pytest.CaptureFixture[str], command: str, make: Any, code: int, told: str
) -> None:
    folder = make(new)
    before = sorted(new.rglob("*"))
    ended = main(["db", command, "--dir", str(folder)])
    out, err = capsys.readouterr()

    assert (ended, out, told in err, sorted(new.rglob("*"))) == (code, "false\n" * (command == "up"), True, before)


@pytest.mark.skipif(os.geteuid() != 0, reason="everybody else's server runs as themselves")
def test_roots_server_runs_as_nobody_or_not_at_all(
    used: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["db", "up", "--dir", str(used)])
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    refused = main(["db", "up", "--dir", str(closed / "db")])

    assert (Path(f"/proc/{_pid(used)}").owner(), refused) == ("nobody", 2)
    assert "root's server runs as nobody, who does not get there" in capsys.readouterr().err


def test_git_is_to_leave_the_folder_alone(used: Path) -> None:
    assert (used / ".gitignore").read_text() == "*\n"


def test_nothing_is_down_already(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = [main(["db", command, "--dir", str(new)]) for command in ("down", "status")]

    assert (codes, *capsys.readouterr(), new.exists()) == (
        [0, 5],
        f"down: there was never a server in {new}\n",
        f"no server was up in {new}\n",
        False,
    )


def test_a_server_that_does_not_start_says_why(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _json(capsys, "up", new)
    _json(capsys, "down", new)
    with (new / "data/postgresql.conf").open("a") as conf:
        conf.write("nothing_of_ours = 1\n")
    code, told = _json(capsys, "up", new)

    assert (code, told["error"]["kind"], 'unrecognized configuration parameter "nothing_of_ours"' in str(told)) == (
        1,
        "ServerFailed",
        True,
    )


def test_a_port_that_is_taken_is_not_tried_for_ever(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused, told = _json(capsys, "up", new, "--port", str(taken.getsockname()[1]))
        code, up = _json(capsys, "up", new)

    assert (refused, "Address already in use" in str(told), code, up["port"]) == (1, True, 0, None)


def test_a_server_of_which_nothing_is_known_any_more_is_started_anew(
    new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, before = _json(capsys, "up", new)
    (new / "server.json").write_text("{")
    code, after = _json(capsys, "up", new)

    assert (code, after["dsn"], after["pid"] != before["pid"]) == (0, before["dsn"], True)


@pytest.mark.parametrize("said", [b"eighteen\n", b"", b"\xff"])
def test_data_of_no_version_is_left_alone(used: Path, capsys: pytest.CaptureFixture[str], said: bytes) -> None:
    _json(capsys, "down", used)
    (used / "data/PG_VERSION").write_bytes(said)
    code, told = _json(capsys, "up", used)
    (used / "data/PG_VERSION").write_text("18\n")
    again, _ = _json(capsys, "up", used)

    assert (code, again, told["error"]["text"].splitlines()[0]) == (
        2,
        0,
        f"{used}/data/PG_VERSION: does not say of which PostgreSQL the data is",
    )


def test_data_of_another_version_is_left_alone(used: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _json(capsys, "down", used)
    (used / "data/PG_VERSION").write_text("14\n")
    code, told = _json(capsys, "up", used)
    (used / "data/PG_VERSION").write_text("18\n")
    again, _ = _json(capsys, "up", used)

    assert (code, told["error"]["kind"], again) == (1, "NoProvider", 0)
    assert told["error"]["text"].splitlines()[-1] == (
        f"The data in {used}/data is of PostgreSQL 14, and no other version can read it."
    )
