"""Who acts in the demo and what is said of it, and the database they act on."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import psycopg

from tenantstore import Statement, Store, migrate
from tenantstore.errors import TenantstoreError
from tenantstore.store import Scope
from tenantstore.testing import Server

T = TypeVar("T")

DATABASE = "demo"
LOGIN = "app"


@dataclass(frozen=True, slots=True)
class Line:
    """Who did what, and what came of it; ``refused`` where nothing was to be had."""

    who: str
    does: str
    gets: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """A few things that belong together."""

    title: str
    lines: Iterable[Line]


@dataclass(frozen=True, slots=True)
class Person:
    """A customer, or whoever else acts, and the scope they act in."""

    name: str
    id: UUID
    scope: Scope

    def tries(self, does: str, statement: Statement[T], show: Callable[[T], str | None]) -> Line:
        """Run a statement in their scope; an error is told in its own words."""
        try:
            gets = show(self.scope.run(statement))
        except TenantstoreError as error:
            return Line(self.name, does, f"{type(error).__name__}: {str(error).replace(str(self.id), self.name)}", True)
        return Line(self.name, does, "None" if gets is None else gets, gets is None)


@contextmanager
def open_store(server: Server) -> Iterator[Store]:
    """A migrated database on the server, and a store that logs in to it as a service should."""
    server.create_database(DATABASE)
    migrate.up(server.dsn(DATABASE))
    with psycopg.connect(server.dsn(DATABASE), autocommit=True) as administrator:
        # By itself it may read nothing: it enters one of the two roles for each transaction.
        administrator.execute("CREATE ROLE app LOGIN NOINHERIT IN ROLE tenantstore_tenant, tenantstore_operator")
    with Store.open(server.dsn(DATABASE, LOGIN)) as store:
        yield store
