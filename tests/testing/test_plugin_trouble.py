"""Runs in which something is wrong: each ends with what it is and never with a traceback of the plugin's own."""

from pathlib import Path

import psycopg
import pytest

from tenantstore.testing import Server
from tests.testing.project import FAILS, USES, Project, header, summary


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


ENDS_ITS_SERVER = """
import os, signal
import psycopg

def test_ends_its_server(ts_db, ts_admin):
    with open(ts_admin.execute("SHOW data_directory").fetchone()[0] + "/postmaster.pid") as file:
        pid = int(file.readline())
    os.kill(pid, signal.SIGKILL)
    while True:
        ts_admin.execute("SELECT 1")

def test_comes_too_late(ts_db):
    pass

def test_is_not_run(ts_db):
    pass
"""


@pytest.mark.parametrize("provider", ["embedded", "dsn"])
def test_a_server_that_goes_in_the_middle_of_a_run_ends_it(provider: str, project: Project, own_server: Server) -> None:
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn()
    project.write("test_ends.py", ENDS_ITS_SERVER)
    # The databases that are made ahead are used up first.
    project.write("conftest.py", "from tenantstore.testing import clones\nclones._AHEAD = 1\n")
    done = project.run("--ts-provider", provider)

    assert "its database is not kept: " in done.stdout
    assert "tenantstore: the server gives no database any more" in done.stdout
    assert (done.stderr, done.returncode) == ("", 2)


def test_a_role_that_may_not_make_databases_ends_the_run(project: Project, own_server: Server) -> None:
    with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE ci LOGIN")
    project.write("test_uses.py", USES)
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn("postgres", "ci")
    done = project.run()

    assert (done.stderr.strip(), done.returncode) == (
        "ERROR: tenantstore: the server refuses what a test run needs\n"
        "  permission denied to create database\n"
        "  The role that tests are set up with must be one that may make databases and roles.",
        4,
    )


@pytest.mark.parametrize("minutes", ["-3", "nan", "long"])
def test_a_time_to_keep_that_is_none_is_refused(minutes: str, project: Project) -> None:
    project.write("test_uses.py", USES)
    done = project.run("--ts-keep", minutes)

    assert f"argument --ts-keep: '{minutes}' is not a number of minutes" in done.stderr
    assert done.returncode == 4


@pytest.mark.parametrize("option", ["--fixtures", "--fixtures-per-test", "--setup-plan"])
def test_nothing_is_started_to_show_what_there_is(option: str, project: Project) -> None:
    project.write("test_fails.py", FAILS)
    done = project.run(option, "--ts-provider", "dsn")

    assert (header(done), done.returncode, summary(done)[:8]) == ("", 0, "no tests")


DROPS_ITS_OWN = """
import pytest

@pytest.mark.parametrize("n", range(8))
def test_drops_its_own(n, ts_database, ts_server):
    ts_server.drop_database(ts_database.name)
"""


def test_a_test_that_drops_its_own_database_is_in_no_others_way(project: Project) -> None:
    project.write("test_drops.py", DROPS_ITS_OWN)
    done = project.run("--ts-provider", "embedded")

    assert (summary(done), done.returncode) == ("8 passed", 0)


def test_a_failed_tests_arguments_do_not_show_a_password(project: Project, own_server: Server) -> None:
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn() + "&password=secret"
    project.write("test_fails.py", "def test_fails(ts_database):\n    assert False\n")
    done = project.run()

    assert (summary(done), "secret" in done.stdout) == ("1 failed", False)


def test_a_role_that_may_not_log_in_ends_the_run(project: Project, own_server: Server) -> None:
    with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE app NOLOGIN")
    project.configure("ts_role = app\n")
    project.write("test_uses.py", USES)
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn()
    done = project.run()

    assert done.stderr.startswith("ERROR: tenantstore: the role app (ts_role) cannot log in\n")
    assert ('role "app" is not permitted to log in' in done.stderr, done.returncode) == (True, 4)
