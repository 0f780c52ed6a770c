"""A database as old services left it at 011, on the newest server and the oldest, filled, and a copy for each test."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tenantstore import migrate
from tenantstore.testing import Server
from tests.migrations.looking import Admin, connect

_numbers = count(1)


@pytest.fixture(scope="module", params=["server", pytest.param("server15", id="15")], ids=lambda name: "18")
def at_011(request: pytest.FixtureRequest) -> Iterator[tuple[Server, str]]:
    """A server, and the name of a filled database at 011 to copy from."""
    server: Server = request.getfixturevalue(request.param)
    name = f"at_011_{next(_numbers)}"
    server.create_database(name)
    migrate.up(server.dsn(name), to=11)
    with connect(server.dsn(name)) as admin:
        admin.execute(Path(__file__).with_name("old.sql").read_bytes())
    yield server, name
    server.drop_database(name)


@pytest.fixture
def old(at_011: tuple[Server, str]) -> Iterator[str]:
    """A filled database at 011, as the superuser."""
    server, template = at_011
    name = f"old_{next(_numbers)}"
    server.create_database(name, template)
    yield server.dsn(name)
    server.drop_database(name)


@pytest.fixture
def admin(old: str) -> Iterator[Admin]:
    """A look at the old database from outside."""
    with connect(old) as connection:
        yield connection
