"""The migrated database that every test gets a copy of, and the role that tests log in with.

It is named by the hash of what it is made of, so it is built once and found by everybody else: by the workers of a run,
by the next run on the same server, by the next run on a copy of the same data.
"""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tenantstore import __version__
from tenantstore.resources import OURS, folder
from tenantstore.testing.roles import Role, ready_role, tables_by_owner

if TYPE_CHECKING:
    import psycopg

    from tenantstore.testing.server import Server
    from tenantstore.testing.settings import Settings

_FIND = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
_OLDER = (
    "SELECT datname FROM pg_database WHERE datname LIKE 'ts\\_template\\_%%' AND datname <> %s"
    " AND split_part(shobj_description(oid, 'pg_database'), E'\\n', 1) = %s"
)
# What ALTER DATABASE … SET, and ALTER ROLE … IN DATABASE … SET, have left: a copy of the database does not have it.
_SETTINGS = (
    "SELECT coalesce((SELECT rolname FROM pg_roles WHERE oid = s.setrole), ''), s.setconfig"
    " FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase WHERE d.datname = %s"
)

# What a template's comment says, in lines. Those that say something else have other names.
_NOTES = ("what it is for", "its tables by their owners, JSON")

_LOCK = "SELECT pg_advisory_lock(hashtextextended(%s, 0))"
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_SHARE_LOCK = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 0))"
_UNLOCK = "SELECT pg_advisory_unlock(hashtextextended(%s, 0))"


class Ready(NamedTuple):
    """A template that is there: its name, the role, whether it had to be built, how long that or the look took.

    ``settings`` are its own, (role or '', ["name=value", …]).
    """

    name: str
    role: Role
    was_built: bool
    seconds: float
    settings: list[tuple[str, list[str]]]


class Template:
    """What a template is made of: migrations in the order in which they are applied, and the tests' role.

    A folder that is ``tenantstore`` stands for this library's own migrations.
    """

    def __init__(self, migrations: Sequence[str], role: str, settings: Sequence[tuple[str, str]] = ()) -> None:
        self._named = migrations
        self._folders: list[Path | None] = [None if each == OURS else Path(each) for each in migrations]
        self.role = role
        self._for = f"tests: {', '.join(migrations)}"
        told = hashlib.sha256(repr((__version__, _NOTES, role, sorted(settings))).encode())
        for each in self._folders:
            for path in sorted((each or folder("migrations")).glob("*.sql")):
                told.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        #: The same on every server: what the data of a cluster with the template in it is kept by.
        self.seed: str = told.hexdigest()[:16]

    @classmethod
    def of(cls, settings: "Settings") -> "Template":
        """The template of runs with these settings."""
        return cls(settings.migrations, settings.role, list(settings.settings.items()))

    def read(self) -> None:
        """Read what it is made of, and import what builds it. Nobody needs to, but the server may be long in coming."""
        from tenantstore import migrate
        from tenantstore.migrate.errors import MigrationError

        for each in self._folders:
            # What is wrong with them is said where they are run.
            with suppress(MigrationError):
                migrate.check(each or folder("migrations"))
        _ = migrate.up, migrate.Options

    def ready(self, server: "Server") -> Ready:
        """Have the template and the role on the server. Others may do the same at the same time.

        As long as the server's connection lives, nobody takes this template for an old one.

        :raises MigrationError: when a migration fails.
        :raises BypassesIsolation: when the role is one whom row-level security does not hold.
        """
        start = time.perf_counter()
        admin = server.connection()
        name = f"ts_template_{hashlib.sha256(f'{self.seed} {server.version}'.encode()).hexdigest()[:16]}"
        notes, was_built = _notes(admin, name), False
        if notes is None:
            with _alone(admin, name):
                # Another may have built it meanwhile.
                notes = _notes(admin, name)
                if notes is None:
                    notes, was_built = self._build(server, name), True
        admin.execute(_SHARE_LOCK, [name])
        role = ready_role(server, self.role, json.loads(notes.split("\n")[1]))
        settings = admin.execute(_SETTINGS, [name]).fetchall()
        return Ready(name, role, was_built, time.perf_counter() - start, settings)

    def _build(self, server: "Server", name: str) -> str:
        from psycopg.sql import SQL, Identifier, Literal

        from tenantstore import migrate
        from tenantstore.migrate.project import histories

        admin, unfinished = server.connection(), f"{name}_unfinished"
        if _notes(admin, unfinished) is not None:
            server.drop_database(unfinished)
        server.create_database(unfinished)
        for each, table in zip(self._folders, histories(self._named), strict=True):
            migrate.up(server.dsn(unfinished), each, options=migrate.Options(table=table, again="run the tests again"))
        for (older,) in admin.execute(_OLDER, [name, self._for]).fetchall():
            # Whoever uses it holds the lock.
            if admin.execute(_TRY_LOCK, [older]).fetchone() == (True,):
                server.drop_database(older)
                admin.execute(_UNLOCK, [older])
        with server.admin(unfinished) as inside:
            notes = f"{self._for}\n{json.dumps(tables_by_owner(inside))}"
        server.wait_until_left(unfinished)
        # Only whole ones have the name.
        admin.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(unfinished), Literal(notes)))
        admin.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name)))
        return notes


def _notes(admin: "psycopg.Connection[Any]", name: str) -> str | None:
    """A database's comment, '' where it has none; None where there is no database of this name."""
    found = admin.execute(_FIND, [name]).fetchone()
    return found and (found[0] or "")


@contextmanager
def _alone(admin: "psycopg.Connection[Any]", name: str) -> Iterator[None]:
    """Let nobody else build the same."""
    admin.execute(_LOCK, [name])
    try:
        yield
    finally:
        admin.execute(_UNLOCK, [name])
