"""Whether a database keeps customers apart: its roles, grants, policies and guards, compared with the model.

Reads catalogs only, in one snapshot, and changes nothing. To be run as the role that a service logs in with: that this
role may do nothing by itself is part of what is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tenantstore.checking import grants, policies, programs, roles, server, tables, views
from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.others import Other, judge_policies, others
from tenantstore.checking.tenancy import TenantModel
from tenantstore.migrate.connect import connect

_NOT_MIGRATED = Finding(
    "not-migrated",
    "database",
    "has no table device_shares where this role looks",
    "tenantstore migrate up; or, where all is in another schema, options=-csearch_path=… in the DSN,"
    " and GRANT USAGE ON SCHEMA … to this role.",
)
_ABSENT = ("table-missing", "view-missing")


@dataclass(frozen=True, slots=True)
class Examination:
    """``findings`` is what is not as it should be, ``others`` the tables of a service that were come upon."""

    findings: Sequence[Finding]
    others: Sequence[Other] = ()


def examine(dsn: str = "", model: TenantModel | None = None) -> list[Finding]:
    """What is not as the model says; an empty list when all is well.

    ``model`` is a service's own, for the tables that it has beside ours. Without it only what is wrong with those
    whosever their rows are is found: row-level security, grants to others, policies that are the same for every
    customer. That the other policies keep to a customer's own rows is proven with a model alone.

    :raises MigrationError: ``Unreachable`` without a server, ``Misconfigured`` when it refuses whom the DSN names.
    """
    return list(examination(dsn, model).findings)


def examination(dsn: str, model: TenantModel | None) -> Examination:
    """The same, and what there was to look at."""
    with connect(dsn) as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SELECT set_config('application_name', 'tenantstore doctor', true)")
        if not _settle(connection):
            return Examination([_NOT_MIGRATED])
        beside = others(connection, model)
        found = [
            *server.judge(connection),
            *roles.judge(connection),
            *roles.judge_logins(connection, beside),
            *tables.judge(connection, beside),
            *policies.judge(connection, beside),
            *judge_policies(connection, beside, model),
            *grants.judge(connection, beside),
            *views.judge(connection, beside),
            *programs.judge_functions(connection),
            *programs.judge_triggers(connection),
            *programs.judge_constraints(connection),
        ]
        return Examination(_without_consequences(found), beside)


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
