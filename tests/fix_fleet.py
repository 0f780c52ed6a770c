"""A fleet on a migrated database: a store that logs in as a service does, three customers, and makers of things."""

from collections.abc import Callable
from itertools import count
from typing import Any, Protocol, TypeAlias
from uuid import UUID

import psycopg
import pytest

from tenantstore import Store
from tenantstore.repositories import connections, customers, device_shares, devices
from tenantstore.repositories.connections import Connection
from tenantstore.repositories.device_shares import DeviceShare
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope

Admin: TypeAlias = psycopg.Connection[tuple[Any, ...]]
NewCustomer: TypeAlias = Callable[[str], TenantScope]


class NewDevice(Protocol):
    """A phone of that customer, or of nobody; further keywords are those of ``devices.create``."""

    def __call__(self, owner: TenantScope | None = None, **values: Any) -> Device: ...


class NewConnection(Protocol):
    """A connection of that device; keywords are those of ``connections.create``."""

    def __call__(self, device: Device, **values: Any) -> Connection: ...


class Share(Protocol):
    """The device shared with that customer, by name of the permissions: ``share(device, bob, "can_rename")``."""

    def __call__(self, device: Device, grantee: TenantScope, *permissions: str) -> DeviceShare: ...


@pytest.fixture
def store(ts_store: Store) -> Store:
    """A store on a database of the test's own."""
    return ts_store


@pytest.fixture
def admin(ts_admin: Admin) -> Admin:
    """The superuser's connection to the same database, for what no function of the library does or shows."""
    return ts_admin


@pytest.fixture
def operator(store: Store) -> Scope:
    return store.operator()


@pytest.fixture
def new_customer(store: Store) -> NewCustomer:
    def new_customer(name: str) -> TenantScope:
        return store.tenant(store.operator().run(customers.create(name, f"{name.lower()}@example.org")).id)

    return new_customer


@pytest.fixture
def ada(new_customer: NewCustomer) -> TenantScope:
    return new_customer("Ada")


@pytest.fixture
def bob(new_customer: NewCustomer) -> TenantScope:
    return new_customer("Bob")


@pytest.fixture
def cyd(new_customer: NewCustomer) -> TenantScope:
    return new_customer("Cyd")


@pytest.fixture
def new_device(operator: Scope) -> NewDevice:
    numbers = count()

    def new_device(owner: TenantScope | None = None, **values: Any) -> Device:
        number = next(numbers)
        customer_id: UUID | None = owner.customer_id if owner else None
        return operator.run(
            devices.create(
                **{"android_id": f"android-{number}", "base_port": 50000 + 4 * number, **values},
                customer_id=customer_id,
            )
        )

    return new_device


@pytest.fixture
def new_connection(operator: Scope) -> NewConnection:
    numbers = count()

    def new_connection(device: Device, **values: Any) -> Connection:
        username = f"user-{next(numbers)}"
        secrets = {"password_hash": f"hash of {username}", "password_plain": f"password of {username}"}
        return operator.run(connections.create(device.id, **{"username": username, **secrets, **values}))

    return new_connection


@pytest.fixture
def share(operator: Scope) -> Share:
    def share(device: Device, grantee: TenantScope, *permissions: str) -> DeviceShare:
        return operator.run(device_shares.create(device.id, grantee.customer_id, **dict.fromkeys(permissions, True)))

    return share


@pytest.fixture
def shared_device(ada: TenantScope, new_device: NewDevice) -> Device:
    """Ada's phone, for a test to share with whom it likes."""
    return new_device(ada, name="Rack 1")
