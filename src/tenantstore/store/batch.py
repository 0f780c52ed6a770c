"""What happens between the statements a caller hands in and the results they get, whoever waits for the server.

Everything here is either pure or a generator of :mod:`tenantstore.store.wire`; the stores run it, blocking or async.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

from psycopg.abc import PQGen
from psycopg.pq.abc import PGresult

from tenantstore.errors import ConnectionLost, InvalidParameter
from tenantstore.queries import Query, Shape, Statement
from tenantstore.store.identity import Identity
from tenantstore.store.wire import SQLSTATE, Command, Link, NoAnswer, first_failure, within

FETCH_ROWS = 1000
# Gone after DISCARD ALL or a failover behind a pooler; a plan that a migration has outdated.
_STALE_PLAN = (b"26000", b"0A000")


class Batch:
    """Statements of one scope that travel together."""

    def __init__(self, identity: Identity, statements: Sequence[Statement[Any]]) -> None:
        if not statements:
            raise InvalidParameter("statements", "are none")
        for statement in statements:
            statement.hand_over()
        for statement in statements:
            identity.admit(statement)
        self.identity = identity
        self.queries = [statement.query for statement in statements]
        self.writes = any(query.writes for query in self.queries)
        self.may_write = any(query.may_write for query in self.queries)
        # A statement that finds nothing is only noticed here, when an implicit transaction is committed already. So
        # where that must undo another's change, COMMIT is held back, at the price of a second round trip.
        self._held = any(one.writes and other.shape is Shape.ONE for one, other in permutations(self.queries, 2))
        self._commands = [_command(statement) for statement in statements]

    @property
    def name(self) -> str:
        """The queries' names, for whoever asks what a connection is held for."""
        return ", ".join(query.name for query in self.queries)

    def run(self, link: Link, seconds: float) -> PQGen[tuple[Any, ...]]:
        """Enter the scope and run all in one round trip, as one transaction; the results in order.

        :raises ConnectionLost: when the outcome did not come back.
        """
        if self._held:
            return (yield from self._run_held(link, seconds))
        commands = [self.identity.enter(self.writes), *self._commands]
        results = yield from self._exchange(link, commands, seconds, commits=True)
        if _stale(results):
            # Nothing has happened: the transaction failed before it did anything. So once more, planned anew.
            link.forget([command.key for command in commands])
            results = yield from self._exchange(link, commands, seconds, commits=True)
        return self._results(link, results)

    def run_within(self, link: Link, seconds: float) -> PQGen[tuple[Any, ...]]:
        """The same inside a transaction that is open. A write enters again, to lock the customer's row."""
        again = [self.identity.enter(True)] if self.writes else []
        results = yield from self._exchange(link, [*again, *self._commands], seconds, commits=False)
        return self._results(link, results, entered=bool(again))

    def _run_held(self, link: Link, seconds: float) -> PQGen[tuple[Any, ...]]:
        yield from begin(self.identity, link, seconds)
        try:
            results = yield from self.run_within(link, seconds)
        except ConnectionLost:
            raise
        except Exception:
            yield from rollback(link, seconds)
            raise
        yield from commit(self.identity, link, seconds, wrote=True)
        return results

    def _exchange(
        self, link: Link, commands: Sequence[Command], seconds: float, commits: bool
    ) -> PQGen[list[PGresult]]:
        try:
            return (yield from within(seconds, link.exchange(commands)))
        except NoAnswer as error:
            unknown = commits and self.may_write and not error.decided
            raise ConnectionLost(self.name, error.reason, unknown) from None

    def _results(self, link: Link, results: list[PGresult], entered: bool = True) -> tuple[Any, ...]:
        failed = first_failure(results)
        if failed is not None:
            position = results.index(failed) - entered
            raise (
                self.identity.entry_error(failed, link.encoding)
                if position < 0
                else self.identity.error(self.queries[position].name, failed, link.encoding)
            )
        return tuple(
            _result(link, query, result) for query, result in zip(self.queries, results[entered:], strict=True)
        )


class Cursor:
    """A server-side cursor over one list, inside a transaction that its first fetch may open."""

    def __init__(self, identity: Identity, statement: Statement[Any], name: str = "tenantstore_stream") -> None:
        statement.hand_over()
        identity.admit(statement)
        self._query = statement.query
        if self._query.shape is not Shape.MANY or self._query.writes:
            raise InvalidParameter(self._query.name, "cannot be streamed: it is not a list that is only read")
        self.identity = identity
        self.name = self._query.name
        self._declare = Command(
            f"DECLARE {name} NO SCROLL CURSOR FOR {self._query.sql}".encode(), _command(statement).values
        )
        self._fetch = Command(f"FETCH FORWARD {FETCH_ROWS} FROM {name}".encode(), {})
        self._close = Command(f"CLOSE {name}".encode(), {})

    def open(self, link: Link, seconds: float, begin: bool) -> PQGen[list[Any]]:
        """The first rows. With ``begin``, the transaction and the scope are entered in the same round trip."""
        before = [BEGIN, self.identity.enter(False)] if begin else []
        return (yield from self._rows(link, seconds, [*before, self._declare, self._fetch]))

    def fetch(self, link: Link, seconds: float) -> PQGen[list[Any]]:
        """The next rows; none at the end."""
        return (yield from self._rows(link, seconds, [self._fetch]))

    def close(self, link: Link, seconds: float) -> PQGen[None]:
        """Close the cursor of a transaction that goes on."""
        yield from _checked(self.identity, self.name, link, seconds, [self._close])

    def _rows(self, link: Link, seconds: float, commands: list[Command]) -> PQGen[list[Any]]:
        results = yield from _checked(self.identity, self.name, link, seconds, commands)
        return link.rows(self._query, results[-1])


BEGIN = Command(b"BEGIN", {})
_COMMIT = Command(b"COMMIT", {})
_ROLLBACK = Command(b"ROLLBACK", {})


def begin(identity: Identity, link: Link, seconds: float) -> PQGen[None]:
    """Open a transaction and enter the scope, in one round trip."""
    yield from _checked(identity, "transaction", link, seconds, [BEGIN, identity.enter(False)])


def commit(identity: Identity, link: Link, seconds: float, wrote: bool) -> PQGen[None]:
    """Commit. Where the answer is lost, a transaction that wrote may have been committed."""
    yield from _checked(identity, "commit", link, seconds, [_COMMIT], wrote)


def rollback(link: Link, seconds: float) -> PQGen[None]:
    """Roll back whatever is open."""
    yield from within(seconds, link.exchange([_ROLLBACK]))


def _checked(
    identity: Identity, name: str, link: Link, seconds: float, commands: list[Command], may_commit: bool = False
) -> PQGen[list[PGresult]]:
    try:
        results = yield from within(seconds, link.exchange(commands))
    except NoAnswer as error:
        raise ConnectionLost(name, error.reason, may_commit and not error.decided) from None
    failed = first_failure(results)
    if failed is not None:
        entering = commands[0] is BEGIN and results.index(failed) == 1
        raise (identity.entry_error(failed, link.encoding) if entering else identity.error(name, failed, link.encoding))
    return results


def _command(statement: Statement[Any]) -> Command:
    query, given = statement.query, statement.parameters
    return Command(query.sql.encode(), {name: given[name] for name in query.parameters}, query)


def _stale(results: Sequence[PGresult]) -> bool:
    failed = first_failure(results)
    return failed is not None and failed.error_field(SQLSTATE) in _STALE_PLAN


def _result(link: Link, query: Query[Any], result: PGresult) -> Any:
    if query.shape is Shape.AFFECTED:
        query.check_columns(["?"] * result.nfields)
        return query.result([], result.command_tuples or 0)
    return query.result(link.rows(query, result), 0)
