"""A PostgreSQL for development: it lives on when the command that started it is over, and its data stays.

Its folder has the ``data`` and the ``socket``, which the server's user alone can enter, the ``log``, a ``lock`` that is
held by whoever starts or stops it, and ``server.json``. Unlike the servers of tests it is durable. It ends when
it is told to, or with the machine; after either, and after a ``kill -9``, it is started again on what it has.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenantstore.migrate import project
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.shown import one_line
from tenantstore.testing.binaries import Binaries
from tenantstore.testing.cluster import fill
from tenantstore.testing.errors import NoProvider, ServerFailed
from tenantstore.testing.folders import end_server, lets_in, server_pid
from tenantstore.testing.home import Shared
from tenantstore.testing.launcher import find_programs
from tenantstore.testing.process import START_SECONDS, account, run
from tenantstore.testing.roles import ready_role, tables_by_owner
from tenantstore.testing.segment import is_left_alone
from tenantstore.testing.server import Server

if TYPE_CHECKING:
    from tenantstore import migrate

DATABASE = "dev"
LOGIN = "app"
SOCKET_PORT = 5432

_STOP_SECONDS = 30.0
# The second writes nothing any more, and what was committed is there after either.
_STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT)
_LOG_LINES = 20
_LONGEST_SOCKET = 107
_LONGEST_NAME = "socket/.s.PGSQL.65535"
_LONGEST_PROJECT = 20
# At a comma libpq parts hosts; pg_ctl's shell reads the others within double quotes; the rest no DSN can say.
_UNFIT = re.compile(r'[,"$`\\\x00-\x1f\x7f\ud800-\udfff]')


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a server while it is down. ``port`` is that of 127.0.0.1, ``secret`` what passwords are of."""

    provider: str
    version: int
    programs: str
    port: int | None
    secret: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """The migrations that were applied, and a URI for the role of a service: over TCP where there is a port."""

    done: "list[migrate.Done]"
    dsn: str


def default_folder(start: Path) -> Path:
    """The folder of the project that a folder is in; one for this user where it is in none.

    :raises Misconfigured: when a ``pyproject.toml`` on the way cannot be read.
    """
    state = state_folder()
    found = project.table(start.resolve())
    if found is None:
        return state / "db"
    path = found[0].parent
    key = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    # The path of the socket is short of room before anything else is; the key alone is a name too.
    room = _LONGEST_SOCKET - len(os.fsencode(state / key / _LONGEST_NAME)) - 1
    name = re.sub(r"[^A-Za-z0-9._-]", "_", path.name)[: max(0, min(room, _LONGEST_PROJECT))]
    return state / (f"{name}-{key}" if name else key)


def state_folder() -> Path:
    """Where this user's state is kept; root's server runs as nobody, who does not get to root's home."""
    state = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):  # noqa: PTH117
        state = "/var/lib" if os.geteuid() == 0 else os.path.expanduser("~/.local/state")  # noqa: PTH111
    return Path(state, "tenantstore")


class Development:
    """The server of a folder, which need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder: Path = folder.resolve()
        self.data: Path = self.folder / "data"
        self.log: Path = self.folder / "log"

    @property
    def pid(self) -> int | None:
        """The server's process; None while it is down."""
        return server_pid(self.data)

    @property
    def kept(self) -> Kept | None:
        """None where there was never a server."""
        with suppress(OSError, ValueError, TypeError):
            return Kept(**json.loads((self.folder / "server.json").read_text()))
        return None

    def server(self) -> Server | None:
        """The server as its superuser, over its socket; None while it is down."""
        kept, pid = self.kept, self.pid
        if kept is None or pid is None:
            return None
        parameters = {"host": str(self.folder / "socket"), "port": str(kept.port or SOCKET_PORT), "user": "postgres"}
        return Server(kept.provider, kept.version, parameters, Shared(pid, self.data))

    def up(self, port: int | None = None) -> Server:
        """Start it, if it is down. With a port it listens there on 127.0.0.1 too, from then on.

        :raises Misconfigured: when the folder cannot be used, or the server is up without that port.
        :raises NoProvider: when there are no programs for the data that is there.
        :raises ServerFailed: when it does not start.
        """
        self._make()
        with self._alone():
            # The folder may lie in a checkout, and what it holds is nobody's to commit.
            (self.folder / ".gitignore").write_text("*\n")
            kept = self.kept
            if kept is None:
                # Somebody has removed what was known of it.
                end_server(self.data, _STOP_SIGNALS, _STOP_SECONDS)
            if self.pid is None:
                self._start(kept, port)
            elif kept is not None and port not in (None, kept.port):
                now = f"on port {kept.port}" if kept.port else "on its socket alone"
                raise Misconfigured(f"the server is up already, {now}", "`tenantstore db down`, then up with --port.")
            server = self.server()
            if server is None:
                raise ServerFailed("postgres ended as soon as it was up", self._log_end())
            return server

    def down(self) -> bool:
        """Stop it, if it is up; whether it was.

        :raises ServerFailed: when it does not end.
        """
        if not self.data.exists():
            return False
        with self._alone():
            if self.pid is None:
                return False
            end_server(self.data, _STOP_SIGNALS, _STOP_SECONDS)
            if server_pid(self.data) is not None:
                raise ServerFailed("postgres does not end", self._log_end())
            return True

    def prepare(self, server: Server, migrations: Sequence[str], report: Callable[[Any], None]) -> "Prepared":
        """Have the database, migrated by these folders in turn (``tenantstore`` for ours), and the role.

        :raises MigrationError: when a migration fails.
        :raises BypassesIsolation: when the role has become one whom row-level security does not hold.
        """
        from tenantstore import migrate
        from tenantstore.migrate.files import load

        done: list[migrate.Done] = []
        with self._alone():
            if not server.connection().execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
                server.create_database(DATABASE)
            folders = project.each_of(migrations)
            for folder in folders:
                # Before the first is applied: a fault in a later one stops them all.
                load(folder.path)
            for folder in folders:
                options = migrate.Options(table=folder.table, report=report)
                done += migrate.up(server.dsn(DATABASE), folder.path, options=options)
            with server.admin(DATABASE) as inside:
                tables = tables_by_owner(inside)
            role = ready_role(self._with_secret(server), LOGIN, tables)
        kept = self.kept
        if kept is None or kept.port is None:
            return Prepared(done, server.dsn(DATABASE, LOGIN))
        return Prepared(done, f"postgresql://{LOGIN}:{role.password}@127.0.0.1:{kept.port}/{DATABASE}")

    def _with_secret(self, server: Server) -> Server:
        """The same, which gives roles that it makes a password."""
        assert self.kept is not None
        parameters = {**server.parameters, "password": self.kept.secret}
        return Server(server.provider, server.version, parameters, Shared(server.pid, server.data))

    def _make(self) -> None:
        """Have the folder, which others cannot write to, and which the server's user gets through.

        :raises Misconfigured: when it is no place for a server.
        """
        if unfit := _UNFIT.search(str(self.folder)):
            problem = f"{one_line(str(self.folder))}: {unfit[0]!r} cannot be in the path of a server"
            raise Misconfigured(problem, "Name another: --dir FOLDER.")
        socket = self.folder / _LONGEST_NAME
        if len(os.fsencode(socket)) > _LONGEST_SOCKET:
            problem = f"{self.folder}: too long a path for a socket, of at most {_LONGEST_SOCKET} bytes"
            raise Misconfigured(problem, "Name a shorter one: --dir FOLDER.")
        if self.folder.exists() and not self.folder.is_dir():
            raise Misconfigured(f"{self.folder}: not a folder", "Name another: --dir FOLDER.")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = {each.name for each in self.folder.iterdir()}
        if found and "lock" not in found:
            raise Misconfigured(f"{self.folder}: not a folder of `tenantstore db`, and not empty", "Name another.")
        if self.folder.stat().st_uid != os.geteuid():
            raise Misconfigured(f"{self.folder}: another user's", "Name one of your own: --dir FOLDER.")
        if account()[0] != os.geteuid():
            self.folder.chmod(0o711)
            if not lets_in(self.folder):
                problem = f"{self.folder}: root's server runs as nobody, who does not get there"
                raise Misconfigured(problem, "Name a folder that lies open, or leave --dir out: /var/lib is used then.")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let nobody else start or stop it."""
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self, kept: Kept | None, port: int | None) -> None:
        has_data = (self.data / "PG_VERSION").exists()
        version = self._version() if has_data else None
        try:
            provider, programs = find_programs(version)
        except NoProvider as error:
            if has_data:
                error.add_note(f"The data in {self.data} is of PostgreSQL {version}, and no other version can read it.")
            raise
        if not has_data:
            self._fill(programs)
        secret = kept.secret if kept else secrets.token_urlsafe(24)
        now = Kept(provider, programs.version, str(programs.folder), port or (kept.port if kept else None), secret)
        self._clear()
        # Before the server is up: whoever interrupts this leaves one of which all is known.
        self._keep(now)
        try:
            self._run(programs, now.port)
        except ServerFailed:
            # A port that is taken must not be tried for ever.
            if kept is not None:
                self._keep(kept)
            elif port is not None:
                self._keep(replace(now, port=None))
            raise

    def _version(self) -> int:
        file = self.data / "PG_VERSION"
        try:
            return int(file.read_text())
        except ValueError:
            advice = f"Restore {self.data}, or name another folder: --dir FOLDER."
            raise Misconfigured(f"{file}: does not say of which PostgreSQL the data is", advice) from None

    def _keep(self, kept: Kept) -> None:
        """Write it down, for this user alone to read."""
        writing = self.folder / "writing"
        writing.unlink(missing_ok=True)
        descriptor = os.open(writing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(kept), file)
        writing.replace(self.folder / "server.json")

    def _fill(self, programs: Binaries) -> None:
        """A new cluster: whole, or not at all."""
        new = self.folder / "new"
        for fresh in (False, True):
            shutil.rmtree(new, ignore_errors=True)
            self._own(new)
            try:
                fill(new, programs, fresh)
                break
            except ServerFailed:
                # The cached one may be damaged: once more, anew.
                if fresh:
                    raise
        new.rename(self.data)

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        os.chown(folder, *account())

    def _clear(self) -> None:
        """Remove what a killed server has its number in, which may be another process's by now, or still that one's.

        :raises ServerFailed: while processes of that server are at the data.
        """
        if not is_left_alone(self.data):
            raise ServerFailed("the server was killed, and processes of it are left", "wait until they have ended")
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        shutil.rmtree(self.folder / "socket", ignore_errors=True)
        self._own(self.folder / "socket")

    def _run(self, programs: Binaries, port: int | None) -> None:
        if not self.log.exists():
            self.log.touch(mode=0o600)
            os.chown(self.log, *account())
        settings = {
            "unix_socket_directories": '"' + str(self.folder / "socket").replace('"', '""') + '"',
            "listen_addresses": "127.0.0.1" if port else "",
            "port": str(port or SOCKET_PORT),
        }
        options = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
        said_before = self.log.stat().st_size
        start = (f"{programs.folder}/pg_ctl", "start", "-s", "-w", "-t", f"{START_SECONDS:g}")
        try:
            run(*start, "-D", str(self.data), "-l", str(self.log), "-o", options)
        except ServerFailed:
            raise ServerFailed("postgres does not start", self._log_end(said_before)) from None

    def _log_end(self, since: int = 0) -> str:
        """Its last lines, of those after so many bytes."""
        with suppress(OSError):
            said = self.log.read_bytes()[since:].decode(errors="replace")
            return "\n".join(said.splitlines()[-_LOG_LINES:])
        return ""
