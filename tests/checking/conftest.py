"""Migrated databases on servers of their own: what is done to roles here is no other test's business."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from typing import Protocol

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.checking import Finding, examine
from tenantstore.checking.tenancy import TenantModel
from tenantstore.testing import NoProvider, Server, launch

TEMPLATE = "healthy"
LaunchMigrated = Callable[[int, str | None], Server]

_numbers = count(1)


class Patient(Protocol):
    """What the doctor finds in a database of the test's own after ``sabotage``; ``undo`` is for what outlives it."""

    def __call__(
        self, sabotage: str, undo: str = "", user: str | None = "app", model: TenantModel | None = None
    ) -> list[Finding]: ...


@pytest.fixture(scope="session")
def launch_migrated() -> Iterator[LaunchMigrated]:
    """A server of that version, a database on it migrated by that role or by the superuser, and a service's login."""
    with ExitStack() as stack:

        def launch_migrated(version: int, deployer: str | None) -> Server:
            try:
                server = stack.enter_context(launch("embedded") if version == 18 else launch("local", version=version))
            except NoProvider as error:
                pytest.skip(str(error))
            server.create_database(TEMPLATE)
            with psycopg.connect(server.dsn(), autocommit=True) as admin:
                if deployer:
                    admin.execute(f"CREATE ROLE {deployer} LOGIN CREATEROLE")
                    admin.execute(f"ALTER DATABASE {TEMPLATE} OWNER TO {deployer}")
                migrate.up(server.dsn(TEMPLATE, deployer))
                admin.execute("CREATE ROLE app LOGIN NOINHERIT")
                admin.execute("GRANT tenantstore_tenant, tenantstore_operator TO app")
            return server

        yield launch_migrated


@pytest.fixture(scope="session")
def ward(launch_migrated: LaunchMigrated) -> Server:
    """The newest server, migrated by the superuser."""
    return launch_migrated(18, None)


@pytest.fixture
def patient(ward: Server) -> Iterator[Patient]:
    name = f"patient_{next(_numbers)}"
    ward.create_database(name, TEMPLATE)

    def patient(
        sabotage: str, undo: str = "", user: str | None = "app", model: TenantModel | None = None
    ) -> list[Finding]:
        with psycopg.connect(ward.dsn(name), autocommit=True) as admin:
            admin.execute(sabotage.replace("$database", name))
            try:
                return examine(ward.dsn(name, user), model)
            finally:
                admin.execute(undo.replace("$database", name))

    yield patient
    ward.drop_database(name)
