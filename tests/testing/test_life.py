"""A server ends with whoever launched it, however that ends, and not before."""

import fcntl
import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

import tenantstore
from tenantstore.testing import Server, launch, launcher
from tenantstore.testing.cluster import Cluster, Seed

NOBODY = 65534
LIMIT_SECONDS = 3.0

START = """
import os, sys, time, psycopg
from tenantstore.testing import launch

def report(server):
    print(server.pid, server.data, flush=True)

def works(server):
    with psycopg.connect(server.dsn()) as connection:
        return connection.execute("SELECT 'it works'").fetchone()[0]
"""


class Running(NamedTuple):
    """A launched server as its launcher, ``process``, reported it; ``pids`` are the postmaster's and its children's."""

    process: subprocess.Popen[str]
    pids: list[int]
    folder: Path

    def alive(self) -> list[int]:
        return [pid for pid in self.pids if command_line(pid)]


def command_line(pid: int) -> bytes:
    """Empty for a process that is gone, or that is dead and was not waited for."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def with_children(pid: int) -> list[int]:
    try:
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except OSError:
        return [pid]


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    """Run a script that launches a server and reports it, in a group of its own as a terminal would."""
    started: list[subprocess.Popen[str]] = []

    def start(script: str, python: str = sys.executable, **arguments: object) -> Running:
        process: subprocess.Popen[str] = subprocess.Popen(
            [python, "-c", START + script],
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
            **arguments,  # type: ignore[call-overload]
        )
        started.append(process)
        assert process.stdout is not None
        pid, data = process.stdout.readline().split()
        return Running(process, with_children(int(pid)), Path(data).parent)

    yield start
    for process in started:
        with process:
            process.kill()


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether it becomes true within the time that a killed test process is given."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_launcher_leaves_no_server_and_the_next_launch_removes_its_folder(
    start: Start, number: signal.Signals
) -> None:
    running = start("server = launch('embedded'); server.create_database('x'); report(server); time.sleep(60)")
    assert len(running.alive()) > 1
    running.process.send_signal(number)
    running.process.wait()

    assert eventually(lambda: running.alive() == [])
    assert running.folder.exists()
    with launch("embedded"):
        assert not running.folder.exists()


def test_a_folder_without_owner_is_removed_together_with_its_server(own_server: Server) -> None:
    """What happens where the server was not told that its parent died: its lock is free, and it runs."""
    assert own_server.data is not None
    lock = os.open(own_server.data.parent, os.O_RDONLY)
    with suppress(OSError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(lock)
    assert isinstance(own_server._machine, Cluster)
    fcntl.flock(own_server._machine.folder._lock, fcntl.LOCK_UN)
    with launch("embedded"):
        assert not own_server.data.parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own_server.dsn())


def test_a_folder_in_use_is_left_alone(server: Server, own_server: Server) -> None:
    for one in (server, own_server):
        with psycopg.connect(one.dsn()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_after_ctrl_c_the_server_works_until_it_is_closed(start: Start) -> None:
    running = start(
        """
with launch("embedded") as server:
    try:
        report(server)
        time.sleep(60)
    except KeyboardInterrupt:
        print(works(server), flush=True)
"""
    )
    os.killpg(running.process.pid, signal.SIGINT)

    assert running.process.communicate()[0] == "it works\n"
    assert (running.alive(), running.folder.exists(), running.process.returncode) == ([], False, 0)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        pytest.param("server = launch('embedded'); report(server); works(server)", "", id="never closed"),
        pytest.param("server = launch('embedded'); report(server); sys.exit(3)", "", id="exit"),
        pytest.param(
            """
server = launch("embedded")
report(server)
server.create_database("x")
if os.fork() == 0:
    server.close()
    sys.exit()
os.wait()
server.drop_database("x")
print(works(server))
""",
            "it works\n",
            id="a fork closed it and ended",
        ),
        pytest.param(
            """
import threading
servers = []
thread = threading.Thread(target=lambda: servers.append(launch("embedded")))
thread.start()
thread.join()
report(servers[0])
time.sleep(0.2)
print(works(servers[0]))
""",
            "it works\n",
            id="the thread that launched it ended",
        ),
        pytest.param(
            """
server = launch("embedded")
report(server)
os.kill(server.pid, 9)
""",
            "",
            id="the server was killed",
        ),
    ],
)
def test_a_launcher_that_ends_leaves_nothing(start: Start, script: str, said: str) -> None:
    running = start(script)

    assert running.process.communicate()[0] == said
    assert eventually(lambda: running.alive() == [])
    assert not running.folder.exists()


def test_a_server_that_nobody_refers_to_ends() -> None:
    server = launch("embedded")
    server.create_database("x")
    folder = server.data.parent if server.data else Path()
    del server
    gc.collect()

    assert not folder.exists()


def test_servers_launched_at_once_do_not_disturb_each_other(cache: Path) -> None:
    servers: list[Server] = []
    threads = [threading.Thread(target=lambda: servers.append(launch("embedded"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = []
    for server in servers:
        with server, psycopg.connect(server.dsn()) as connection:
            found.append(connection.execute("SELECT 1").fetchone())

    assert found == [(1,)] * 4
    assert len(list(cache.iterdir())) == 1


@pytest.mark.skipif(not Path("/proc/sysvipc/shm").exists(), reason="this system does not list shared memory")
def test_a_server_that_was_killed_leaves_no_process_and_no_shared_memory() -> None:
    with launch("embedded") as server:
        assert server.data is not None
        assert server.pid is not None
        number = (server.data / "postmaster.pid").read_text().splitlines()[6].split()[1]
        pids = with_children(server.pid)
        before = (number in shared_memory(), all(map(command_line, pids)))
        os.kill(server.pid, signal.SIGKILL)

    assert before == (True, True)
    assert number not in shared_memory()
    assert eventually(lambda: not any(map(command_line, pids)))


def shared_memory() -> list[str]:
    return [line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()]


@pytest.fixture
def nobody() -> Iterator[dict[str, Any]]:
    """How to run Python as an ordinary user with an empty home."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    home = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(home, NOBODY, NOBODY)
    modules = [str(Path(str(module.__file__)).parents[1]) for module in (tenantstore, psycopg)]
    who: dict[str, Any] = {
        "user": NOBODY,
        "group": NOBODY,
        "extra_groups": [],
        "cwd": "/",
        "env": {"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": os.pathsep.join(modules)},
    }
    system = shutil.which(f"python3.{sys.version_info.minor}", path=os.defpath)
    try:
        for python in filter(None, (sys.executable, system)):
            with suppress(OSError, subprocess.CalledProcessError):
                subprocess.run([python, "-c", START], check=True, capture_output=True, **who)
                yield {"python": python, **who}
                return
        pytest.skip("no other user can run this Python or reach these packages")
    finally:
        shutil.rmtree(home)


def test_an_ordinary_user_launches_too_with_a_cache_of_their_own(start: Start, nobody: dict[str, Any]) -> None:
    found = []
    for _ in range(2):
        running = start("server = launch(); report(server); print(works(server)); server.close()", **nobody)
        found.append((running.process.communicate()[0], running.folder.exists()))

    home = Path(nobody["env"]["HOME"])
    assert found == [("it works\n", False)] * 2
    assert [path.parent for path in home.rglob("cluster-*")] == [home / ".cache/tenantstore"]


def test_a_cache_keeps_five_empty_clusters_each_without_what_a_start_does_not_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Not in pytest's own folder, which is closed to the server's user.
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        monkeypatch.setenv("XDG_CACHE_HOME", home)
        cache = Path(home, "tenantstore")
        cache.mkdir(mode=0o755)
        for number in range(6):
            (cache / f"cluster-18-{number}.tar").touch()
            os.utime(cache / f"cluster-18-{number}.tar", (number, number))
        for _ in range(2):
            with launch("embedded") as server, psycopg.connect(server.dsn()) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        ages = sorted((path.stat().st_mtime, path.name) for path in cache.iterdir())
        with tarfile.open(cache / ages[-1][1]) as kept:
            names = kept.getnames()

    assert [name for _, name in ages[:-1]] == [f"cluster-18-{number}.tar" for number in range(2, 6)]
    assert [name for name in names if re.match(r"\./base/.*_(fsm|vm)$", name)] == []
    assert len([name for name in names if re.fullmatch(r"\./pg_wal/[0-9A-F]{24}", name)]) in (1, 2)


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_cluster_that_was_kept_starts_however_much_of_its_log_it_needs(
    monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    settings = {"wal_keep_size": "64MB"}
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        monkeypatch.setenv("XDG_CACHE_HOME", home)
        begun = launcher.start("embedded", settings=settings, seed=Seed("some"))
        with begun.server, begun.server.admin() as connection:
            connection.execute("CREATE TABLE a AS SELECT 1 AS b")
            for _ in range(3):
                connection.execute("CREATE TABLE c (); DROP TABLE c")
                connection.execute("SELECT pg_switch_wal()")
            connection.execute("SET synchronous_commit = on")
            connection.execute("INSERT INTO a VALUES (2)")
            assert begun.cluster is not None
            if is_killed:
                os.kill(begun.cluster.pid, signal.SIGKILL)
            begun.cluster.keep(Seed("some"))
        again = launcher.start("embedded", settings=settings, seed=Seed("some"))
        with again.server, again.server.admin() as connection:
            rows = (
                connection.execute("SELECT b FROM a ORDER BY b").fetchall()
                if again.cluster and again.cluster.is_seeded
                else []
            )

    assert rows == [(1,), (2,)]
