"""A database to try migrations on: made when it is wanted, gone when it is not, whatever happened on it.

Roles are the cluster's, and a down file may drop one that others rely on. The scratch database therefore grants
something to every role that was there before, and the server refuses to drop those. Roles that a file makes stay on the
server that was named, as they would after a real run.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from tenantstore.migrate import run
from tenantstore.migrate.catalogs import OWN_SCHEMA
from tenantstore.migrate.connect import connect
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.session import Options, unbroken

# Of a scratch database there is nothing to go on with; `up` or `down` would be somebody's real one.
AGAIN = "run the same command again"

_ROLES = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user ORDER BY rolname"
_CREATEDB = "The role that --scratch-dsn names needs CREATEDB; without --scratch-dsn a server of its own is launched."


@contextmanager
def scratch(dsn: str = "", base: Path | Sequence[Path] | None = None) -> Iterator[str]:
    """The DSN of a new database on the server of ``dsn``, or on one that is launched and ended with the block.

    It is empty, or stands at the newest version of the folder ``base``, or of several in turn.

    :raises MigrationError: when a file of ``base`` fails.
    :raises Misconfigured: when the role may not make a database, or no server can be launched.
    :raises Unreachable: when there is no connection.
    """
    if not dsn:
        with _launched() as own, scratch(own, base) as made:
            yield made
        return
    name = f"tenantstore_scratch_{secrets.token_hex(6)}"
    try:
        _create(dsn, name)
        made = make_conninfo(dsn, dbname=name)
        with connect(made) as connection:
            connection.execute(SQL("CREATE SCHEMA {}").format(Identifier(OWN_SCHEMA)))
        for number, folder in enumerate([base] if isinstance(base, Path) else base or ()):
            run.up(made, folder, options=Options(table=f"{OWN_SCHEMA}.base_{number}", again=AGAIN))
        yield made
    finally:
        _drop(dsn, name)


def _create(dsn: str, name: str) -> None:
    with connect(dsn) as admin, unbroken(admin, "the scratch database"):
        try:
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        except psycopg.errors.InsufficientPrivilege as error:
            raise Misconfigured(f"the scratch database: {error.diag.message_primary}", _CREATEDB) from None
        roles = [Identifier(role) for (role,) in admin.execute(_ROLES).fetchall()]
        if roles:
            admin.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(name), SQL(", ").join(roles)))


def _drop(dsn: str, name: str) -> None:
    # On a connection of its own: the other may have been broken off in the middle of a query.
    with connect(dsn) as admin, unbroken(admin, "the scratch database"):
        admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def _launched() -> Iterator[str]:
    from tenantstore.testing import NoProvider, launch

    try:
        server = launch()
    except NoProvider as error:
        raise Misconfigured(f"no server for the scratch database\n{error}", "--scratch-dsn names one.") from None
    with server:
        yield server.dsn()
