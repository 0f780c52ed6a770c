"""A customer's scope with both barriers, with either one alone, and with none.

Nothing that is run here stays: a statement that may write is rolled back.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier

from tenantstore import Statement, Store
from tenantstore.store import Scope
from tenantstore.store.identity import Tenant
from tenantstore.store.wire import Command

BYPASS = "tenantstore_isolation_bypass"
"""The role of the statement alone: no policy and no grant holds it back."""

_ENTER = (
    f"SELECT set_config('role', '{BYPASS}', true), "
    "set_config('tenantstore.customer_id', tenantstore_active_customer($1, $2)::text, true)"
)


class Bypassing(Tenant):
    """The statement alone: the database holds nothing back."""

    prefix = b"bypassing_"

    def enter(self, writes: bool) -> Command:
        return super().enter(writes)._replace(sql=_ENTER, name=b"enter_bypassing")


class Careless(Tenant):
    """The database alone: whatever is asked is sent, an operator's query or another customer's."""

    def admit(self, statement: Statement[Any]) -> None:
        """Let everything pass."""


class Unbarred(Careless, Bypassing):
    """Nothing holds anything back."""


Run: TypeAlias = Callable[[Store, UUID, Statement[Any]], Any]


def run_as(identity: type[Tenant]) -> Run:
    """What runs a statement for a customer of this kind, and leaves no trace."""

    def run(store: Store, customer_id: UUID, statement: Statement[Any]) -> Any:
        return undone(Scope(store._core, identity(customer_id)), statement)

    return run


MODES: Mapping[str, Run] = {
    "both barriers": run_as(Tenant),
    "the statement alone": run_as(Bypassing),
    "the database alone": run_as(Careless),
    "no barrier": run_as(Unbarred),
}


def make_bypass_role(admin: psycopg.Connection[Any], *members: str) -> None:
    """Make the role of the statement alone on a server, if it is not there; ``members`` may enter it.

    It takes a superuser, and one is a member of every role already.
    """
    if not admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [BYPASS]).rowcount:
        roles = SQL(", ").join(map(Identifier, ("tenantstore_operator", "pg_read_all_data", "pg_write_all_data")))
        # Another process of the same run may be quicker.
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            admin.execute(SQL("CREATE ROLE {} NOLOGIN BYPASSRLS IN ROLE {}").format(Identifier(BYPASS), roles))
    for member in members:
        admin.execute(SQL("GRANT {} TO {}").format(Identifier(BYPASS), Identifier(member)))


class _Undo(Exception):
    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def undone(scope: Scope, statement: Statement[Any]) -> Any:
    """The statement's result; what it changed is rolled back."""
    if not statement.query.may_write:
        return scope.run(statement)
    statement.hand_over()
    try:
        with scope.transaction() as transaction:
            raise _Undo(transaction.run(statement))
    except _Undo as undo:
        return undo.result
