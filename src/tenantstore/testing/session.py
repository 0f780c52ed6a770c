"""What one process of a test run has: the server, the template on it, databases for its tests."""

import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tenantstore.testing import binaries
from tenantstore.testing.clones import Clones
from tenantstore.testing.home import Home
from tenantstore.testing.launcher import launch
from tenantstore.testing.roles import Role
from tenantstore.testing.server import Server
from tenantstore.testing.settings import Settings
from tenantstore.testing.template import Ready, Template

_KEPT = 10


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a test's own: DSNs as the application's role and as the owner."""

    name: str
    # In no repr, which pytest prints of a failed test's arguments: they may hold somebody's password.
    dsn: str = field(repr=False)
    admin_dsn: str = field(repr=False)


class Session:
    """The server and what is on it. ``process`` names this process within the run.

    :raises NoProvider: when there is no server.
    :raises MigrationError: when a migration fails.
    :raises BypassesIsolation: when row-level security does not hold the role.
    """

    def __init__(self, settings: Settings, home: Home, process: str) -> None:
        self._settings = settings
        self._kept = 0
        template = Template.of(settings)
        self.server: Server = _server(settings, home, template.read)
        try:
            self.template: Ready = template.ready(self.server)
            self._clones = Clones(self.server, self.template, home.name, process)
        except BaseException:
            self.server.close()
            raise

    @property
    def role(self) -> Role:
        return self.template.role

    def header(self) -> str:
        """What is running, in a line."""
        info = self.server.connection().info
        found, where = info.server_version, self.server.data or info.host
        template = self.template
        took = f"{'built' if template.was_built else 'found'} in {template.seconds * 1000:.0f} ms"
        return (
            f"tenantstore: PostgreSQL {found // 10000}.{found % 100} ({self.server.provider}) in {where}, "
            f"template {took}, role {self.role.name}"
        )

    def take(self) -> Database:
        """A database for one test."""
        name = self._clones.take()
        return Database(name, self._dsn(name), self.server.dsn(name))

    def drop(self, database: Database) -> None:
        self._clones.drop(database.name)

    def keep(self, database: Database) -> str:
        """Keep a database after the run, and say how to get at it; '' where it is not kept."""
        minutes = self._settings.keep_minutes
        if not minutes:
            return ""
        if self._kept == _KEPT:
            return f"its database is dropped: those of {_KEPT} failed tests are kept already"
        self._kept += 1
        self._clones.keep(database.name, minutes * 60)
        shown, until = dict(self.server.parameters), f"for {minutes:g} minutes after the run, or until the next one"
        if self.server.provider == "dsn":
            # Somebody's own password; a report may be read by others.
            shown.pop("password", None)
            until = f"until a run that comes {minutes:g} minutes later or more"
        server = Server(self.server.provider, self.server.version, shown)
        return f"its database is kept {until}:\n  {_psql()} {shlex.quote(server.dsn(database.name))}"

    def close(self) -> None:
        self._clones.close()
        self.server.close()

    def _dsn(self, name: str) -> str:
        from psycopg.conninfo import make_conninfo

        dsn = self.server.dsn(name, self.role.name)
        return make_conninfo(dsn, password=self.role.password) if self.role.password else dsn


def _server(settings: Settings, home: Home, meanwhile: Callable[[], object]) -> Server:
    if settings.starts_a_server:
        return home.server(settings, meanwhile)
    if settings.settings:
        raise ValueError("ts_settings are for a server that is started, and this one is there already")
    return launch("dsn")


def _psql() -> str:
    found = shutil.which("psql")
    own = [folder / "psql" for folder in binaries.embedded() if (folder / "psql").exists()]
    return found or str(next(iter(own), Path("psql")))
