"""The role that tests log in with: made where it is not there, refused where row-level security does not hold it."""

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenantstore.testing.errors import BypassesIsolation

if TYPE_CHECKING:
    import psycopg

    from tenantstore.testing.server import Server

_MEMBERS = ("tenantstore_tenant", "tenantstore_operator")
_OURS = "made by tenantstore.testing, with a password that only its server's administrator can work out"

_FIND = "SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = %s"
_LACKING = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT pg_has_role(%s, oid, 'MEMBER')"
# Ownership is in a catalog that all databases share, so nobody need connect to the template, which would delay copies.
_POWERS = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls, array_agg(d.objid) FILTER (WHERE d.objid IS NOT NULL)
FROM pg_roles AS r
LEFT JOIN pg_shdepend AS d
    ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
    AND d.classid = 'pg_class'::regclass AND d.deptype = 'o'
    AND d.dbid = (SELECT oid FROM pg_database WHERE datname = %(database)s)
WHERE pg_has_role(%(role)s, r.oid, 'MEMBER')
GROUP BY r.oid, r.rolname, r.rolsuper, r.rolbypassrls
HAVING r.rolsuper OR r.rolbypassrls OR count(d.objid) > 0
ORDER BY r.rolname <> %(role)s, r.rolname
"""
_TABLES = "SELECT oid::regclass::text FROM pg_class WHERE oid = ANY(%s) AND relkind IN ('r', 'p') ORDER BY 1"


@dataclass(frozen=True, slots=True)
class Role:
    """A role that may log in. ``password`` is None where the server wants none, or only its administrator knows it."""

    name: str
    password: str | None


def ready_role(server: "Server", admin: "psycopg.Connection[Any]", name: str, database: str) -> Role:
    """Have the role, as a service's should be: a member of both roles that by itself may do nothing.

    :raises BypassesIsolation: when row-level security does not hold it in ``database``.
    """
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
    _refuse(server, admin, name, database)
    return Role(name, password)


def _create(admin: "psycopg.Connection[Any]", name: str, password: str | None) -> None:
    from psycopg.sql import SQL, Identifier, Literal

    with_password = SQL("PASSWORD {}").format(Literal(password)) if password else SQL("")
    admin.execute(SQL("CREATE ROLE {} LOGIN NOINHERIT {}").format(Identifier(name), with_password))
    admin.execute(SQL("COMMENT ON ROLE {} IS {}").format(Identifier(name), Literal(_OURS)))


def _grant(admin: "psycopg.Connection[Any]", name: str) -> None:
    from psycopg.sql import SQL, Identifier

    for (role,) in admin.execute(_LACKING, [list(_MEMBERS), name]).fetchall():
        admin.execute(SQL("GRANT {} TO {}").format(Identifier(role), Identifier(name)))


def _refuse(server: "Server", admin: "psycopg.Connection[Any]", name: str, database: str) -> None:
    for held, is_super, bypasses, owned in admin.execute(_POWERS, {"role": name, "database": database}).fetchall():
        if is_super:
            power, fix = "a superuser", f"ALTER ROLE {held} NOSUPERUSER"
        elif bypasses:
            power, fix = "BYPASSRLS", f"ALTER ROLE {held} NOBYPASSRLS"
        else:
            tables = _tables(server, database, owned)
            if not tables:
                continue
            power, fix = f"the owner of {', '.join(tables)}", f"let another role run the migrations than {held}"
        by = "it is" if held == name else f"it is a member of {held}, which is"
        raise BypassesIsolation(name, f"{by} {power}", fix if held == name else f"REVOKE {held} FROM {name}")


def _tables(server: "Server", database: str, owned: list[int]) -> list[str]:
    with server.admin(database) as inside:
        return [table for (table,) in inside.execute(_TABLES, [owned]).fetchall()]
