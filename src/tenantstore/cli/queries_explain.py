"""The plan of a query as a customer, or the operator, would have it run: in their scope, by the store's own way in."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg

from tenantstore import Store
from tenantstore.cli.queries_defaults import defaults
from tenantstore.migrate.connect import connect
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.shown import one_line, shown
from tenantstore.queries import Query, Shape
from tenantstore.queries import Scope as Whose
from tenantstore.queries.source import nearest

_PARAMETER = re.compile(r"(?:unnamed portal|portal \"[^\"]*\"(?: with)?) parameter \$(\d+)")


def explain(
    query: Query[Any], customer: str | None, settings: Sequence[str], analyze: bool, as_json: bool, dsn: str
) -> list[Any]:
    """The lines of the plan, or what ``FORMAT JSON`` gives; nothing that the query does, if it is run, stays.

    :raises Misconfigured: when customer or parameters are not those of the query, or the DSN is none.
    :raises Unreachable: when there is no connection.
    """
    customer_id = _customer(query, customer)
    parameters = _parameters(query, customer_id, settings)
    dsn = dsn or os.environ.get("TENANTSTORE_DSN", "")
    # It says better than a pool why there is no connection, and hides the password of the DSN.
    connect(dsn).close()
    explained = _explained(query, analyze, as_json)
    with Store.open(dsn, max_size=1) as store:
        scope = store.operator() if customer_id is None else store.tenant(customer_id)
        try:
            with scope.transaction() as transaction:
                raise _RolledBack(transaction.run(explained(**parameters)))
        except _RolledBack as done:
            return done.plan[0] if as_json else [shown(line) for line in done.plan]
        except psycopg.Error as error:
            # The server knows parameters by number.
            error.args = (_PARAMETER.sub(lambda found: f":{query.parameters[int(found[1]) - 1]}", str(error)),)
            raise


class _RolledBack(Exception):
    """Ends the transaction without a commit."""

    def __init__(self, plan: list[Any]) -> None:
        super().__init__()
        self.plan = plan


def _explained(query: Query[Any], analyze: bool, as_json: bool) -> Query[list[Any]]:
    """The same text behind EXPLAIN. It keeps its scope, and enters it as the query does: a write locks the customer."""
    options = [*(["ANALYZE", "BUFFERS"] if analyze else []), f"FORMAT {'JSON' if as_json else 'TEXT'}"]
    source = replace(query.source, sql=f"EXPLAIN ({', '.join(options)}) {query.source.sql}")
    return Query(source, Shape.MANY, list if as_json else str)


def _customer(query: Query[Any], customer: str | None) -> UUID | None:
    if query.scope is Whose.OPERATOR:
        if customer is not None:
            raise Misconfigured(
                f"{query.name} is the operator's: no customer runs it",
                "Leave --customer out; --set customer_id=… gives the parameter.",
            )
        return None
    if customer is None:
        raise Misconfigured(f"{query.name} is a customer's", "Say whose: --customer UUID.")
    try:
        return UUID(customer)
    except ValueError:
        raise Misconfigured(f"--customer {one_line(customer)!r} is no UUID") from None


def _parameters(query: Query[Any], customer_id: UUID | None, settings: Sequence[str]) -> dict[str, Any]:
    """By name, in the query's order. A text is sent without a type: the server reads it as the parameter's."""
    given: dict[str, Any] = {}
    for each in settings:
        name, has_value, value = each.removeprefix(":").partition("=")
        if name not in query.parameters:
            takes = ", ".join(query.parameters) or "none"
            hint = nearest(name, query.parameters)
            raise Misconfigured(f"{query.name} has no parameter :{one_line(name)}{hint}", f"It takes {takes}.")
        given[name] = value if has_value else None
    if customer_id is not None:
        if "customer_id" in given:
            raise Misconfigured("--customer is :customer_id already", "Leave --set customer_id=… out.")
        given["customer_id"] = customer_id
    given = {**defaults(query), **given}
    missing = [name for name in query.parameters if name not in given]
    if missing:
        needed = " ".join(f"--set {name}=…" for name in missing)
        raise Misconfigured(f"{query.name} needs :{', :'.join(missing)}", f"Add {needed}; a name alone is null.")
    return {name: given[name] for name in query.parameters}
