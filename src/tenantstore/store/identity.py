"""Who a scope acts as: what it admits, how it enters the database, and what of the server's errors it shows.

Nothing is ever set for the session: role and customer are set for the transaction, in the same round trip as the
statements. So a connection that no scope has claimed sees nothing, also behind a transaction-mode PgBouncer.
"""

from typing import Any
from uuid import UUID

from psycopg.errors import error_from_result
from psycopg.pq import DiagnosticField
from psycopg.pq.abc import PGresult

from tenantstore.errors import Conflict, CustomerNotActive, NotAllowed, NotFound
from tenantstore.queries import Scope, Statement
from tenantstore.store.wire import Command

ENTER_TO_WRITE = (
    "SELECT set_config('role', 'tenantstore_tenant', true), "
    "set_config('tenantstore.customer_id', tenantstore_active_customer($1, $2)::text, true)"
)
# The same for one who only reads, in half the time where the plan is kept, and in twice the time where it is not.
ENTER_TO_READ = (
    "SELECT set_config('role', 'tenantstore_tenant', true), "
    "set_config('tenantstore.customer_id', $1::uuid::text, true), "
    "CASE WHEN NOT EXISTS (SELECT FROM tenantstore_active_scope()) THEN tenantstore_active_customer($1, $2) END"
)
_ENTER_OPERATOR = Command(
    "SELECT set_config('role', 'tenantstore_operator', true)", {}, b"tenantstore_enter_operator", ()
)
# Raised by tenantstore_active_customer(), migration 014.
_CUSTOMER_NOT_ACTIVE = "TS001"
# What a row by itself may not hold. Which constraint refused it is not said: a trigger may have changed another's row.
_VALUE_REFUSED = {
    "23514": "a CHECK refuses a value; the server's log names the constraint",
    "23502": "null where a column takes none; the server's log names the column",
    "22001": "a text that is longer than its column takes",
    "22003": "a number out of the range that its column takes",
    "22P05": "a character that its column cannot hold",
}
# A deadlock, a serialization failure, a lock that was not to be had in time.
_LOCKS = ("40P01", "40001", "55P03")
_READ_ONLY = "25006"
# A function, a table or a privilege is missing; a role is.
_NOT_SET_UP = ("42", "22")


class Operator:
    """Sees and does everything; the server's errors reach it as they are."""

    name = "the operator"
    prefix = b"tenantstore_operator_"

    def admit(self, statement: Statement[Any]) -> None:
        """Every query is the operator's to run, a tenant's included, to act as them."""

    def enter(self, _writes: bool) -> Command:
        return _ENTER_OPERATOR

    def again(self, _writes: bool) -> list[Command]:
        """Nothing: the operator stays who they are until the transaction ends."""
        return []

    def error(self, query: str, result: PGresult, encoding: str) -> Exception:
        return _as_it_is(query, result, encoding)

    def entry_error(self, query: str, result: PGresult, encoding: str) -> Exception:
        return _not_entered(query, result, encoding)


class Tenant:
    """One customer. Admits only queries of scope tenant that name this very customer."""

    # Prepared apart for each role: a statement under row-level security is planned anew when the role has changed.
    prefix = b"tenantstore_tenant_"

    def __init__(self, customer_id: UUID, prepare: bool = True) -> None:
        if not isinstance(customer_id, UUID):
            raise TypeError(f"customer_id is a UUID, not {type(customer_id).__name__}")
        self.customer_id: UUID = customer_id
        self._prepare = prepare
        # Without hyphens: made for every scope, and str() takes several times as long.
        self._text = b"%032x" % customer_id.int

    @property
    def name(self) -> str:
        return f"customer {self.customer_id}"

    def admit(self, statement: Statement[Any]) -> None:
        """Refuse, before anything is sent, what is not this customer's to run.

        :raises NotAllowed: for a query of scope operator, or one that names another customer.
        """
        query = statement.query
        if query.scope is not Scope.TENANT:
            raise NotAllowed(query.name, "an operator's query in a customer's scope")
        named = statement.parameters["customer_id"]
        # What is sent is the text: a class of somebody's own may be equal and read otherwise.
        same = named is self.customer_id or named == self.customer_id
        if not same or (type(named) is not UUID and str(named) != str(self.customer_id)):
            raise NotAllowed(query.name, "a statement for another customer than the scope's")

    def enter(self, writes: bool) -> Command:
        if self._prepare and not writes:
            return Command(ENTER_TO_READ, {}, b"tenantstore_enter_to_read", (self._text, b"false"))
        # A write locks the customer's row, so that a suspension waits for it, or came first and is seen.
        return Command(ENTER_TO_WRITE, {}, b"tenantstore_enter_tenant", (self._text, b"true" if writes else b"false"))

    def again(self, writes: bool) -> list[Command]:
        """Before each statement of a transaction: one who was suspended meanwhile gets nothing more of it."""
        command = self.enter(writes)
        # Prepared apart, since here the role that it is planned for is the tenant's already.
        return [command._replace(name=command.name + b"_again")]

    def error(self, query: str, result: PGresult, encoding: str) -> Exception:
        """What the customer may know of a server error. ``tenantstore.errors`` has the table."""
        state = _field(result, DiagnosticField.SQLSTATE)
        if state in ("23505", "23P01", *_LOCKS):
            return Conflict(query)
        # A foreign key's; since 18 one that says RESTRICT has a state of its own.
        if state in ("23503", "23001"):
            return NotFound(query)
        if state == "42501":
            # A missing privilege is raised by aclcheck_error in the server, a row refused by a policy is not. The
            # name of the function is the only mark that does not change with the server's language.
            missing = _field(result, DiagnosticField.SOURCE_FUNCTION).startswith("aclcheck_error")
            return NotAllowed(query, "the tenant role lacks a privilege for it") if missing else NotFound(query)
        if state in _VALUE_REFUSED:
            return NotAllowed(query, _VALUE_REFUSED[state], value_refused=True)
        if state.startswith("23"):
            return NotAllowed(query, "a value that the table does not take")
        return _as_it_is(query, result, encoding)

    def entry_error(self, query: str, result: PGresult, encoding: str) -> Exception:
        state = _field(result, DiagnosticField.SQLSTATE)
        if state == _CUSTOMER_NOT_ACTIVE:
            return CustomerNotActive(self.name, "unknown or suspended")
        if state in _LOCKS:
            return Conflict(query)
        return _not_entered(query, result, encoding)


Identity = Operator | Tenant


def _as_it_is(query: str, result: PGresult, encoding: str) -> Exception:
    error = error_from_result(result, encoding=encoding)
    error.add_note(f"in the query {query}")
    if error.sqlstate == _READ_ONLY:
        error.add_note(
            "The server takes no writes: is it a standby? SHOW default_transaction_read_only says whether it is set."
        )
    return error


def _not_entered(query: str, result: PGresult, encoding: str) -> Exception:
    if not _field(result, DiagnosticField.SQLSTATE).startswith(_NOT_SET_UP):
        return _as_it_is(query, result, encoding)
    error = error_from_result(result, encoding=encoding)
    error.add_note(
        "The scope could not be entered. Is the database migrated (tenantstore migrate up), and is the login role a "
        "member of tenantstore_tenant and tenantstore_operator?"
    )
    return error


def _field(result: PGresult, field: DiagnosticField) -> str:
    return (result.error_field(field) or b"").decode("ascii", "replace")
