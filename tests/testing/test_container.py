"""A server in a container: its settings, its restart, and what is left of it when its owner was killed."""

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tenantstore.testing import NoProvider, Server, launch

IMAGE = "postgres:15"
START = "start a Docker engine, or set DOCKER_HOST to one"
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


def nothing(path: Path) -> None:
    pass


def left_behind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(path))


def closed_to_me(path: Path) -> None:
    left_behind(path)
    path.chmod(0)


@pytest.mark.parametrize(
    ("prepare", "reason", "fix"),
    [
        (nothing, "no Docker engine answers: [Errno 2] No such file or directory", START),
        (left_behind, f"no Docker engine answers: [Errno {errno.ECONNREFUSED}] Connection refused", START),
        pytest.param(
            closed_to_me,
            "no leave to talk to the Docker engine: [Errno 13] Permission denied",
            'sudo usermod -aG docker "$USER", and log in anew',
            marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may talk to everybody"),
        ),
    ],
)
def test_without_an_engine_the_error_says_what_to_start(
    prepare: Callable[[Path], None], reason: str, fix: str, public_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("testcontainers")
    path = public_folder / "docker.sock"
    prepare(path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with pytest.raises(NoProvider) as caught:
        launch("docker")

    assert caught.value.refusals == (("docker", f"{reason}: '{path}'", fix),)


def test_the_container_of_a_killed_process_is_removed_by_the_next_launch(docker_server: Server) -> None:
    with subprocess.Popen([sys.executable, "-c", LAUNCH], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        dsn = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    with psycopg.connect(dsn):
        pass
    with launch("docker", image=IMAGE), pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn, connect_timeout=5)
