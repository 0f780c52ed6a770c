"""What a statement changed that its customer may not change: read in its own transaction, before that is undone."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composed, Literal

from tenantstore import Statement, Store
from tenantstore.errors import TenantstoreError
from tenantstore.store import Scope
from tenantstore.store.identity import Tenant
from tenantstore.testing.isolation.modes import BYPASS
from tenantstore.testing.isolation.values import Values


class Change(NamedTuple):
    """A row that was there ``before`` and is not any more, or is there ``after``; as JSON."""

    table: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        did = "removed or changed" if self.after is None else "written"
        return f"{self.table}: {did} {self.before or self.after}"


class Trespass:
    """Looks for changes to rows that are not the customer's to change.

    ``writable`` says of a table, as SQL about its row ``t``, when ``%(customer_id)s`` may change that row: both as it
    was and as it is afterwards. Without it, a table's rows are its ``tenant_column``'s; without that, nobody's.
    """

    def __init__(self, values: Values, writable: Mapping[str, str], tenant_column: str) -> None:
        tables = list(values.columns)
        owned = [table for table in tables if tenant_column in [column.name for column in values.columns[table]]]
        default = dict.fromkeys(owned, f"t.{tenant_column} = %(customer_id)s")
        unknown = sorted(set(writable) - set(tables))
        if unknown:
            raise AssertionError(f"`writable` names tables that there are not: {', '.join(unknown)}")
        self._before: dict[UUID, dict[tuple[str, str], bool]] = {}
        self._snapshot = SQL(" UNION ALL ").join(
            _look(table, {**default, **writable}.get(table, "false")) for table in tables
        )

    def find(self, store: Store, identity: Tenant, statement: Statement[Any]) -> list[Change]:
        """The changes of the statement, which is undone, that this customer may not make; none where it is refused."""
        statement.hand_over()
        found: list[Change] = []
        try:
            with Scope(store._core, identity).transaction() as transaction:
                connection = transaction._pinned._connection
                assert isinstance(connection, psycopg.Connection)
                # All is undone each time, so what was there before is always the same.
                before = self._before.get(identity.customer_id) or self._look(connection, identity.customer_id)
                self._before[identity.customer_id] = before
                transaction.run(statement)
                after = self._look(connection, identity.customer_id)
                found += [Change(table, row, None) for (table, row) in before if (table, row) not in after]
                found = [change for change in found if not before[change.table, change.before or ""]]
                written = {key: mine for key, mine in after.items() if key not in before and not mine}
                found += [Change(table, None, row) for table, row in written]
                raise _Undo
        except (_Undo, TenantstoreError, psycopg.Error):
            return found

    def _look(self, connection: psycopg.Connection[Any], customer_id: UUID) -> dict[tuple[str, str], bool]:
        # The next statement of the scope enters it again.
        connection.execute("SELECT set_config('role', %s, true)", [BYPASS])
        rows = connection.execute(self._snapshot, {"customer_id": customer_id}).fetchall()
        return {(table, row): mine for table, row, mine in rows}


class _Undo(Exception):
    pass


def _look(table: str, writable: str) -> Composed:
    # The texts are the service's own declaration, with a placeholder in it, and the server's own names.
    return SQL("SELECT {}, to_jsonb(t)::text, coalesce(({}), false) FROM {} AS t").format(
        Literal(table),
        SQL(writable),
        SQL(table),
    )
