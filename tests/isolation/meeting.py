"""Two transactions that meet: the first has done its part and not committed, the second begins, the first commits."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import LiteralString

import psycopg

from tenantstore.testing.isolation.races import until_waiting
from tests.isolation.world import Connection

Connect = Callable[[str | None], Connection]
Values = Mapping[str, object]


@dataclass(frozen=True)
class Meeting:
    """What came of it: rows changed by each transaction's last statement, or the SQLSTATE that ended it."""

    waited: bool
    first: int | str
    second: int | str


class Transaction:
    """A connection of its own and statements to run on it, which are committed when that is asked for."""

    def __init__(self, connection: Connection, enter: Callable[[Connection], None]) -> None:
        self.connection = connection
        self._enter = enter

    def run(self, statements: Sequence[LiteralString], values: Values) -> int | str:
        """Begin, enter the scope, run. The transaction stays open, unless it fails."""
        self.connection.execute("BEGIN")
        try:
            self._enter(self.connection)
            return [self.connection.execute(sql, values).rowcount for sql in statements][-1]
        except psycopg.Error as error:
            self.connection.execute("ROLLBACK")
            return str(error.sqlstate)

    def commit(self) -> None:
        self.connection.execute("COMMIT")


def meet(
    admin: Connection,
    first: tuple[Transaction, Sequence[LiteralString]],
    second: tuple[Transaction, Sequence[LiteralString]],
    values: Values,
    meanwhile: Callable[[], None] = lambda: None,
) -> Meeting:
    """Let the two meet. ``meanwhile`` happens when the second waits for the first, or is done."""
    one, other = first[0], second[0]
    done = one.run(first[1], values)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(other.run, second[1], values)
        waited = until_waiting(admin, late)
        meanwhile()
        one.commit()
        outcome = late.result()
    other.commit()
    return Meeting(waited, done, outcome)
