"""A migrated database with a partition, a view and a table that the model does not know, on 18 and on 15."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg import Connection

from tenantstore import migrate
from tenantstore.checking.analysis import Schema
from tenantstore.testing import Server

_ALSO = """
CREATE TABLE bandwidth_logs_2020_01 PARTITION OF bandwidth_logs FOR VALUES FROM ('2020-01-01') TO ('2020-02-01');
CREATE VIEW fleet WITH (security_invoker) AS SELECT d.id, d.name, d.customer_id FROM devices AS d;
CREATE TABLE parked (id uuid, customer_id uuid);
"""


class Look(NamedTuple):
    """A connection and what its database has."""

    connection: Connection[Any]
    schema: Schema


def _look(server: Server) -> Iterator[Look]:
    server.create_database("proven")
    migrate.up(server.dsn("proven"))
    with psycopg.connect(server.dsn("proven"), autocommit=True) as connection:
        connection.execute(_ALSO)
        yield Look(connection, Schema(connection))
    server.drop_database("proven")


@pytest.fixture(scope="session")
def look18(server: Server) -> Iterator[Look]:
    yield from _look(server)


@pytest.fixture(scope="session")
def look15(server15: Server) -> Iterator[Look]:
    yield from _look(server15)


@pytest.fixture(params=["look18", "look15"], ids=["18", "15"])
def look(request: pytest.FixtureRequest) -> Look:
    """On the newest server, then on the oldest."""
    found: Look = request.getfixturevalue(request.param)
    return found
