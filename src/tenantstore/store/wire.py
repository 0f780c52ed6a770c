"""One round trip on a libpq connection: several commands, one Sync, all results.

Without BEGIN, the protocol makes everything up to the Sync one implicit transaction: the commands commit together or
not at all, and a failed one keeps those after it from being run. psycopg's own ``pipeline()`` syncs around each step
and costs 40 to 60 µs a call, so libpq's pipeline mode is driven here, in generators that psycopg's ``wait`` runs, which
makes them the same for a blocking and for an async connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg import generators, pq
from psycopg.abc import Buffer, PQGen
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.json import JsonbDumper

from tenantstore.errors import InvalidParameter
from tenantstore.queries import Query

T = TypeVar("T")
Connection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

BINARY = pq.Format.BINARY
FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)
SQLSTATE = pq.DiagnosticField.SQLSTATE


@dataclass(frozen=True, slots=True)
class Command:
    """``sql`` with the values of its ``$1 …`` by name. With a ``key`` it is prepared, once for each connection."""

    sql: bytes
    values: dict[str, Any]
    key: object = None


class NoAnswer(Exception):
    """The connection broke, or the server said nothing in time. ``decided``: for certain nothing was committed."""

    def __init__(self, reason: str, decided: bool) -> None:
        super().__init__(reason, decided)
        self.reason = reason
        self.decided = decided


class Link:
    """What is known of one server connection beyond psycopg: its prepared statements and the results checked."""

    def __init__(self, connection: Connection, prepare: bool) -> None:
        self._pgconn: PGconn = connection.pgconn
        self._prepare = prepare
        self._loader = Transformer.from_context(connection)
        self._dumper = Transformer.from_context(_Parameters(connection))
        self._names: dict[object, bytes] = {}
        self._checked: set[object] = set()
        self._counter = 0

    @property
    def encoding(self) -> str:
        """The client encoding, as Python's codec is called."""
        return self._loader.encoding

    def exchange(self, commands: Sequence[Command]) -> PQGen[list[PGresult]]:
        """Send all commands and a Sync in one flush; the results in order, up to and with the first that failed.

        :raises InvalidParameter: before anything is sent, for a value that cannot be.
        :raises NoAnswer: when the connection is lost.
        """
        pgconn = self._pgconn
        values = [self._dump(command) for command in commands]
        results: list[PGresult] = []
        try:
            pgconn.enter_pipeline_mode()
            new: dict[object, bytes] = {}
            parses = [self._send(command, texts, new) for command, texts in zip(commands, values, strict=True)]
            pgconn.pipeline_sync()
            yield from generators.send(pgconn)
            for key in parses:
                if key is not None:
                    parsed = yield from _next_result(pgconn)
                    if parsed.status in FAILED:
                        results.append(parsed)
                    else:
                        self._names[key] = new[key]
                results.append((yield from _next_result(pgconn)))
            # The answer to the Sync: only now what came before is committed, or rolled back.
            yield from _next_result(pgconn)
            pgconn.exit_pipeline_mode()
        except psycopg.Error as error:
            failed = first_failure(results)
            reason = failed.get_error_message() if failed else str(error)
            raise NoAnswer(reason.strip().splitlines()[0], decided=failed is not None) from None
        return results

    def forget(self, keys: Sequence[object]) -> None:
        """Take statements for not prepared: the server dropped them, or their plans no longer fit its tables."""
        for key in keys:
            self._names.pop(key, None)
            self._checked.discard(key)

    def rows(self, query: Query[Any], result: PGresult) -> list[Any]:
        """The result's rows as records of ``query``.

        :raises ColumnMismatch: before the first row is mapped, and also when there is none.
        """
        # A prepared statement cannot change its columns: the server refuses it then. So one look is enough.
        if query not in self._checked:
            query.check_columns([(result.fname(i) or b"").decode() for i in range(result.nfields)])
            if query in self._names:
                self._checked.add(query)
        self._loader.set_pgresult(result)
        rows = self._loader.load_rows(0, result.ntuples, query.make)
        self._loader.set_pgresult(None, set_loaders=False)
        return rows

    def _send(self, command: Command, texts: list[Buffer | None], new: dict[object, bytes]) -> object:
        """Queue one command. Its key, where a Parse of its own goes before it."""
        key = command.key if self._prepare else None
        if key is None:
            self._pgconn.send_query_params(command.sql, texts, result_format=BINARY)
            return None
        name = self._names.get(key) or new.get(key)
        if name is not None:
            self._pgconn.send_query_prepared(name, texts, result_format=BINARY)
            return None
        self._counter += 1
        name = new[key] = b"tenantstore_%d" % self._counter
        self._pgconn.send_prepare(name, command.sql)
        self._pgconn.send_query_prepared(name, texts, result_format=BINARY)
        return key

    def _dump(self, command: Command) -> list[Buffer | None]:
        # As text without types: the server infers them, so a plan does not depend on the width of a Python int.
        values = list(command.values.values())
        try:
            return list(self._dumper.dump_sequence(values, [PyFormat.TEXT] * len(values)))
        except psycopg.Error:
            for name, value in command.values.items():
                try:
                    self._dumper.dump_sequence([value], [PyFormat.TEXT])
                except psycopg.Error as error:
                    raise InvalidParameter(name, f"cannot be sent: {error}") from None
            raise


def first_failure(results: Sequence[PGresult]) -> PGresult | None:
    """The result in which the server says what went wrong, if one does."""
    return next((result for result in results if result.error_field(SQLSTATE)), None)


def within(seconds: float, generator: PQGen[T]) -> PQGen[T]:
    """The generator, given up with :class:`NoAnswer` when the server leaves it waiting for longer than that."""
    deadline = monotonic() + seconds
    try:
        wanted = next(generator)
        while True:
            ready = yield wanted
            # psycopg wakes a waiting generator with nothing ready every tenth of a second.
            if not ready and monotonic() >= deadline:
                raise NoAnswer(f"no answer in {seconds:g} s", decided=False)
            wanted = generator.send(ready)
    except StopIteration as stop:
        result: T = stop.value
        return result


def _next_result(pgconn: PGconn) -> PQGen[PGresult]:
    results: list[PGresult] = yield from generators.fetch_many(pgconn)
    if not results or (results[-1].status == FAILED[0] and not results[-1].error_field(SQLSTATE)):
        raise psycopg.OperationalError(pgconn.get_error_message() or "the connection is closed")
    return results[-1]


class _Parameters:
    """How values are sent: as psycopg does, but a dict is jsonb, and a datetime has a time zone."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.adapters = AdaptersMap(connection.adapters)
        self.adapters.register_dumper(dict, JsonbDumper)
        self.adapters.register_dumper(datetime, _AwareDatetime)


class _AwareDatetime(Dumper):
    def dump(self, obj: datetime) -> bytes:
        if obj.tzinfo is None:
            raise psycopg.DataError("a datetime without a time zone")
        return obj.isoformat().encode()
