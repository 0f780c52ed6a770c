"""Whether a database keeps customers apart: its roles, grants, policies and guards, compared with the model.

Reads catalogs only, in one snapshot, and changes nothing. To be run as the role that a service logs in with: that this
role may do nothing by itself is part of what is asked.
"""

from tenantstore.checking import grants, policies, programs, roles, server, tables, views
from tenantstore.checking.finding import Finding, Look
from tenantstore.migrate.connect import connect

_CHECKS = (
    server.judge,
    roles.judge,
    roles.judge_logins,
    tables.judge,
    policies.judge,
    grants.judge,
    views.judge,
    programs.judge_functions,
    programs.judge_triggers,
    programs.judge_constraints,
)
_ABSENT = ("table-missing", "view-missing")


def examine(dsn: str = "") -> list[Finding]:
    """What is not as the model says; an empty list when all is well.

    :raises MigrationError: ``Unreachable`` without a server, ``Misconfigured`` when it refuses whom the DSN names.
    """
    with connect(dsn) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SELECT set_config('application_name', 'tenantstore doctor', true)")
        if not _settle(connection):
            return [
                Finding(
                    "not-migrated",
                    "database",
                    "has no table device_shares where this role looks",
                    "tenantstore migrate up; or, where all is in another schema, options=-csearch_path=… in the DSN,"
                    " and GRANT USAGE ON SCHEMA … to this role.",
                )
            ]
        return _without_consequences([finding for judge in _CHECKS for finding in judge(connection)])


def _without_consequences(findings: list[Finding]) -> list[Finding]:
    """Of a table that is not there only that: its policies and grants are not there either."""
    missing = {each.object for each in findings if each.code in _ABSENT}
    return [each for each in findings if each.code in _ABSENT or each.object.rpartition(" on ")[2] not in missing]


def _settle(connection: Look) -> bool:
    """Look at the schema in which the tables are, so that names within it are printed without it."""
    row = connection.execute(
        """
        SELECT set_config('search_path', quote_ident(n.nspname), true)
        FROM pg_catalog.pg_class AS c
        INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = to_regclass('device_shares')
        """
    ).fetchone()
    return row is not None
