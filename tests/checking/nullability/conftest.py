"""A database for each version that the machine has, in which the labelled statements and the composed ones run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from tenantstore.testing import NoProvider, Server, launch

Look = Connection[tuple[Any, ...]]

FOLDER = Path(__file__).parent


@pytest.fixture(scope="session", params=(15, 16, 17, 18))
def versioned(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of each version: the newest is the embedded one, the others are the machine's."""
    version: int = request.param
    try:
        server = launch("embedded") if version == 18 else launch("local", version=version)
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture(scope="session")
def furnished(versioned: Server) -> Iterator[Look]:
    """A connection to a database with the schema of the labelled statements, and hardly a row in it."""
    versioned.create_database("furnished")
    with psycopg.connect(versioned.dsn("furnished"), autocommit=True) as connection:
        connection.execute((FOLDER / "schema.sql").read_bytes())
        connection.execute((FOLDER / f"schema_{versioned.version}.sql").read_bytes())
        yield connection


@pytest.fixture
def look(furnished: Look) -> Iterator[Look]:
    """The same in a transaction, which is rolled back."""
    with furnished.transaction(force_rollback=True):
        yield furnished
