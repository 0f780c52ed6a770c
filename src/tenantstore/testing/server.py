"""A server for tests: its databases, its DSNs, its end."""

import os
import secrets
import time
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from tenantstore.testing.cluster import Machine

if TYPE_CHECKING:
    import psycopg
    import psycopg.sql

_CONNECT_SECONDS = 10
_LEAVE_SECONDS = 0.5
_POLL_SECONDS = 0.001
_CONNECTED = "SELECT FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend' LIMIT 1"
_TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
# libpq's options that have no default to ask for and yet take no empty value.
_NOT_EMPTY = {"sslcertmode": "disable", "min_protocol_version": "3.0", "max_protocol_version": "3.0"}


class Server:
    """A PostgreSQL to make databases on, from :func:`tenantstore.testing.launch`. Threads may share it.

    ``provider`` says where it is from, ``version`` is its major version, ``parameters`` are libpq's for the superuser,
    ``empty`` is what CREATE DATABASE is told for a database that is no copy. It ends with :meth:`close`, when nobody
    refers to it any more, and with the process.
    """

    def __init__(
        self,
        provider: str,
        version: int,
        parameters: Mapping[str, str],
        machine: Machine | None = None,
        listens: bool = False,
        empty: str = "TEMPLATE template1",
    ) -> None:
        self.provider = provider
        self.version = version
        self.parameters: Mapping[str, str] = parameters
        self._machine = machine
        self.empty = empty
        self._listens = listens
        self._password: str | None = None
        self._kernel_copies = version >= 18 and self.data is not None
        self._lock = RLock()
        # In a list, so that the finalizer can close it without holding on to the server.
        self._admins: list[psycopg.Connection[tuple[Any, ...]]] = []
        self._end = weakref.finalize(self, _end, os.getpid(), self._admins, machine)

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.parameters.items() if name not in ("dbname", "password")}
        return f"<Server {self.provider} {self.version}: {_uri('postgres', shown)}>"

    @property
    def pid(self) -> int | None:
        """The server's process; None where this did not start it, or it is in a container."""
        return self._machine.pid if self._machine else None

    @property
    def data(self) -> Path | None:
        """The data folder; None where this did not make it, or it is in a container."""
        return self._machine.data if self._machine else None

    def dsn(self, database: str = "postgres", user: str | None = None) -> str:
        """A URI for libpq; without ``user``, as the superuser. Another user comes without a password."""
        chosen = {key: value for key, value in self.parameters.items() if key != "dbname"}
        if user is not None and user != chosen["user"]:
            chosen.pop("password", None)
            chosen["user"] = user
        return _uri(database, chosen)

    def loopback_dsn(self, database: str = "postgres") -> str:
        """A URI over TCP as the superuser, with a password, for programs and users that cannot get to the socket.

        :raises ValueError: when the server was launched without ``listen=True``.
        """
        from psycopg.sql import SQL

        if self.provider == "docker":
            return self.dsn(database)
        if not self._listens:
            raise ValueError("this server listens on its socket only: launch(listen=True)")
        with self._lock:
            if self._password is None:
                password = secrets.token_urlsafe(18)
                self.connection().execute(SQL("ALTER ROLE postgres PASSWORD {}").format(password))
                self._password = password
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.parameters['port']}/{quote(database, safe='')}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database, empty or as a copy of ``template``. The copy has no ``ALTER DATABASE … SET`` of its model.

        :raises psycopg.errors.DuplicateDatabase: when there is one of this name.
        """
        from psycopg.sql import SQL, Identifier

        with self._lock:
            if template is not None:
                self.wait_until_left(template)
            # Copying files takes 6.7 ms where writing them to the log (the default) takes 9.5.
            statement = SQL("CREATE DATABASE {} {} STRATEGY file_copy")
            model = SQL("TEMPLATE {}").format(Identifier(template)) if template else SQL(self.empty)
            self._copy(statement.format(Identifier(name), model))

    def drop_database(self, name: str) -> None:
        """Drop a database; who is still connected to it after half a second is thrown out.

        :raises psycopg.errors.InvalidCatalogName: when there is none.
        """
        from psycopg.errors import InsufficientPrivilege
        from psycopg.sql import SQL, Identifier

        with self._lock:
            # DROP DATABASE itself sleeps 100 ms when it meets a backend that is about to leave.
            if not self.wait_until_left(name):
                self.connection().execute(_TERMINATE, [name])
                self.wait_until_left(name)
            drop = SQL("DROP DATABASE {}").format(Identifier(name))
            try:
                self.connection().execute(drop + SQL(" WITH (FORCE)"))
            except InsufficientPrivilege:
                # By somebody who may not end a process of the role that is about to leave, and is not listed any more.
                self.connection().execute(drop)

    def execute(self, statement: "psycopg.sql.Composed") -> None:
        """Run a statement as the superuser, where databases are made from."""
        with self._lock:
            self.connection().execute(statement)

    def restart(self) -> None:
        """Stop the server, which ends every connection, and start it on the same socket and port.

        :raises ServerFailed: when it does not come back.
        :raises ValueError: for a server that was there already.
        """
        if self._machine is None:
            raise ValueError("a server that was there already is not restarted")
        with self._lock:
            _disconnect(self._admins)
            self._machine.restart()

    def another(self) -> "Server":
        """The same server on a connection of its own, for a thread that does not wait for others. It ends nothing."""
        other = Server(self.provider, self.version, self.parameters, self._machine, self._listens, self.empty)
        other._end.detach()
        other._end = weakref.finalize(other, _end, os.getpid(), other._admins, None)
        return other

    def close(self) -> None:
        """End the server and remove its folder. In a fork of the process that launched it: nothing."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def wait_until_left(self, name: str) -> bool:
        """Whether everybody left the database within half a second."""
        deadline = time.monotonic() + _LEAVE_SECONDS
        with self._lock:
            while self.connection().execute(_CONNECTED, [name]).rowcount:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_POLL_SECONDS)
        return True

    def admin(self, database: str | None = None) -> "psycopg.Connection[tuple[Any, ...]]":
        """A new connection as the superuser, in autocommit; without ``database``, to where databases are made from."""
        import psycopg
        from psycopg.conninfo import conninfo_to_dict, make_conninfo

        dsn = self.dsn(database or self.parameters.get("dbname", "postgres"))
        # A server that was there already may count on the caller's PGPASSWORD and the like; ours must not.
        unset = _unset_environment() if self._machine else {}
        parameters = {**unset, **conninfo_to_dict(dsn), "connect_timeout": _CONNECT_SECONDS}
        return psycopg.connect(make_conninfo("", **parameters), autocommit=True)

    def connection(self) -> "psycopg.Connection[tuple[Any, ...]]":
        """The one connection that makes and drops databases, opened at its first use. It ends with the server."""
        import psycopg

        if not self._admins or self._admins[0].closed:
            self._admins[:] = [self.admin()]
            if self._kernel_copies:
                # The default reads and writes each block itself: a CREATE DATABASE takes a tenth longer, and more where
                # a file system could share the blocks. A server may have been built where there is no such call.
                with suppress(psycopg.errors.InvalidParameterValue):
                    self._admins[0].execute("SET file_copy_method = clone")
        return self._admins[0]

    def _copy(self, statement: "psycopg.sql.Composed") -> None:
        """Run a CREATE DATABASE, once more where the kernel does not know how to copy, or a sandbox forbids it."""
        from psycopg.errors import InsufficientPrivilege, InternalError_, IoError

        try:
            self.connection().execute(statement)
        except (InternalError_, InsufficientPrivilege, IoError):
            if not self._kernel_copies:
                raise
            self._kernel_copies = False
            self.connection().execute("RESET file_copy_method")
            self.connection().execute(statement)


def _uri(database: str, parameters: Mapping[str, str]) -> str:
    return f"postgresql:///{quote(database, safe='')}?{urlencode(parameters, quote_via=quote, safe='/')}"


def _unset_environment() -> dict[str, str]:
    """What libpq would take for each option whose PG* variable is set now, were it not.

    Asked of libpq itself, since its options differ from one version to the next. The service is left: it is read before
    anything else, and then only fills what was not given.
    """
    from psycopg.pq import Conninfo

    options = [option for option in Conninfo.parse(b"") if option.envvar and option.envvar.decode() in os.environ]
    defaults = {option.keyword.decode(): (option.compiled or b"").decode() for option in options}
    return {name: _NOT_EMPTY.get(name, value) for name, value in defaults.items() if name != "service"}


def _disconnect(connections: "list[psycopg.Connection[tuple[Any, ...]]]") -> None:
    while connections:
        connections.pop().close()


def _end(owner: int, connections: "list[psycopg.Connection[tuple[Any, ...]]]", machine: Machine | None) -> None:
    # A fork has a copy of this too, and runs it at its own end.
    if os.getpid() == owner:
        _disconnect(connections)
        if machine is not None:
            machine.end()
