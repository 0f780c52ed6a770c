"""What a run leaves behind: nothing, or the databases of failed tests for a while, and a template where it can."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import psycopg
import pytest

from tenantstore.testing import Server, plugin
from tests.testing.project import FAILS, USES, Project, header, summary

# Longer than it takes, shorter than somebody would wait.
KILLED_SECONDS = 3.0
SLEEPS = """
import os, time
def test_sleeps(ts_session, ts_db):
    with open("waiting", "w") as file:
        file.write(str(ts_session.server.pid))
    os.rename("waiting", "asleep")
    time.sleep(60)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def comes_true(fact: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether it does within that time."""
    deadline = time.monotonic() + seconds
    while not fact():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def servers_of(project: Project) -> list[Path]:
    """The folders of this project's runs whose keepers are still there."""
    folders = Path(tempfile.gettempdir()).glob("tenantstore-session-*")
    return [folder for folder in folders if _text(folder / "project") == str(project.folder)]


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def kept_lines(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """The commands that the failure reports print."""
    return re.findall(r"^its database is kept .*\n  (.*)$", done.stdout, re.MULTILINE)


COUNTS = """
import pathlib, tempfile, pytest

ROOT = pathlib.Path(__file__).parent

def count(when):
    folders = pathlib.Path(tempfile.gettempdir()).glob("tenantstore-session-*/project")
    begun = [path for path in folders if path.read_text() == str(ROOT)]
    with ROOT.joinpath("begun").open("a") as file:
        print(when, len(begun), file=file)

def pytest_collection_modifyitems(items):
    count("collected")
    items[:] = [item for item in items if "unwanted" not in item.name]

@pytest.fixture
def own(ts_db): pass
"""
MODULE = """
from conftest import count
count("imported")
def test_unwanted({}): pass
def test_plain(): pass
"""


@pytest.mark.parametrize(
    ("asks", "options", "imported", "collected"),
    [
        ("ts_db", [], 1, 1),
        ("ts_db", ["test_it.py::test_unwanted"], 0, 1),
        ("ts_db", ["test_it.py::test_plain"], 0, 0),
        ("ts_db", ["-k", "plain"], 0, 0),
        ("ts_db", ["--collect-only"], 0, 0),
        ("ts_db", ["--deselect", "test_it.py::test_unwanted"], 0, 0),
        ("own", [], 0, 1),
        ("ts_queries", [], 0, 0),
        ("ts_ms=0", [], 0, 0),
    ],
)
def test_a_server_is_begun_with_the_first_module_that_asks_for_one_and_ended_where_no_test_is_run_that_does(
    asks: str, options: list[str], imported: int, collected: int, project: Project
) -> None:
    project.write("conftest.py", COUNTS)
    project.write("test_it.py", MODULE.format(asks))
    done = project.run("--ts-provider", "embedded", *options)

    told = (project.folder / "begun").read_text()
    expected = f"imported {imported}\ncollected {collected}\n"
    assert (done.returncode in {0, 5}, told, servers_of(project)) == (True, expected, [])


def test_every_fixture_that_needs_a_server_has_it_begun_early() -> None:
    found: dict[str, object] = {}
    for name in plugin._FIXTURES:
        module = import_module(f"tenantstore.testing.fixtures.{name}")
        found |= {each: vars(module)[each] for each in vars(module) if each.startswith("ts_")}
    asked = {each for each in found if plugin._ASKS.search(f"def test({each}: Any)".encode())}

    assert asked == found.keys() - {"ts_queries"}


LATE = """
import os, time
if os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
    time.sleep(1)
"""
DIES = """
import os
if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
    os._exit(1)
def test_two(ts_db): pass
"""


def test_a_worker_that_dies_before_its_server_is_there_leaves_it_to_the_others(project: Project) -> None:
    project.write("conftest.py", LATE)
    project.write("test_1.py", "def test_one(ts_db): pass\n")
    project.write("test_2.py", DIES)
    with tempfile.TemporaryDirectory() as cache:
        Path(cache).chmod(0o755)
        project.environment["XDG_CACHE_HOME"] = cache
        done = project.run("--ts-provider", "embedded", "-n", "2")

    assert summary(done) == "2 passed"


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
def test_a_failed_tests_database_is_kept_and_its_psql_line_works_until_the_next_run(
    workers: list[str], project: Project
) -> None:
    project.write("test_fails.py", FAILS)
    failed = project.run("--ts-provider", "embedded", *workers)
    (line,) = kept_lines(failed)
    looked = subprocess.run(
        f"{line} -At -c 'SELECT name FROM customers'", shell=True, capture_output=True, text=True, check=False
    )
    again = project.run("--ts-provider", "embedded", "--ts-keep", "0", *workers)

    assert summary(failed) == "1 failed, 1 passed"
    assert (looked.stdout, looked.stderr) == ("Ada\n", "")
    assert kept_lines(again) == []
    assert comes_true(lambda: servers_of(project) == [])


def test_on_a_server_that_lives_on_it_is_kept_without_a_password_in_the_report(
    project: Project, own_server: Server
) -> None:
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn() + "&password=secret"
    project.write("test_fails.py", FAILS)
    failed = project.run()
    (line,) = kept_lines(failed)
    looked = subprocess.run(
        f"{line} -At -c 'SELECT name FROM customers'", shell=True, capture_output=True, text=True, check=False
    )

    assert ("secret" in failed.stdout, looked.stdout) == (False, "Ada\n")


def test_no_more_than_ten_are_kept(project: Project) -> None:
    project.write("test_fails.py", FAILS.replace('["Ada", "Bob"]', "[str(n) for n in range(12)]"))
    failed = project.run("--ts-provider", "embedded")
    project.run("--ts-keep", "0", "--ts-provider", "embedded")

    assert len(kept_lines(failed)) == 10
    assert failed.stdout.count("its database is dropped: those of 10 failed tests are kept already") == 2
    assert comes_true(lambda: servers_of(project) == [])


def test_a_run_that_passes_leaves_nothing(project: Project) -> None:
    project.write("test_uses.py", USES)
    done = project.run("--ts-provider", "embedded")

    assert summary(done) == "7 passed"
    assert servers_of(project) == []


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
def test_no_server_outlives_a_killed_run(workers: list[str], project: Project) -> None:
    project.write("test_sleeps.py", SLEEPS)
    command = project.command("--ts-provider", "embedded", *workers)
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=project.folder, env=project.environment, **options) as process:  # type: ignore[call-overload]
        try:
            assert comes_true((project.folder / "asleep").exists, 60)
        finally:
            os.kill(process.pid, signal.SIGKILL)
    pid = int((project.folder / "asleep").read_text())

    assert comes_true(lambda: not is_running(pid), KILLED_SECONDS)
    assert comes_true(lambda: servers_of(project) == [])


def test_a_killed_keeper_takes_its_server_along(project: Project) -> None:
    project.write(
        "test_sleeps.py",
        "import os, signal, subprocess\n"
        "def test_kill(ts_session, ts_db):\n"
        "    with open('pid', 'w') as file:\n"
        "        file.write(str(ts_session.server.pid))\n"
        "    status = open(f'/proc/{ts_session.server.pid}/status').read()\n"
        "    keeper = int(status.partition('PPid:')[2].split()[0])\n"
        "    os.kill(keeper, signal.SIGKILL)\n",
    )
    project.run("--ts-provider", "embedded")
    pid = int((project.folder / "pid").read_text())
    left = [path.read_text() for path in Path(tempfile.gettempdir()).glob("tenantstore-session-*/project")]

    assert str(project.folder) not in left
    assert comes_true(lambda: not is_running(pid), KILLED_SECONDS)


def test_workers_share_one_server_and_one_template_and_the_next_run_finds_it(
    project: Project, own_server: Server
) -> None:
    project.write(
        "test_shared.py",
        "import json, os, pytest, time\n"
        "@pytest.mark.parametrize('n', range(8))\n"
        "def test_shared(n, ts_session, ts_db):\n"
        "    time.sleep(0.2)\n"
        "    told = [os.getpid(), ts_session.template.name]\n"
        "    with open(f'told{n}', 'w') as file:\n"
        "        json.dump(told, file)\n",
    )
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn()
    done = [project.run("-n", "2") for _ in range(2)]
    told = [json.loads(path.read_text()) for path in project.folder.glob("told*")]
    with psycopg.connect(own_server.dsn()) as admin:
        left = [name for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ts%'")]

    assert [summary(each) for each in done] == ["8 passed"] * 2
    assert "template found" in header(done[1])
    assert (len({pid for pid, _ in told}), [*{name for _, name in told}]) == (2, left)


def test_workers_of_a_server_of_the_run_share_it(project: Project) -> None:
    project.write(
        "test_shared.py",
        "import os, pytest, time\n"
        "@pytest.mark.parametrize('n', range(8))\n"
        "def test_shared(n, ts_session, ts_db):\n"
        "    time.sleep(0.2)\n"
        "    open(f'told-{os.getpid()}-{ts_session.server.pid}', 'w').close()\n",
    )
    done = project.run("-n", "2", "--ts-provider", "embedded")
    told = [path.name.split("-")[1:] for path in project.folder.glob("told*")]

    assert summary(done) == "8 passed"
    assert (len({worker for worker, _ in told}), len({server for _, server in told})) == (2, 1)


def test_what_a_killed_run_left_on_a_server_is_dropped_by_the_next(project: Project, own_server: Server) -> None:
    project.write("test_sleeps.py", SLEEPS)
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn()
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = project.command()
    with subprocess.Popen(command, cwd=project.folder, env=project.environment, **options) as process:  # type: ignore[call-overload]
        try:
            assert comes_true((project.folder / "asleep").exists, 60)
        finally:
            os.kill(process.pid, signal.SIGKILL)
    project.write("test_sleeps.py", USES)

    def left() -> list[str]:
        with psycopg.connect(own_server.dsn()) as admin:
            return [name for (name,) in admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ts_run%'")]

    before = left()
    done = project.run()

    assert (bool(before), summary(done)) == (True, "7 passed")
    assert left() == []


def test_a_template_of_other_migrations_of_the_same_project_is_dropped(project: Project, own_server: Server) -> None:
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn()
    project.configure("ts_migrations = migrations\n")
    project.write("test_one.py", "def test_one(ts_db):\n    pass\n")
    for column in ("a", "b"):
        project.write("migrations/001_t.up.sql", f"CREATE TABLE t ({column} int);")
        project.write("migrations/001_t.down.sql", "DROP TABLE t;")
        project.run()
    with psycopg.connect(own_server.dsn()) as admin:
        left = admin.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'ts_template%'").fetchone()

    assert left == (1,)
