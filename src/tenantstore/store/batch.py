"""What happens between the statements a caller hands in and the results they get, whoever waits for the server.

Everything here is either pure or a generator of :mod:`tenantstore.store.wire`; the stores run it, blocking or async.
"""

from collections.abc import Sequence
from typing import Any

from psycopg.abc import PQGen
from psycopg.pq.abc import PGresult

from tenantstore.errors import ConnectionLost, InvalidParameter
from tenantstore.queries import Query, Shape, Statement
from tenantstore.store.identity import Identity
from tenantstore.store.wire import SQLSTATE, Command, Link, NoAnswer, first_failure

FETCH_ROWS = 1000
# Prepared statements are gone after DISCARD ALL or a failover behind a pooler; a migration has outdated a plan.
_GONE = b"26000"
_STALE_PLAN = (_GONE, b"0A000")
_DEADLOCK = b"40P01"
_RUN_AGAIN = (*_STALE_PLAN, _DEADLOCK)
_TRIES = 3


class Batch:
    """Statements of one scope that travel together. ``round_trips`` counts how often they went."""

    round_trips: int = 0

    def __init__(self, identity: Identity, statements: Sequence[Statement[Any]]) -> None:
        if not statements:
            raise InvalidParameter("statements", "are none")
        for statement in statements:
            if not isinstance(statement, Statement):
                raise TypeError(
                    f"a statement is run, which a repository function returns: not a {type(statement).__name__}"
                )
            statement.hand_over()
        self.identity = identity
        self.queries: list[Query[Any]] = []
        self.writes: bool = False
        self.may_write: bool = False
        self._commands: list[Command] = []
        for statement in statements:
            identity.admit(statement)
            query = statement.query
            self.queries.append(query)
            self.writes |= query.writes
            self.may_write |= query.may_write
            name = identity.prefix + query.digest
            self._commands.append(Command(query.sent, statement.parameters, name, None, query.arrays))

    def __str__(self) -> str:
        return ", ".join(query.name for query in self.queries)

    def run(self, link: Link, seconds: float) -> PQGen[tuple[Any, ...]]:
        """Enter the scope and run all as one transaction, in one round trip if it can be; the results in order.

        :raises ConnectionLost: when the outcome did not come back.
        """
        # A statement that finds nothing is only noticed here, when an implicit transaction is committed already. So
        # where that must undo another's change, COMMIT is held back, at the price of a second round trip.
        held = len(self.queries) > 1 and _is_undone(self.queries)
        commands = [BEGIN] if held else []
        commands += (self.identity.enter(self.writes), *self._commands)
        results, failed = yield from self._exchange(link, commands, seconds, commits=not held)
        for _ in range(_TRIES - 1):
            if failed is None or failed.error_field(SQLSTATE) not in _RUN_AGAIN:
                break
            # All was rolled back, and neither is the caller's fault. So once more: planned anew, or behind the other.
            if held:
                self.round_trips += 1
                yield from rollback(link, seconds)
            results, failed = yield from self._exchange(link, commands, seconds, commits=not held)
        given = self._results(link, results, failed, skip=1 + held)
        if held:
            self.round_trips += 1
            yield from commit(self.identity, link, seconds, wrote=True)
        return given

    def run_within(self, link: Link, seconds: float) -> PQGen[tuple[Any, ...]]:
        """The same inside a transaction that is open."""
        again = self.identity.again(self.writes)
        results, failed = yield from self._exchange(link, [*again, *self._commands], seconds, commits=False)
        return self._results(link, results, failed, skip=len(again))

    def _exchange(
        self, link: Link, commands: Sequence[Command], seconds: float, commits: bool
    ) -> PQGen[tuple[list[PGresult], PGresult | None]]:
        self.round_trips += 1
        return (yield from _exchange(self, link, seconds, commands, commits and self.may_write))

    def _results(self, link: Link, results: list[PGresult], failed: PGresult | None, skip: int) -> tuple[Any, ...]:
        if failed is not None:
            position = results.index(failed) - skip
            raise (
                self.identity.entry_error(str(self), failed, link.encoding)
                if position < 0
                else self.identity.error(self.queries[position].name, failed, link.encoding)
            )
        return tuple(
            [
                _result(link, query, result, command.name)
                for query, result, command in zip(self.queries, results[skip:], self._commands, strict=True)
            ]
        )


class Cursor:
    """A server-side cursor over one list, inside a transaction that its first fetch may open.

    ``number`` tells it from others that the transaction has.
    """

    def __init__(self, identity: Identity, statement: Statement[Any], number: int = 1) -> None:
        self._query = statement.query
        try:
            identity.admit(statement)
            if self._query.shape is not Shape.MANY or self._query.writes:
                raise InvalidParameter(self._query.name, "cannot be streamed: it is not a list that is only read")
        except Exception:
            statement.hand_over()
            raise
        self._statement = statement
        self.identity = identity
        self.name: str = self._query.name
        # A FETCH does the work and has no text but this; the server cuts a name after 63 bytes.
        name = f'"{self._query.label[-48:]} {number}"'
        declare = f"DECLARE {name} NO SCROLL CURSOR FOR {self._query.sent}"
        self._declare = Command(declare, statement.parameters, arrays=self._query.arrays)
        self._fetch = Command(f"FETCH FORWARD {FETCH_ROWS} FROM {name}", {})
        self._close = Command(f"CLOSE {name}", {})

    def hand_over(self) -> None:
        """Say that the first rows are asked for. Not before: a stream that nobody iterates has run nothing."""
        self._statement.hand_over()

    def open(self, link: Link, seconds: float, begin: bool) -> PQGen[list[Any]]:
        """The first rows. With ``begin``, the transaction and the scope are entered in the same round trip."""
        before = [BEGIN, self.identity.enter(False)] if begin else []
        return (yield from self._rows(link, seconds, [*before, self._declare, self._fetch]))

    def fetch(self, link: Link, seconds: float) -> PQGen[list[Any]]:
        """The next rows; none at the end."""
        return (yield from self._rows(link, seconds, [*self.identity.again(False), self._fetch]))

    def close(self, link: Link, seconds: float) -> PQGen[None]:
        """Close the cursor of a transaction that goes on."""
        yield from _checked(self.identity, self.name, link, seconds, [self._close])

    def over(self, rolled_back: bool) -> None:
        """The stream has ended, by a round trip more where it was ``rolled_back``."""

    def _rows(self, link: Link, seconds: float, commands: list[Command]) -> PQGen[list[Any]]:
        results = yield from _checked(self.identity, self.name, link, seconds, commands)
        return link.rows(self._query, results[-1])


BEGIN = Command("BEGIN", {}, b"tenantstore_begin")
_COMMIT = Command("COMMIT", {}, b"tenantstore_commit")
_ROLLBACK = Command("ROLLBACK", {}, b"tenantstore_rollback")


def begin(identity: Identity, link: Link, seconds: float) -> PQGen[None]:
    """Open a transaction and enter the scope, in one round trip."""
    yield from _checked(identity, "transaction", link, seconds, [BEGIN, identity.enter(False)])


def commit(identity: Identity, link: Link, seconds: float, wrote: bool) -> PQGen[None]:
    """Commit. Where the answer is lost, a transaction that wrote may have been committed."""
    yield from _checked(identity, "commit", link, seconds, [_COMMIT], wrote)


def rollback(link: Link, seconds: float) -> PQGen[None]:
    """Roll back whatever is open."""
    yield from _exchange("rollback", link, seconds, [_ROLLBACK])


def _exchange(
    what: object, link: Link, seconds: float, commands: Sequence[Command], may_commit: bool = False
) -> PQGen[tuple[list[PGresult], PGresult | None]]:
    """The results, and that in which the server says what went wrong, if one does.

    :raises ConnectionLost: when they did not come back.
    """
    try:
        results = yield from link.exchange(commands, seconds)
    except NoAnswer as error:
        raise ConnectionLost(str(what), error.reason, may_commit and not error.decided) from None
    failed = first_failure(results)
    state = None if failed is None else failed.error_field(SQLSTATE)
    if state in _STALE_PLAN:
        # Where one is gone, so are those that COMMIT or ROLLBACK will need.
        link.forget(None if state == _GONE else commands)
    return results, failed


def _checked(
    identity: Identity, name: str, link: Link, seconds: float, commands: list[Command], may_commit: bool = False
) -> PQGen[list[PGresult]]:
    results, failed = yield from _exchange(name, link, seconds, commands, may_commit)
    if failed is not None and commands[0] is BEGIN and failed.error_field(SQLSTATE) in _STALE_PLAN:
        # As a batch is: nothing was done yet.
        yield from rollback(link, seconds)
        results, failed = yield from _exchange(name, link, seconds, commands)
    if failed is not None:
        entering = commands[results.index(failed)] in (identity.enter(False), *identity.again(False))
        raise (identity.entry_error if entering else identity.error)(name, failed, link.encoding)
    return results


def _is_undone(queries: Sequence[Query[Any]]) -> bool:
    """Whether one may find nothing where another has changed something."""
    writing = [query for query in queries if query.writes]
    needed = [query for query in queries if query.shape is Shape.ONE]
    return bool(writing and needed) and (writing != needed or len(needed) > 1)


def _result(link: Link, query: Query[Any], result: PGresult, name: bytes) -> Any:
    if query.shape is Shape.AFFECTED:
        query.check_columns(["?"] * result.nfields)
        return query.result([], result.command_tuples or 0)
    return query.result(link.rows(query, result, name), 0)
