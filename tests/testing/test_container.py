"""A server in a container: its settings, its restart, and what is left of it when its owner was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tenantstore.testing import NoProvider, Server, launch

IMAGE = "postgres:15"
LAUNCH = f"""
import sys, time
from tenantstore.testing import launch
server = launch("docker", image={IMAGE!r})
print(server.dsn(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def contained(docker_server: Server) -> Iterator[Server]:
    """A server that the test may restart."""
    with launch("docker", image=IMAGE, settings={"max_connections": "17"}) as server:
        yield server


def test_it_has_its_settings_and_the_same_dsn_after_a_restart(contained: Server) -> None:
    before = contained.dsn()
    contained.create_database("kept")
    contained.restart()
    with psycopg.connect(contained.dsn("kept")) as connection:
        found = connection.execute("SELECT current_setting('max_connections'), current_setting('fsync')").fetchone()

    assert (contained.dsn(), found) == (before, ("17", "off"))
    assert (contained.pid, contained.data) == (None, None)
    assert contained.loopback_dsn("kept") == contained.dsn("kept")


def test_an_image_that_is_not_to_be_had_is_an_error_that_says_so(docker_server: Server) -> None:
    with pytest.raises(NoProvider) as caught:
        launch("docker", image="localhost:1/nothing:15")

    (refusal,) = caught.value.refusals
    assert refusal.reason.startswith("no container of localhost:1/nothing:15: ")
    assert refusal.fix == "docker pull localhost:1/nothing:15"


def test_another_version_than_the_images_is_an_error(docker_server: Server) -> None:
    with pytest.raises(NoProvider, match="postgres:15 is PostgreSQL 15, and not 18"):
        launch("docker", version=18, image=IMAGE)


def test_without_an_engine_the_error_says_what_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("testcontainers")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(NoProvider) as caught:
        launch("docker")

    (refusal,) = caught.value.refusals
    assert refusal.reason.startswith("no Docker engine answers: ")
    assert refusal.fix == "start a Docker engine, or set DOCKER_HOST to one"


def test_the_container_of_a_killed_process_is_removed_by_the_next_launch(docker_server: Server) -> None:
    with subprocess.Popen([sys.executable, "-c", LAUNCH], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        dsn = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    with psycopg.connect(dsn):
        pass
    with launch("docker", image=IMAGE), pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=5)
