"""The engines as a class of tests, to be subclassed with a declaration."""

from collections.abc import Iterator
from functools import partial
from itertools import product
from typing import Any, ClassVar

import psycopg
import pytest

from tenantstore import Store
from tenantstore.queries import Query, Scope
from tenantstore.store.identity import Tenant
from tenantstore.testing.fixtures.isolation import count, cover
from tenantstore.testing.isolation import races
from tenantstore.testing.isolation.answers import answer, is_refusal
from tenantstore.testing.isolation.declaration import Isolation
from tenantstore.testing.isolation.modes import MODES, Bypassing, Careless, Run, make_bypass_role, undone
from tenantstore.testing.isolation.trespass import Trespass
from tenantstore.testing.isolation.values import Connection
from tenantstore.testing.isolation.worlds import Worlds, copied, open_worlds
from tenantstore.testing.server import Server

_IDENTITIES: dict[str, type[Tenant]] = {
    "both barriers": Tenant,
    "the statement alone": Bypassing,
    "the database alone": Careless,
}
_SHOWN = 3
# Where nothing hides what is hidden, one question that shows it is enough; it may take a while to hit upon it.
_TRIES = 400


class IsolationTests:
    """Subclass it as ``Test…`` with an :class:`Isolation`; the fixtures may be overridden there."""

    isolation: ClassVar[Isolation]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test for each query."""
        declared = self.isolation
        tenants, operators = declared.names(Scope.TENANT), declared.names(Scope.OPERATOR)
        writes = list(filter(declared.may_write, tenants))
        for engine, names in {"N": tenants, "D": tenants, "T": writes, "R": writes}.items():
            cover(engine, names)
        over = {
            "tenant_query": tenants,
            "operator_query": operators,
            "tenant_write": writes,
            "operator_write": list(filter(declared.may_write, operators)),
        }
        for name in over.keys() & set(metafunc.fixturenames):
            metafunc.parametrize(name, over[name])

    @pytest.fixture(scope="class")
    @classmethod
    def isolation_server(cls, ts_server: Server) -> Server:
        """The server on which the worlds are made. The engines take a superuser there."""
        return ts_server

    @pytest.fixture(scope="class")
    @classmethod
    def migrated_database(cls, ts_session: Any) -> Iterator[str]:
        """The name of an empty, migrated database of the class's own."""
        database = ts_session.take()
        yield database.name
        ts_session.drop(database)

    @pytest.fixture(scope="class")
    @classmethod
    def worlds(cls, isolation_server: Server, migrated_database: str) -> Iterator[list[Worlds]]:
        """For each customer of the declaration, two databases that differ only in what they may not see."""
        declared = cls.isolation
        with psycopg.connect(isolation_server.dsn(migrated_database), autocommit=True) as admin:
            make_bypass_role(admin)
            customers = declared.fill(admin)
        with open_worlds(isolation_server, migrated_database, customers, declared.change, declared.made_anew) as worlds:
            yield worlds

    @pytest.fixture(scope="class")
    @classmethod
    def trespass(cls, worlds: list[Worlds]) -> Trespass:
        """What looks for changes to rows that are not the customer's."""
        return Trespass(worlds[0].values, cls.isolation.writable, cls.isolation.tenant_column)

    @pytest.mark.parametrize("mode", _IDENTITIES)
    def test_what_is_hidden_changes_nothing(self, worlds: list[Worlds], tenant_query: str, mode: str) -> None:
        """N, with both barriers and with either alone."""
        query = self.isolation.query(tenant_query)
        found = _differences(self.isolation, worlds, query, MODES[mode], anybody=mode == "the database alone")

        _fail(found)

    def test_not_even_an_operators_query_shows_what_is_hidden(self, worlds: list[Worlds], operator_query: str) -> None:
        """N, of the database alone: a customer's scope that runs what it must not."""
        query = self.isolation.query(operator_query)
        found = _differences(self.isolation, worlds, query, MODES["the database alone"], anybody=True)

        _fail(found)

    def test_what_is_hidden_shows_where_nothing_hides_it(self, worlds: list[Worlds], tenant_query: str) -> None:
        """N is worth something only where it would notice: for the operator, the two databases differ."""
        query = self.isolation.query(tenant_query)
        found = any(
            world.difference(_operators, partial(query, **parameters))
            for world in worlds
            for parameters in world.questions(query, _TRIES, self.isolation.values, anybody=True)
        )

        if not found:
            _fail([f"{tenant_query}: nothing of what is hidden would show in it; let `change` change what it reads"])

    def test_row_level_security_takes_nothing_away(self, worlds: list[Worlds], tenant_query: str) -> None:
        """D: what the statement gives, the database gives too."""
        query, found = self.isolation.query(tenant_query), []
        for world in worlds:
            for parameters in world.questions(query, self.isolation.examples, self.isolation.values):
                count("D", query.name)
                answers = [
                    answer(partial(MODES[mode], world.one, world.customer_id, query(**parameters)), world.known)
                    for mode in ("both barriers", "the statement alone")
                ]
                if answers[0] != answers[1]:
                    names = "with row-level security", "without it"
                    found.append(_told(query, world, parameters, dict(zip(names, answers, strict=True))))

        _fail(found)

    @pytest.mark.parametrize("mode", _IDENTITIES)
    def test_nothing_changes_that_is_not_theirs(
        self, worlds: list[Worlds], trespass: Trespass, tenant_write: str, mode: str
    ) -> None:
        """T, with both barriers and with either alone."""
        anybody = mode == "the database alone"
        found = _trespasses(self.isolation, trespass, worlds, tenant_write, _IDENTITIES[mode], anybody)

        _fail(found)

    def test_not_even_an_operators_query_changes_what_is_not_theirs(
        self, worlds: list[Worlds], trespass: Trespass, operator_write: str
    ) -> None:
        """T, of the database alone."""
        found = _trespasses(self.isolation, trespass, worlds, operator_write, Careless, anybody=True)

        _fail(found)

    def test_a_write_that_waited_for_the_end_of_its_permission_is_refused(
        self, worlds: list[Worlds], isolation_server: Server, migrated_database: str
    ) -> None:
        """R: for each ending and each write, the first question whose answer it changes."""
        found = []
        for world, (name, ending) in product(worlds, self.isolation.endings.items()):
            for query, parameters, expected in _ended(self.isolation, world, ending):
                count("R", query.name)
                with copied(isolation_server, migrated_database) as copy:
                    waited, got = _race(isolation_server, copy, world, query, parameters, ending)
                if waited and got != expected:
                    answers = {f"after {name}": expected, f"when it waited for {name}": got}
                    found.append(_told(query, world, parameters, answers))

        _fail(found)


def _fail(found: list[str]) -> None:
    """Fail where something was found, with the first of it; an assert would repeat it all as a list."""
    __tracebackhide__ = True
    if found:
        raise AssertionError("\n".join(found[:_SHOWN]))


def _operators(store: Store, _customer: Any, statement: Any) -> Any:
    return undone(store.operator(), statement)


def _differences(declared: Isolation, worlds: list[Worlds], query: Query[Any], run: Run, anybody: bool) -> list[str]:
    """The first questions to which two worlds answer differently, as text."""
    found: list[str] = []
    for world in worlds:
        for parameters in world.questions(query, declared.examples, declared.values, anybody):
            count("N", query.name)
            difference = world.difference(run, partial(query, **parameters))
            if difference is not None:
                names = "as it is", "with what is hidden changed"
                found.append(_told(query, world, parameters, dict(zip(names, difference, strict=True))))
                if len(found) == _SHOWN:
                    return found
    return found


def _trespasses(
    declared: Isolation, trespass: Trespass, worlds: list[Worlds], name: str, identity: type[Tenant], anybody: bool
) -> list[str]:
    query, found = declared.query(name), list[str]()
    for world in worlds:
        for parameters in world.questions(query, declared.examples, declared.values, anybody):
            count("T", query.name)
            changes = trespass.find(world.one, identity(world.customer_id), query(**parameters))
            if changes:
                found.append(_told(query, world, parameters, {"changed": list(map(str, changes[:_SHOWN]))}))
                if len(found) == _SHOWN:
                    return found
    return found


def _ended(declared: Isolation, world: Worlds, ending: str) -> Iterator[tuple[Query[Any], dict[str, Any], Any]]:
    """For each write of a tenant, the first question whose answer the ending changes, and what that is then."""
    identity = Tenant(world.customer_id)
    for query in map(declared.query, filter(declared.may_write, declared.names(Scope.TENANT))):
        for parameters in world.questions(query, declared.examples, declared.values):
            make = partial(query, **parameters)
            before = answer(partial(_undone, world, make), world.known)
            if is_refusal(before):
                continue
            then = races.after(world.one, identity, ending, make, world.known)
            if then is not None and then != before:
                yield query, parameters, then
                break


def _undone(world: Worlds, make: races.Make) -> Any:
    return undone(world.one.tenant(world.customer_id), make())


def _race(
    server: Server, copy: str, world: Worlds, query: Query[Any], parameters: dict[str, Any], ending: str
) -> tuple[bool, Any]:
    dsn, make = server.dsn(copy), partial(query, **parameters)
    with Store.open(dsn, max_size=1) as store, psycopg.connect(dsn, autocommit=True) as admin:
        return races.meet(store, admin, world.customer_id, ending, make, world.known)


def _told(query: Query[Any], world: Worlds, parameters: dict[str, Any], answers: dict[str, Any]) -> str:
    asked = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
    lines = [f"{query.source.path}", f"  customer {world.customer_id} asked {query.name}({asked})"]
    return "\n".join(lines + [f"    {name}: {value!r}" for name, value in answers.items()])


__all__ = ["Connection", "IsolationTests"]
