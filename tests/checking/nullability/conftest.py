"""A database for each version that the machine has, in which the labelled statements and the composed ones run."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from tenantstore.testing import NoProvider, Server, launch

Look = Connection[tuple[Any, ...]]

FOLDER = Path(__file__).parent
VERSIONS = (15, 16, 17, 18)
#: Names folders with the programs of further versions, as PATH does.
MORE = "TENANTSTORE_TEST_PROGRAMS"


@pytest.fixture(scope="session", params=VERSIONS)
def versioned(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of each version: the newest is the embedded one, the others are the machine's."""
    try:
        server = start(request.param)
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        yield server


def start(version: int) -> Server:
    """:raises NoProvider: where the machine does not have that version, nor a folder in ``MORE``."""
    if version == 18:
        return launch("embedded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([os.environ["PATH"], os.environ.get(MORE, "")]))
        return launch("local", version=version)


def furnish(server: Server) -> Look:
    """A connection to a new database with the schema of the labelled statements, and hardly a row in it."""
    server.create_database("furnished")
    connection = psycopg.connect(server.dsn("furnished"), autocommit=True)
    connection.execute((FOLDER / "schema.sql").read_bytes())
    connection.execute((FOLDER / f"schema_{server.version}.sql").read_bytes())
    return connection


@pytest.fixture(scope="session")
def furnished(versioned: Server) -> Iterator[Look]:
    with furnish(versioned) as connection:
        yield connection


@pytest.fixture
def look(furnished: Look) -> Iterator[Look]:
    """The same in a transaction, which is rolled back."""
    with furnished.transaction(force_rollback=True):
        yield furnished
