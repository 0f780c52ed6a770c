"""Two databases that differ only in what one customer may not see, and what is different in the answers of the two."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import psycopg

from tenantstore import Statement, Store
from tenantstore.queries import Query, Shape
from tenantstore.testing.isolation.answers import Known, answer, is_refusal
from tenantstore.testing.isolation.modes import Run
from tenantstore.testing.isolation.values import Connection, Questions, Values
from tenantstore.testing.server import Server

_numbers = count(1)
_REFERRED = "give that foreign key ON DELETE CASCADE, or let `change` delete those rows first."


@dataclass(frozen=True)
class Worlds:
    """For one customer: ``one``, and ``other``, in which everything is changed that they may not see.

    ``admin`` is the connection of a role that no policy holds back, to ``one``.
    """

    customer_id: UUID
    one: Store
    other: Store
    admin: Connection
    values: Values
    known: Known

    def questions(
        self, query: Query[Any], number: int, given: Mapping[str, Sequence[Any]], anybody: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Parameters for the query, in this customer's name, or with ``anybody`` also in another's."""
        own = {} if anybody else {"customer_id": [self.customer_id]}
        return Questions(self.admin, query, self.values, {**given, **own}, str(self.customer_id)).ask(number)

    def difference(self, run: Run, make: Callable[[], Statement[Any]]) -> tuple[Any, Any] | None:
        """What the two worlds answer to the statement that is made for each, where that is not the same."""
        answers = []
        for store in (self.one, self.other):
            statement = make()
            found = answer(lambda store=store, it=statement: run(store, self.customer_id, it), self.known)  # type: ignore[misc]
            if statement.query.shape is not Shape.MANY and isinstance(found, list) and not is_refusal(found):
                # Without its predicate a query for one thing may find several, and orders them by nothing.
                found.sort(key=repr)
            answers.append(found)
        return None if answers[0] == answers[1] else (answers[0], answers[1])


@contextmanager
def copied(server: Server, template: str) -> Iterator[str]:
    """The name of a copy of a database, which is dropped afterwards."""
    name = f"{template}_world_{next(_numbers)}"
    server.create_database(name, template)
    try:
        yield name
    finally:
        server.drop_database(name)


@contextmanager
def open_worlds(
    server: Server,
    template: str,
    customers: Sequence[UUID],
    change: Callable[[Connection, UUID], None],
    made_anew: frozenset[str] = frozenset(),
    user: str | None = None,
) -> Iterator[list[Worlds]]:
    """For each of the customers, a copy of ``template`` and one in which ``change`` changed what is hidden from them.

    :raises AssertionError: when ``change`` changed nothing.
    """
    with ExitStack() as stack:
        first, *others = [stack.enter_context(copied(server, template)) for _ in range(len(customers) + 1)]
        for customer_id, name in zip(customers, others, strict=True):
            with psycopg.connect(server.dsn(name), autocommit=True) as admin:
                try:
                    change(admin, customer_id)
                except (psycopg.errors.ForeignKeyViolation, psycopg.errors.RestrictViolation) as error:
                    error.add_note(f"Where `change` removes what {error.diag.table_name} refers to, {_REFERRED}")
                    raise
        since = datetime.now(UTC)
        one = stack.enter_context(_open(server.dsn(first, user)))
        admin = stack.enter_context(psycopg.connect(server.dsn(first), autocommit=True))
        before = Values()
        before.read(admin)
        found = []
        for customer_id, name in zip(customers, others, strict=True):
            values = Values()
            values.read(admin)
            with psycopg.connect(server.dsn(name), autocommit=True) as other_admin:
                after = Values()
                after.read(other_admin)
                values.read(other_admin)
            if after.rows == before.rows:
                raise AssertionError(f"nothing was changed that customer {customer_id} may not see")
            other = stack.enter_context(_open(server.dsn(name, user)))
            found.append(Worlds(customer_id, one, other, admin, values, Known(values.everything(), since, made_anew)))
        yield found


def _open(dsn: str) -> Store:
    # Else the sixth call is planned for any parameters, and may come upon another one of two errors first.
    return Store.open(dsn, max_size=2, kwargs={"options": "-c plan_cache_mode=force_custom_plan"})
