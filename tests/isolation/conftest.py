"""Migrated databases in which barrier 2 stands alone, on each server and by each kind of role it has to be built by."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count

import psycopg
import pytest

from tenantstore import Store, migrate
from tenantstore.testing import Server, launch
from tenantstore.testing.isolation.modes import make_bypass_role
from tests.isolation.rooms import IDENTITIES, Room
from tests.isolation.world import Connection, populate

_numbers = count(1)


@dataclass(frozen=True)
class Barrier:
    """A server, and on it a database with the world in it, never to be changed; ``app`` may log in to any."""

    server: Server
    template: str

    def connect(self, database: str, user: str | None = "app") -> Connection:
        """Autocommit; as the superuser without ``user``. Whoever waits for ever is in error."""
        return psycopg.connect(self.server.dsn(database, user), autocommit=True, options="-c statement_timeout=60s")


def make_login_role(server: Server) -> None:
    """The role of a service, as the header of migration 014 says."""
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        if not admin.execute("SELECT FROM pg_roles WHERE rolname = 'app'").rowcount:
            admin.execute("CREATE ROLE app LOGIN NOINHERIT")
        admin.execute("GRANT tenantstore_tenant, tenantstore_operator TO app")


def make_barrier(server: Server, deployer: str | None = None) -> Barrier:
    """Migrate a new database as its owner ``deployer``, an ordinary role that may create roles, or as the superuser."""
    name = f"barrier_{next(_numbers)}"
    server.create_database(name)
    if deployer is not None:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            role = psycopg.sql.Identifier(deployer)
            admin.execute(psycopg.sql.SQL("CREATE ROLE {} LOGIN CREATEROLE").format(role))
            admin.execute(psycopg.sql.SQL("ALTER DATABASE {} OWNER TO {}").format(psycopg.sql.Identifier(name), role))
    migrate.up(server.dsn(name, deployer))
    make_login_role(server)
    with psycopg.connect(server.dsn(name), autocommit=True) as admin:
        populate(admin)
    return Barrier(server, name)


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """A second server of 18, on which nobody has made the two roles yet."""
    with launch("embedded") as server:
        yield server


@pytest.fixture(scope="session", params=["18, by a superuser", "18, by its owner", "15, by a superuser"])
def barrier(request: pytest.FixtureRequest) -> Barrier:
    if request.param == "18, by a superuser":
        return make_barrier(request.getfixturevalue("server"))
    if request.param == "18, by its owner":
        return make_barrier(request.getfixturevalue("own_server"), "deployer")
    return make_barrier(request.getfixturevalue("server15"))


@pytest.fixture
def app(barrier: Barrier) -> Iterator[Connection]:
    """A service's connection to the world that is never to be changed."""
    with barrier.connect(barrier.template) as connection:
        yield connection


@pytest.fixture
def connect(barrier: Barrier) -> Iterator[Callable[[str | None], Connection]]:
    """Connections to a world of the test's own, as ``app`` or, with None, as the superuser; closed at its end."""
    name = f"room_{next(_numbers)}"
    barrier.server.create_database(name, barrier.template)
    opened: list[Connection] = []

    def connect(user: str | None = "app") -> Connection:
        opened.append(barrier.connect(name, user))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()
    barrier.server.drop_database(name)


def _make_whole_world(server: Server) -> Barrier:
    """A world of its own, on which barrier 1 can be tried alone."""
    barrier = make_barrier(server)
    with barrier.connect(barrier.template, None) as admin:
        make_bypass_role(admin, "app")
    return barrier


@pytest.fixture(scope="session")
def whole_world(server: Server) -> Barrier:
    return _make_whole_world(server)


@pytest.fixture(scope="session")
def whole_world_15(server15: Server) -> Barrier:
    return _make_whole_world(server15)


@pytest.fixture(params=IDENTITIES)
def room(request: pytest.FixtureRequest, whole_world: Barrier) -> Iterator[Room]:
    """A whole world of the test's own, with scopes of each kind that has barrier 1."""
    name = f"room_{next(_numbers)}"
    whole_world.server.create_database(name, whole_world.template)
    with ExitStack() as stack:
        stack.callback(whole_world.server.drop_database, name)
        store = stack.enter_context(Store.open(whole_world.server.dsn(name, "app"), min_size=2, max_size=8))
        admin = stack.enter_context(whole_world.connect(name, None))
        yield Room(store, admin, IDENTITIES[request.param])
