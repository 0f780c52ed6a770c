"""asyncpg: its records, and the same dataclasses made of them. Calls run in an event loop that is there already."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from psycopg.conninfo import conninfo_to_dict

from benchmarks.peers import QUERY, Given
from tenantstore.queries import CATALOG
from tenantstore.repositories.devices import Device

DATACLASSES = "asyncpg, the same dataclasses"


@contextmanager
def calls(dsn: str, given: Given) -> Iterator[dict[str, Callable[[], Any]]]:
    source, options = CATALOG.source(QUERY), conninfo_to_dict(dsn)
    values = [given[each] for each in source.parameters]
    with asyncio.Runner() as loop:
        connection = loop.run(
            asyncpg.connect(
                host=options["host"], port=int(str(options["port"])), user=options["user"], database=options["dbname"]
            )
        )

        async def records() -> Any:
            return await connection.fetch(source.sql, *values)

        async def dataclasses() -> Any:
            return [Device(*record) for record in await connection.fetch(source.sql, *values)]

        def blocking(call: Callable[[], Awaitable[Any]]) -> Callable[[], Any]:
            return lambda: loop.get_loop().run_until_complete(call())

        try:
            yield {"asyncpg records": blocking(records), DATACLASSES: blocking(dataclasses)}
        finally:
            loop.run(connection.close())
