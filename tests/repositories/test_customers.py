from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore.errors import CustomerNotActive, NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import connections, customers, devices
from tenantstore.repositories.customers import Customer, CustomerStats
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, NewConnection, NewDevice, Share

Change = Callable[[UUID], Statement[Customer]]

CHANGES: dict[str, tuple[Change, dict[str, Any]]] = {
    "name and e-mail": (
        lambda id: customers.update(id, "Ann", "ann@example.org"),
        {"name": "Ann", "email": "ann@example.org"},
    ),
    "suspended": (lambda id: customers.update_active(id, active=False), {"active": False}),
    "verified": (lambda id: customers.update_email_verified(id, True), {"email_verified": True}),
    "password": (lambda id: customers.update_password_hash(id, "new hash"), {"password_hash": "new hash"}),
    "google": (
        lambda id: customers.link_google_account(id, "g1", "ann@gmail.example"),
        {"google_id": "g1", "google_email": "ann@gmail.example"},
    ),
}


def test_a_new_customer_is_active_and_cannot_log_in(operator: Scope) -> None:
    customer = operator.run(customers.create("Ann", "Ann@example.org"))

    assert customer == Customer(
        id=customer.id,
        name="Ann",
        email="Ann@example.org",
        active=True,
        created_at=customer.created_at,
        updated_at=customer.created_at,
        password_hash=None,
        email_verified=False,
        google_id=None,
        google_email=None,
    )


@pytest.mark.parametrize("verified", [False, True])
def test_a_new_customer_with_a_password_can_log_in(operator: Scope, verified: bool) -> None:
    customer = operator.run(customers.create_with_auth("Ann", "ann@example.org", "hash", email_verified=verified))

    assert (customer.password_hash, customer.email_verified, customer.active) == ("hash", verified, True)
    assert operator.run(customers.get_by_id(customer.id)) == customer


def test_an_email_is_one_customers(operator: Scope) -> None:
    operator.run(customers.create("Ann", "ann@example.org"))

    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(customers.create_with_auth("Another", "ann@example.org", "hash"))


EMAILS = [
    ("ann@example.org", "ann@example.org"),
    ("Ann@Example.org", "Ann@Example.org"),
    ("ANN@EXAMPLE.ORG", "Ann@Example.org"),
    ("an@example.org", None),
    ("a%", None),
    ("", None),
]


@pytest.mark.parametrize(("asked", "found"), EMAILS)
def test_an_email_is_found_in_any_case_the_exact_one_first_then_the_oldest(
    operator: Scope, asked: str, found: str | None
) -> None:
    made = {email: operator.run(customers.create("Ann", email)) for email in ("Ann@Example.org", "ann@example.org")}

    assert operator.run(customers.get_by_email(asked)) == (made[found] if found else None)


def test_a_google_account_finds_its_customer(operator: Scope, ada: TenantScope, bob: TenantScope) -> None:
    linked = operator.run(customers.link_google_account(ada.customer_id, "g1", "ada@gmail.example"))

    assert operator.run_all(customers.get_by_google_id("g1"), customers.get_by_google_id("g2")) == (linked, None)
    with pytest.raises(psycopg.errors.UniqueViolation):
        operator.run(customers.link_google_account(bob.customer_id, "g1", "ada@gmail.example"))


def test_all_customers_come_by_name_then_id(operator: Scope) -> None:
    made = [operator.run(customers.create(name, f"{n}@example.org")) for n, name in enumerate("bacb")]

    assert operator.run(customers.list_all()) == sorted(made, key=lambda c: (c.name, c.id))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_that_change_and_no_other(operator: Scope, name: str) -> None:
    other = operator.run(customers.create("Bob", "bob@example.org"))
    customer = operator.run(customers.create_with_auth("Ada", "ada@example.org", "hash"))
    change, expected = CHANGES[name]
    changed = operator.run(change(customer.id))

    assert changed == replace(customer, **expected, updated_at=changed.updated_at)
    assert changed.updated_at > customer.updated_at
    assert operator.run_all(customers.get_by_id(customer.id), customers.get_by_id(other.id)) == (changed, other)


@pytest.mark.parametrize("change", [change for change, _ in CHANGES.values()])
def test_a_change_to_no_customer_is_not_found(operator: Scope, change: Change) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


def test_a_suspended_customer_is_let_in_again_when_the_suspension_ends(operator: Scope, ada: TenantScope) -> None:
    operator.run(customers.update_active(ada.customer_id, active=False))

    with pytest.raises(CustomerNotActive):
        ada.run(customers.get_for_customer(ada.customer_id))
    operator.run(customers.update_active(ada.customer_id, active=True))
    assert ada.run(customers.get_for_customer(ada.customer_id)) is not None


def test_a_customer_sees_their_own_row_without_secrets(operator: Scope, bob: TenantScope, ada: TenantScope) -> None:
    operator.run(customers.update_password_hash(ada.customer_id, "hash"))
    customer = operator.run(customers.link_google_account(ada.customer_id, "g1", "ada@gmail.example"))

    seen = ada.run(customers.get_for_customer(ada.customer_id))
    assert seen == replace(customer, password_hash=None, google_id=None)
    assert operator.run(customers.get_for_customer(uuid4())) is None


@pytest.mark.parametrize("barrier", ["the customer's scope", "the statement alone"])
def test_stats_count_what_is_the_customers_own(
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    cyd: TenantScope,
    new_device: NewDevice,
    new_connection: NewConnection,
    share: Share,
    admin: Admin,
    barrier: str,
) -> None:
    def device(owner: TenantScope | None, *used: int | None) -> Device:
        device = new_device(owner)
        for each in used:
            connection = new_connection(device)
            admin.execute("UPDATE proxy_connections SET bandwidth_used = %s WHERE id = %s", [each, connection.id])
        return device

    mine = [device(ada, 2**62, None), device(ada, 5, 7), device(ada)]
    share(mine[0], bob)
    share(mine[0], cyd)
    share(mine[1], bob)
    share(device(bob, 100), ada)
    device(None, 1000)
    asked = [(ada, CustomerStats(3, 3, 2**62 + 12)), (bob, CustomerStats(1, 1, 100)), (cyd, CustomerStats(0, 0, 0))]

    for me, stats in asked:
        scope = me if barrier == "the customer's scope" else operator
        assert scope.run(customers.get_stats_for_customer(me.customer_id)) == stats


def test_nobody_has_no_stats(operator: Scope) -> None:
    assert operator.run(customers.get_stats_for_customer(uuid4())) is None


def test_a_repr_shows_no_password(operator: Scope) -> None:
    assert "secret" not in repr(operator.run(customers.create_with_auth("Ann", "ann@example.org", "secret")))


def test_a_customer_who_is_suspended_keeps_everything(
    operator: Scope, ada: TenantScope, shared_device: Device, new_connection: NewConnection
) -> None:
    connection = new_connection(shared_device)
    operator.run(customers.update_active(ada.customer_id, active=False))

    assert operator.run_all(devices.list_all(), connections.list_all()) == ([shared_device], [connection])
