"""Whether a role may run a query at all: the server checks privileges when a plan is made ready, before any row."""

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from tenantstore.queries import Query

_NAME = "tenantstore_grants"


def denied(connection: Connection[Any], role: str, queries: Iterable[Query[Any]]) -> dict[str, str]:
    """By name, why the role may not run a query. Queries that are refused for another reason are left out."""
    found = {}
    for query in queries:
        nulls = (
            SQL("({})").format(SQL(", ").join(SQL("NULL") for _ in query.parameters)) if query.parameters else SQL("")
        )
        try:
            with connection.transaction(force_rollback=True):
                connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
                connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))
                connection.pgconn.prepare(_NAME.encode(), query.sql.encode())
                connection.execute(SQL("EXPLAIN EXECUTE {} {}").format(Identifier(_NAME), nulls))
        except psycopg.errors.InsufficientPrivilege as error:
            found[query.name] = error.diag.message_primary or str(error)
        except psycopg.Error:
            continue
        finally:
            connection.execute("DEALLOCATE ALL")
    return found
