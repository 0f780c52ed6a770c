"""The role that tests log in with: made where it is not there, refused where row-level security does not hold it."""

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tenantstore.testing.errors import BypassesIsolation, ServerFailed

if TYPE_CHECKING:
    import psycopg

    from tenantstore.testing.server import Server

_MEMBERS = ("tenantstore_tenant", "tenantstore_operator")
_OURS = "made by tenantstore.testing, with a password that only its server's administrator can work out"

_FIND = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s"
_LACKING = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT pg_has_role(%s, oid, 'MEMBER')"
_POWERS = """
SELECT rolname, rolsuper, rolbypassrls
FROM pg_roles
WHERE pg_has_role(%(role)s, oid, 'MEMBER') AND (rolsuper OR rolbypassrls OR rolname = ANY(%(owners)s))
ORDER BY rolname <> %(role)s, rolname
"""
_TABLES = """
SELECT relowner::regrole::text, array_agg(oid::regclass::text ORDER BY oid::regclass::text)
FROM pg_class
WHERE relkind IN ('r', 'p') AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
GROUP BY relowner
"""


class Role(NamedTuple):
    """A role that may log in. ``password`` is None where the server wants none, or only its administrator knows it."""

    name: str
    password: str | None


def tables_by_owner(connection: "psycopg.Connection[Any]") -> dict[str, list[str]]:
    """The names of the tables in a connection's database that belong to each role."""
    return dict(connection.execute(_TABLES).fetchall())


def ready_role(server: "Server", name: str, tables: Mapping[str, list[str]]) -> Role:
    """Have the role, as a service's should be: a member of both roles that by itself may do nothing.

    :raises BypassesIsolation: when row-level security does not hold it where the ``tables`` have these owners.
    :raises ServerFailed: when it was there, and cannot log in.
    """
    admin = server.connection()
    # Two workers, or runs, may find at the same moment that it is not there.
    admin.execute("SELECT pg_advisory_lock(hashtextextended(%s, 1))", [name])
    try:
        found = admin.execute(_FIND, [name]).fetchone()
        secret = server.parameters.get("password")
        password = hmac.new(secret.encode(), name.encode(), "sha256").hexdigest() if secret else None
        if found is None:
            _create(admin, name, password)
        elif found[0] != _OURS:
            password = None
        if found is None or found[0] == _OURS:
            _grant(admin, name)
    finally:
        admin.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 1))", [name])
    _refuse(admin, name, tables)
    if found is not None and found[0] != _OURS:
        _let_in(server, name)
    return Role(name, password)


def _let_in(server: "Server", name: str) -> None:
    """Log in once as a role that somebody else made, rather than fail in each test."""
    import psycopg

    try:
        psycopg.connect(server.dsn(server.connection().info.dbname, name), connect_timeout=10).close()
    except psycopg.OperationalError as error:
        raise ServerFailed(f"the role {name} (ts_role) cannot log in", str(error)) from None


def _create(admin: "psycopg.Connection[Any]", name: str, password: str | None) -> None:
    from psycopg.sql import SQL, Identifier, Literal

    with_password = SQL("PASSWORD {}").format(Literal(password)) if password else SQL("")
    admin.execute(SQL("CREATE ROLE {} LOGIN NOINHERIT {}").format(Identifier(name), with_password))
    admin.execute(SQL("COMMENT ON ROLE {} IS {}").format(Identifier(name), Literal(_OURS)))
    if admin.info.parameter_status("is_superuser") != "on":
        # Who is no superuser must be a member to end what a test has left connected.
        admin.execute(SQL("GRANT {} TO CURRENT_USER").format(Identifier(name)))


def _grant(admin: "psycopg.Connection[Any]", name: str) -> None:
    from psycopg.sql import SQL, Identifier

    for (role,) in admin.execute(_LACKING, [list(_MEMBERS), name]).fetchall():
        admin.execute(SQL("GRANT {} TO {}").format(Identifier(role), Identifier(name)))


def _refuse(admin: "psycopg.Connection[Any]", name: str, tables: Mapping[str, list[str]]) -> None:
    found = admin.execute(_POWERS, {"role": name, "owners": list(tables)}).fetchall()
    for held, is_super, bypasses in found:
        if is_super:
            power, fix = "a superuser", f"ALTER ROLE {held} NOSUPERUSER"
        elif bypasses:
            power, fix = "BYPASSRLS", f"ALTER ROLE {held} NOBYPASSRLS"
        else:
            power = f"the owner of {', '.join(tables[held])}"
            fix = f"let another role run the migrations than {held}"
        by = "it is" if held == name else f"it is a member of {held}, which is"
        raise BypassesIsolation(name, f"{by} {power}", fix if held == name else f"REVOKE {held} FROM {name}")
