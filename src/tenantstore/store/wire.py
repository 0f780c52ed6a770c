"""One round trip on a libpq connection: several commands, one Sync, all results.

Without BEGIN, the protocol makes everything up to the Sync one implicit transaction: the commands commit together or
not at all, and a failed one keeps those after it from being run. psycopg's own ``pipeline()`` syncs around each step
and costs 40 to 60 µs a call, so libpq's pipeline mode is driven here, in generators that psycopg's ``wait`` runs, which
makes them the same for a blocking and for an async connection.
"""

import select
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import abc, pq
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Ready, Wait

from tenantstore.errors import InvalidParameter
from tenantstore.queries import Query
from tenantstore.store.arrays import declared, packed
from tenantstore.store.parameters import Parameters
from tenantstore.store.results import Results

Connection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
# The values as they are sent, and their formats, where they are not all text.
_Sent = tuple[Sequence[Buffer | None], Sequence[int] | None]

BINARY = pq.Format.BINARY
SQLSTATE = pq.DiagnosticField.SQLSTATE
# Read at every call, and an enum's member takes two look-ups.
_SYNC, _FATAL, _ABORTED = pq.ExecStatus.PIPELINE_SYNC, pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED
_COPY = (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH)
_READ, _READ_OR_WRITE = Wait.R, Wait.RW
_OK = pq.ConnStatus.OK
_TEXT = PyFormat.TEXT


class Command(NamedTuple):
    """``sql`` with the values of its ``$1 …`` by name. With a ``name`` it is prepared, once for each connection.

    ``texts`` are the values as they are sent, where they need no connection to be made. ``arrays`` are those, by index,
    whose list the server may be given as an array of that type.
    """

    sql: str
    values: Mapping[str, Any]
    name: bytes = b""
    texts: Sequence[Buffer | None] | None = None
    arrays: Sequence[tuple[int, str]] = ()


class NoAnswer(Exception):
    """The connection broke, or the server said nothing in time. ``decided``: for certain nothing was committed."""

    def __init__(self, reason: str, decided: bool) -> None:
        super().__init__(reason, decided)
        self.reason = reason
        self.decided = decided


class Link:
    """What is known of one server connection beyond psycopg: its prepared statements and the results checked."""

    def __init__(self, connection: Connection, prepare: bool) -> None:
        self.connection = connection
        self._pgconn: PGconn = connection.pgconn
        self._prepare = prepare
        self._results = Results(connection)
        self._loader: abc.Transformer = Transformer.from_context(self._results)
        parameters = Parameters(connection)
        self._dumper = Transformer.from_context(parameters)
        self._lists = parameters.lists
        # As the server knows them: the suffix grows when some are forgotten, whose names may still be taken there.
        self._prepared: dict[bytes, bytes] = {}
        self._suffix = b""
        self._forgotten = 0
        # By the prepared statement's name: how its rows are loaded, once its columns have been found right.
        self._loaders: dict[bytes, abc.Transformer] = {}
        self._poll = select.poll()
        self._poll.register(self._pgconn.socket, select.POLLIN)

    @property
    def encoding(self) -> str:
        """The client encoding, as Python's codec is called."""
        return self._dumper.encoding

    def is_alive(self) -> bool:
        """Whether the connection, which is idle, can be used; without asking the server.

        The server says nothing to an idle client, but for a notice that it is going away. So a socket that can be read
        has been closed, or is about to be; looking costs a system call, against a round trip for a query.
        """
        if self._pgconn.status != _OK:
            return False
        if self._poll.poll(0):
            with suppress(Exception):
                self._pgconn.consume_input()
                # A parameter change or a notification is news that a living connection may have.
                return self._pgconn.status == _OK and not self._poll.poll(0)
            return False
        return True

    def exchange(self, commands: Sequence[Command], seconds: float) -> PQGen[list[PGresult]]:
        """Send all commands and a Sync in one flush; the results in order. After one that failed nothing else was run.

        :raises InvalidParameter: before anything is sent, for a value that cannot be.
        :raises NoAnswer: when the connection is lost, or the server leaves it waiting for longer than ``seconds``.
        """
        pgconn = self._pgconn
        sent = [self._dump(command) if command.texts is None else (command.texts, None) for command in commands]
        results: list[PGresult] = []
        try:
            pgconn.enter_pipeline_mode()
            parses: list[bytes] = []
            for command, (values, formats) in zip(commands, sent, strict=True):
                if known := self._prepared.get(command.name):
                    pgconn.send_query_prepared(known, values, formats, BINARY)
                    parses.append(b"")
                else:
                    parses += self._send(command, (values, formats), parses)
            pgconn.pipeline_sync()
            yield from self._answers(parses, results, seconds)
            pgconn.exit_pipeline_mode()
        except psycopg.Error as error:
            failed = first_failure(results)
            reason = failed.get_error_message() if failed else str(error)
            raise NoAnswer(reason.strip().splitlines()[0], _is_decided(failed)) from None
        return results

    def forget(self, commands: Sequence[Command] | None = None) -> None:
        """Take these, or all, for not prepared: the server dropped them, or their plans no longer fit its tables."""
        self._forgotten += 1
        self._suffix = b"_%d" % self._forgotten
        for name in list(self._prepared) if commands is None else [command.name for command in commands]:
            self._prepared.pop(name, None)
            self._loaders.pop(name, None)

    def rows(self, query: Query[Any], result: PGresult, name: bytes = b"") -> list[Any]:
        """The result's rows as records of ``query``; ``name`` is that of the prepared statement it came from.

        :raises ColumnMismatch: before the first row is mapped, and also when there is none.
        """
        loader = self._loaders.get(name)
        if loader is None:
            query.check_columns([(result.fname(i) or b"").decode(self.encoding) for i in range(result.nfields)])
            loader = self._loader
            # A prepared statement cannot change its columns: the server refuses it then. So one look is enough.
            if name in self._prepared:
                loader = self._loaders[name] = Transformer.from_context(self._results)
            loader.set_pgresult(result)
        else:
            loader.set_pgresult(result, set_loaders=False)
        rows = loader.load_rows(0, result.ntuples, query.make)
        loader.set_pgresult(None, set_loaders=False)
        return rows

    def _send(self, command: Command, sent: _Sent, parses: list[bytes]) -> tuple[bytes, ...]:
        """Queue a command that is not prepared. Per message to be answered, the name that it prepares, or none."""
        name = command.name if self._prepare else b""
        values, formats = sent
        types = declared(command.arrays, len(values)) if command.arrays and self._lists else None
        if not name:
            self._pgconn.send_query_params(command.sql.encode(self.encoding), values, types, formats, BINARY)
            return (b"",)
        known = name + self._suffix
        prepares = (name,) if name not in parses else ()
        if prepares:
            self._pgconn.send_prepare(known, command.sql.encode(self.encoding), types)
        self._pgconn.send_query_prepared(known, values, formats, BINARY)
        return (*prepares, b"")

    def _answers(self, parses: list[bytes], results: list[PGresult], seconds: float) -> PQGen[None]:
        """Receive a result for each message, up to the answer to the Sync: only then they are committed, or undone."""
        pgconn, deadline = self._pgconn, monotonic() + seconds
        while pgconn.flush():
            # psycopg wakes a waiting generator with nothing ready every tenth of a second.
            ready = yield _READ_OR_WRITE
            if not ready:
                _check(deadline, seconds)
            elif ready & Ready.R:
                pgconn.consume_input()
        answered = 0
        while True:
            while pgconn.is_busy():
                if (yield _READ):
                    pgconn.consume_input()
                else:
                    _check(deadline, seconds)
            result = pgconn.get_result()
            if result is None:
                # It parts one message's result from the next; a connection that is gone gives nothing else.
                if pgconn.status != _OK:
                    raise psycopg.OperationalError("the connection is closed")
                continue
            status = result.status
            if status == _SYNC:
                return
            if status == _FATAL and not result.error_field(SQLSTATE):
                raise psycopg.OperationalError(pgconn.get_error_message() or "the connection is closed")
            if status in _COPY:
                # libpq would give the same result for ever.
                raise psycopg.OperationalError("a store does not run COPY, which has begun")
            name = parses[answered] if answered < len(parses) else b""
            answered += 1
            if name and status not in (_FATAL, _ABORTED):
                self._prepared[name] = name + self._suffix
            else:
                results.append(result)

    def _dump(self, command: Command) -> _Sent:
        # As text without types: the server infers them, so a plan does not depend on the width of a Python int.
        # A UUID becomes psycopg's own text for it, in a third of the time.
        values = ["%032x" % value.int if type(value) is UUID else value for value in command.values.values()]  # noqa: UP031
        arrays = packed(command.arrays, values) if command.arrays and self._lists else {}
        for i in arrays:
            values[i] = None
        try:
            sent = self._dumper.dump_sequence(values, [_TEXT] * len(values))
        except (psycopg.Error, TypeError, ValueError):
            for name, value in command.values.items():
                try:
                    self._dumper.dump_sequence([value], [_TEXT])
                except (psycopg.Error, TypeError, ValueError) as error:
                    raise InvalidParameter(name, f"cannot be sent: {error}") from None
            raise
        if not arrays:
            return sent, None
        return [arrays.get(i, value) for i, value in enumerate(sent)], [i in arrays for i in range(len(sent))]


def first_failure(results: Sequence[PGresult]) -> PGresult | None:
    """The result in which the server says what went wrong, if one does."""
    for result in results:
        if result.status == _FATAL:
            return result
    return None


def _check(deadline: float, seconds: float) -> None:
    if monotonic() >= deadline:
        raise NoAnswer(f"no answer in {seconds:g} s", decided=False)


def _is_decided(failed: PGresult | None) -> bool:
    """Whether the server itself said that the transaction failed. Class 08 is what a pooler says of a lost server."""
    return failed is not None and not (failed.error_field(SQLSTATE) or b"08").startswith(b"08")
