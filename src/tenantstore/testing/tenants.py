"""Two customers with what a test about customers needs."""

from dataclasses import dataclass
from uuid import UUID

from tenantstore import Store
from tenantstore.repositories import connections, customers, device_shares, devices
from tenantstore.repositories.connections import Connection
from tenantstore.repositories.customers import Customer
from tenantstore.repositories.device_shares import DeviceShare
from tenantstore.repositories.devices import Device
from tenantstore.store import TenantScope

_FIRST_PORT = 40000
_PORTS = 4


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer, the scope that acts for them, their devices and the connection on each of these."""

    customer: Customer
    scope: TenantScope
    devices: tuple[Device, Device]
    connections: tuple[Connection, Connection]

    @property
    def id(self) -> UUID:
        return self.customer.id


@dataclass(frozen=True, slots=True)
class Tenants:
    """Ada and Bob, and the ``share`` by which Bob may rename the first of Ada's devices."""

    ada: Tenant
    bob: Tenant
    share: DeviceShare


def make_tenants(store: Store) -> Tenants:
    """Make them in five round trips."""
    operator = store.operator()
    ada, bob = operator.run_all(customers.create("Ada", "ada@example.org"), customers.create("Bob", "bob@example.org"))
    phones = operator.run_all(
        *(
            devices.create(
                f"android-{number}",
                _FIRST_PORT + _PORTS * number,
                name=f"{who.name}'s phone {1 + number % 2}",
                customer_id=who.id,
            )
            for number, who in enumerate((ada, ada, bob, bob))
        )
    )
    links = operator.run_all(
        *(
            connections.create(
                phone.id, username=f"user-{number}", password_hash=f"hash-{number}", password_plain=f"password-{number}"
            )
            for number, phone in enumerate(phones)
        )
    )
    share = operator.run(device_shares.create(phones[0].id, bob.id, can_rename=True))
    return Tenants(
        Tenant(ada, store.tenant(ada.id), (phones[0], phones[1]), (links[0], links[1])),
        Tenant(bob, store.tenant(bob.id), (phones[2], phones[3]), (links[2], links[3])),
        share,
    )
