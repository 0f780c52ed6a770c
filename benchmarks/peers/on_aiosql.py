"""aiosql on psycopg, with the record as its ``record_class``. It asks for rows in text, as psycopg does by default."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiosql
import psycopg

from benchmarks.peers import QUERY, Given
from tenantstore.queries import CATALOG
from tenantstore.repositories.devices import Device


@contextmanager
def calls(dsn: str, given: Given) -> Iterator[dict[str, Callable[[], Any]]]:
    body = CATALOG.source(QUERY).text.partition("-- scope: tenant\n")[2]
    queries: Any = aiosql.from_str(
        f"-- name: list_tuples\n{body}\n-- name: list_records\n-- record_class: Device\n{body}",
        "psycopg",
        mandatory_parameters=False,
        record_classes={"Device": Device},
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield {
            "aiosql tuples": lambda: list(queries.list_tuples(connection, **given)),
            "aiosql, the same dataclasses": lambda: list(queries.list_records(connection, **given)),
        }
