"""A database with notes of two customers, Ada and Bob, and stores of both kinds on it; Cyd is suspended."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.testing import Server, launch
from tenantstore.testing.faults import Faults
from tests.store.either import Either, open_either
from tests.store.notes import SETUP

_numbers = count(1)

Admin = psycopg.Connection[tuple[Any, ...]]
Open = Callable[..., Either]

# The store's own default.
_SECONDS = 60.0


class Clock:
    """The store's, before a proxy. While a fault lasts it leaps over the store's time at every look: no test waits for
    that, and none loses an answer to it that only the machine was slow to give."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._over = 0
        self._ahead = 0.0

    def __call__(self) -> float:
        if self._faults.struck > self._over:
            self._ahead += _SECONDS
        return monotonic() + self._ahead

    def heal(self) -> None:
        """The fault is over."""
        self._faults.heal()
        self._over = self._faults.struck


@pytest.fixture(scope="session")
def notes_template(server: Server, migrated_template: str) -> str:
    server.create_database("notes", migrated_template)
    with psycopg.connect(server.dsn("notes"), autocommit=True) as admin:
        make_login_role(admin)
        admin.execute(SETUP)
    return "notes"


@pytest.fixture
def admin(server: Server, notes_template: str) -> Iterator[Admin]:
    """The superuser's look at the test's own database."""
    name = f"notes_{next(_numbers)}"
    server.create_database(name, notes_template)
    with psycopg.connect(server.dsn(name), autocommit=True) as admin:
        yield admin
    server.drop_database(name)


@pytest.fixture
def dsn(admin: Admin, server: Server) -> str:
    """The test's own database, as a service logs in to it."""
    return server.dsn(admin.info.dbname, "app")


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def open_store(kind: str, dsn: str) -> Iterator[Open]:
    """Open a store of either kind with options; on the test's database unless another DSN is given."""
    with ExitStack() as stack:

        def begin(at: str = dsn, **options: Any) -> Either:
            return stack.enter_context(open_either(kind, at, **options))

        yield begin


@pytest.fixture
def either(open_store: Open) -> Either:
    """A store of either kind with one connection."""
    return open_store()


@pytest.fixture
def faults(dsn: str) -> Iterator[Faults]:
    """A proxy before the test's own database that counts round trips and can cut, stall and vanish."""
    with Faults(dsn) as faults:
        yield faults


@pytest.fixture
def clock(faults: Faults, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(faults)
    monkeypatch.setattr("tenantstore.store.wire.monotonic", clock)
    return clock


@pytest.fixture
def ada(admin: Admin) -> UUID:
    return _id(admin, "Ada")


@pytest.fixture
def bob(admin: Admin) -> UUID:
    return _id(admin, "Bob")


@pytest.fixture
def cyd(admin: Admin) -> UUID:
    return _id(admin, "Cyd")


def _id(admin: Admin, name: str) -> UUID:
    row = admin.execute("SELECT id FROM customers WHERE name = %s", [name]).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


@pytest.fixture
def own_server(server: Server) -> Iterator[Server]:
    """A server that the test may restart, with the notes in its database ``postgres``."""
    with launch("embedded") as own:
        set_up(own)
        yield own


@pytest.fixture(scope="session")
def oldest_server(server15: Server) -> Server:
    """The oldest PostgreSQL that is supported, with the notes in its database ``notes``."""
    set_up(server15, "notes")
    return server15


def set_up(server: Server, database: str = "postgres") -> None:
    """Make the notes on a server on which nothing is yet."""
    if database != "postgres":
        server.create_database(database)
    migrate.up(server.dsn(database))
    with psycopg.connect(server.dsn(database), autocommit=True) as admin:
        make_login_role(admin)
        admin.execute(SETUP)


def make_login_role(admin: Admin) -> None:
    """The role of a service: a member of both roles that by itself may do nothing."""
    if not admin.execute("SELECT FROM pg_roles WHERE rolname = 'app'").rowcount:
        admin.execute("CREATE ROLE app LOGIN NOINHERIT")
    admin.execute("GRANT tenantstore_tenant, tenantstore_operator TO app")
