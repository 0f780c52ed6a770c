from uuid import uuid4

import psycopg
import pytest

from tenantstore.repositories import relay_servers
from tenantstore.store import Scope
from tests.fix_fleet import Admin


def test_create_makes_an_active_server(operator: Scope) -> None:
    relay = operator.run(relay_servers.create("Berlin", "192.0.2.1", location="DE"))

    assert (relay.name, relay.ip, relay.location, relay.active) == ("Berlin", "192.0.2.1", "DE", True)


def test_create_refuses_an_address_that_is_taken(operator: Scope) -> None:
    operator.run(relay_servers.create("Berlin", "192.0.2.1"))

    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(relay_servers.create("Bern", "192.0.2.1"))


def test_get_by_id_finds_the_server(operator: Scope) -> None:
    relay = operator.run(relay_servers.create("Berlin", "192.0.2.1"))

    assert operator.run_all(relay_servers.get_by_id(relay.id), relay_servers.get_by_id(uuid4())) == (relay, None)


def test_lists_are_by_name_then_id_and_one_of_them_of_active_servers(operator: Scope, admin: Admin) -> None:
    oslo, bern, other = (
        operator.run(relay_servers.create(name, f"192.0.2.{number}"))
        for number, name in enumerate(["Oslo", "Bern", "Bern"])
    )
    admin.execute("UPDATE relay_servers SET active = false WHERE id = %s", [bern.id])
    stopped = operator.run(relay_servers.get_by_id(bern.id))
    assert stopped is not None

    assert operator.run(relay_servers.list_active()) == [other, oslo]
    assert operator.run(relay_servers.list_all()) == [*sorted([stopped, other], key=lambda relay: relay.id), oslo]
