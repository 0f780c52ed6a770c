"""psycopg alone: tuples, its row factories, and what libpq brings before anything is decoded."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
from psycopg.pq import ExecStatus, Format
from psycopg.rows import class_row, dict_row, tuple_row

from benchmarks.fleet import for_psycopg
from benchmarks.peers import QUERY, Given
from tenantstore.queries import CATALOG
from tenantstore.repositories.devices import Device

TUPLES = "psycopg tuples"
LIBPQ = "libpq, nothing decoded"
CLASS_ROW = "psycopg class_row"


@contextmanager
def calls(dsn: str, given: Given) -> Iterator[dict[str, Callable[[], Any]]]:
    text = for_psycopg(QUERY).encode()
    with ExitStack() as stack:

        def connected() -> psycopg.Connection[Any]:
            return stack.enter_context(psycopg.connect(dsn, autocommit=True))

        def rows(factory: Any) -> Callable[[], Any]:
            connection = connected()

            def call() -> Any:
                with connection.cursor(binary=True, row_factory=factory) as cursor:
                    return cursor.execute(text, given).fetchall()

            return call

        yield {
            TUPLES: rows(tuple_row),
            LIBPQ: undecoded(connected(), QUERY, given),
            CLASS_ROW: rows(class_row(Device)),
            "psycopg dict_row": rows(dict_row),
        }


def undecoded(connection: psycopg.Connection[Any], name: str, given: Given) -> Callable[[], Any]:
    """The server's time, the way there and back, and libpq's own reading of it."""
    source, pgconn = CATALOG.source(name), connection.pgconn
    # psycopg's annotation leaves out the NULL that it takes.
    values: list[Any] = [None if given[each] is None else str(given[each]).encode() for each in source.parameters]
    statement = name.encode()
    pgconn.prepare(statement, source.sql.encode())

    def call() -> None:
        result = pgconn.exec_prepared(statement, values, result_format=Format.BINARY)
        assert result.status == ExecStatus.TUPLES_OK, result.error_message

    return call
