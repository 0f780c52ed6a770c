"""A customer's scope with both barriers, with either one alone, and with neither, whatever stands in the statement.

Each function of the first barrier alone is :mod:`tenantstore.testing.isolation.modes`'s; the second is alone where the
statement names no tenant any more.
"""

import re
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from tenantstore import Store
from tenantstore.queries import Query, Shape, Statement
from tenantstore.store.identity import Tenant
from tenantstore.testing.isolation.modes import Bypassing, Careless, Run, Unbarred, run_as

careless = run_as(Careless)
_unbarred = run_as(Unbarred)


def second_alone(store: Store, customer_id: UUID, statement: Statement[Any]) -> Any:
    """The rows that come back when the statement names no tenant any more."""
    statement.hand_over()
    return careless(store, customer_id, bare(statement.query)(**statement.parameters))


def neither(store: Store, customer_id: UUID, statement: Statement[Any]) -> Any:
    """The rows that come back when nothing is in the way: what an engine must find fault with."""
    statement.hand_over()
    return _unbarred(store, customer_id, bare(statement.query)(**statement.parameters))


MODES: dict[str, Run] = {
    "both": run_as(Tenant),
    "barrier 1 alone": run_as(Bypassing),
    "barrier 2 alone": second_alone,
}


@cache
def bare(query: Query[Any]) -> Query[Any]:
    """The query without anything that says whose rows it wants, and by which permission. It gives a list."""
    if "customer_id" not in query.parameters:
        return query
    me = rf"\${query.parameters.index('customer_id') + 1}\b"
    sql = re.sub(rf"\b\w+\.(?:customer_id|owner_id|shared_with|id) = ({me})", r"(\1::uuid IS NOT NULL)", query.sql)
    sql = re.sub(r"\bAND (?:NOT )?\w+\.(?:can_\w+|suspended)\b", "AND true", sql)
    sql = re.sub(r"(\$\d+) = 'rotate_ip'", r"\1::text IS NOT NULL", sql)
    assert sql != query.sql, f"{query.name}: nothing was taken out"
    assert not re.search(rf"[=<>] *{me}", sql), f"{query.name}: a predicate is left"
    return Query(replace(query.source, sql=sql), Shape.MANY, query.record)
