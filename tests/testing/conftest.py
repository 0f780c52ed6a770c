"""Servers of every provider, and caches that end with the test."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenantstore.testing import NoProvider, Server, launch


@pytest.fixture(scope="session")
def docker_server() -> Iterator[Server]:
    """A server in a container; `postgres-image` makes a stand-in for the image where none can be pulled."""
    try:
        server = launch("docker", image="postgres:15")
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(params=["embedded", "local", "dsn", "docker"])
def any_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of each provider in turn; the one that is there already is the embedded one."""
    if request.param in ("local", "docker"):
        yield request.getfixturevalue("server15" if request.param == "local" else "docker_server")
        return
    server: Server = request.getfixturevalue("server")
    if request.param == "embedded":
        yield server
        return
    monkeypatch.setenv("TENANTSTORE_TEST_DSN", server.dsn())
    with launch() as met:
        yield met


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that the test may restart and end."""
    with launch("embedded") as server:
        yield server


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every user of the machine can enter, which pytest's own are not."""
    path = Path(tempfile.mkdtemp(dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def cache(public_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(public_folder))
    return public_folder / "tenantstore"
