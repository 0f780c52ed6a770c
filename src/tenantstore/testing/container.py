"""A server in a container, by way of testcontainers."""

import contextlib
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tenantstore.testing.errors import ServerFailed
from tenantstore.testing.folders import RunFolder
from tenantstore.testing.process import free_port

if TYPE_CHECKING:
    from testcontainers.community.postgres import PostgresContainer

_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_STOP_SECONDS = 5
_LOG_LINES = 20
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "timezone": "UTC"}
_OWNER = "tenantstore.folder"
_HOST = "tenantstore.host"
_UNIX = "http+unix://"


class Container:
    """A running server in a container of its own, and how to reach it: ``version``, ``parameters``.

    A container outlives the process that started it when that is killed. So it carries the name of a run folder, which
    is gone, or has lost its lock, from then on; whoever starts the next one removes it. That is what testcontainers
    starts a second, privileged container for, whose image is not to be had everywhere.

    :raises ServerFailed: when it ends first, or takes longer than a minute.
    :raises Exception: what Docker's client says, when there is no engine or no such image.
    """

    pid: int | None = None
    data: Path | None = None

    def __init__(self, image: str, settings: Mapping[str, str]) -> None:
        self._folder = RunFolder()
        try:
            self._container = _made(image, {**_SETTINGS, **settings}, self._folder.path)
            try:
                _remove_stale(self._container)
                with _without_reaper():
                    self._container.start()
                host, port = self._container.get_container_host_ip(), self._container.get_exposed_port(5432)
                login = {"user": "postgres", "password": self._container.password}
                self.parameters: dict[str, str] = {"host": host, "port": str(port), **login}
                self.version: int = self._wait()
            except BaseException:
                # Whether or not there is a container yet: the client has its sockets to close.
                self._container.stop()
                raise
        except BaseException:
            self._folder.remove()
            raise

    def restart(self) -> None:
        """Stop the server and start it on the same port.

        :raises ServerFailed: when it does not come back.
        """
        self._container.get_wrapped_container().restart(timeout=_STOP_SECONDS)
        self._wait()

    def end(self) -> None:
        """Remove the container and everything in it."""
        self._container.stop()
        self._folder.remove()

    def _wait(self) -> int:
        """The server's major version, as soon as it takes connections over TCP; the image's first server does not."""
        import psycopg
        from psycopg.conninfo import make_conninfo

        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with psycopg.connect(make_conninfo("", dbname="postgres", connect_timeout=5, **self.parameters)) as met:
                    return met.info.server_version // 10000
            except psycopg.OperationalError as error:
                self._container.get_wrapped_container().reload()
                running = self._container.get_wrapped_container().status == "running"
                if not running or time.monotonic() > deadline:
                    reason = str(error).strip() if running else "the container has ended"
                    raise ServerFailed(f"the container takes no connections: {reason}", self._log()) from None
            time.sleep(_POLL_SECONDS)

    def _log(self) -> str:
        log: bytes = self._container.get_wrapped_container().logs(tail=_LOG_LINES)
        return log.decode(errors="replace")


def _made(image: str, settings: Mapping[str, str], folder: Path) -> "PostgresContainer":
    """The container, not started yet. It publishes one port for good: one that Docker chooses changes at a restart."""
    from testcontainers.community.postgres import PostgresContainer

    _reach_engine()
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    container = PostgresContainer(image, username="postgres", password=secrets.token_hex(12), dbname="postgres")
    container.with_command(f"postgres {options}").with_bind_ports(5432, free_port())
    return container.with_kwargs(labels={_OWNER: str(folder), _HOST: socket.gethostname()})


def _reach_engine() -> None:
    """Find out whether somebody listens on the engine's socket: Docker's client leaves one open that leads nowhere.

    :raises OSError: when nobody does, or this user may not talk to them.
    """
    from docker.utils import parse_host
    from testcontainers.core.docker_client import get_docker_host

    engine = str(parse_host(get_docker_host()))
    if engine.startswith(_UNIX):
        path = engine.removeprefix(_UNIX)
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(path)
            except OSError as error:
                raise OSError(error.errno, error.strerror, path) from None


def _remove_stale(container: "PostgresContainer") -> None:
    """Remove the containers of those that were killed. Their run folders went when this one's was made."""
    client = container.get_docker_client().client
    for found in client.containers.list(all=True, filters={"label": f"{_HOST}={socket.gethostname()}"}):
        if not Path(found.labels.get(_OWNER, "/")).exists():
            # Another launch may be at it as well.
            with contextlib.suppress(Exception):
                found.remove(force=True, v=True)


@contextlib.contextmanager
def _without_reaper() -> Iterator[None]:
    from testcontainers.core.config import testcontainers_config

    before = testcontainers_config._ryuk_disabled
    testcontainers_config._ryuk_disabled = True
    try:
        yield
    finally:
        testcontainers_config._ryuk_disabled = before
