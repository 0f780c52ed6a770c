"""A customer's scope with both barriers, with either one alone, and one that runs what nobody should ask for."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, LiteralString

from tenantstore import Store
from tenantstore.queries import Query, Shape, Statement
from tenantstore.store import Scope
from tenantstore.store.identity import Tenant
from tenantstore.store.wire import Command
from tests.isolation.world import Connection, Person

BYPASS: LiteralString = "tenantstore_test_bypass"
_ENTER = (
    f"SELECT set_config('role', '{BYPASS}', true), "
    "set_config('tenantstore.customer_id', tenantstore_active_customer($1, $2)::text, true)"
)


class Bypassing(Tenant):
    """Barrier 1 alone: the same statements, by a role that no policy and no grant holds back."""

    prefix = b"bypassing_"

    def enter(self, writes: bool) -> Command:
        return super().enter(writes)._replace(sql=_ENTER, name=b"enter_bypassing")


class Careless(Tenant):
    """A scope that runs whatever it is given, an operator's query or another customer's: the database is to refuse."""

    def admit(self, statement: Statement[Any]) -> None:
        """Let everything pass."""


class Unbarred(Careless, Bypassing):
    """No barrier at all."""


Run = Callable[[Store, Person, Statement[Any]], Any]


def both(store: Store, person: Person, statement: Statement[Any]) -> Any:
    """The result under both barriers."""
    return _undone(Scope(store._core, Tenant(person.id)), statement)


def first_alone(store: Store, person: Person, statement: Statement[Any]) -> Any:
    """The result with the database's barrier out of the way."""
    return _undone(Scope(store._core, Bypassing(person.id)), statement)


def second_alone(store: Store, person: Person, statement: Statement[Any]) -> Any:
    """The rows that come back when the statement names no tenant any more."""
    statement.hand_over()
    return _undone(Scope(store._core, Careless(person.id)), bare(statement.query)(**statement.parameters))


def careless(store: Store, person: Person, statement: Statement[Any]) -> Any:
    """The result of whatever it is, asked of the database in the person's name."""
    return _undone(Scope(store._core, Careless(person.id)), statement)


def neither(store: Store, person: Person, statement: Statement[Any]) -> Any:
    """The rows that come back when nothing is in the way: what an engine must find fault with."""
    statement.hand_over()
    return _undone(Scope(store._core, Unbarred(person.id)), bare(statement.query)(**statement.parameters))


MODES: dict[str, Run] = {"both": both, "barrier 1 alone": first_alone, "barrier 2 alone": second_alone}


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


def make_bypass_role(admin: Connection) -> None:
    """The role of barrier 1 alone, which ``app`` may enter."""
    if not admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [BYPASS]).rowcount:
        admin.execute(f"CREATE ROLE {BYPASS} NOLOGIN BYPASSRLS IN ROLE tenantstore_operator")
        admin.execute(f"GRANT {BYPASS} TO app")


class _Undo(Exception):
    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def _undone(scope: Scope, statement: Statement[Any]) -> Any:
    statement.hand_over()
    if not statement.query.writes:
        return scope.run(statement)
    try:
        with scope.transaction() as transaction:
            raise _Undo(transaction.run(statement))
    except _Undo as undo:
        return undo.result
