from collections.abc import Callable

import pytest

from tenantstore.repositories import ip_history
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import NewDevice
from tests.repositories.conftest import ONLOOKERS, ROTATORS, Onlooker


@pytest.mark.parametrize(
    ("ip", "host"),
    [("198.51.100.7", "198.51.100.7"), ("198.51.100.7/24", "198.51.100.7"), ("2001:DB8:0::7", "2001:db8::7")],
)
def test_an_address_is_the_bare_host(operator: Scope, shared_device: Device, ip: str, host: str) -> None:
    entry = operator.run(ip_history.create(shared_device.id, ip))

    assert (entry.device_id, entry.ip, entry.method) == (shared_device.id, host, "natural")
    assert operator.run(ip_history.list_by_device(shared_device.id)) == [entry]


def test_lists_are_of_one_device_newest_first(
    operator: Scope, ada: TenantScope, shared_device: Device, new_device: NewDevice
) -> None:
    first, second, third = (
        operator.run(ip_history.create(shared_device.id, f"198.51.100.{n}", "rotation")) for n in range(3)
    )
    operator.run(ip_history.create(new_device(ada).id, "198.51.100.9"))
    mine = (shared_device.id, ada.customer_id)

    assert operator.run(ip_history.list_by_device(shared_device.id)) == [third, second, first]
    assert operator.run(ip_history.list_by_device(shared_device.id, limit=2)) == [third, second]
    assert ada.run(ip_history.list_by_device_for_customer(*mine)) == [third, second, first]
    assert ada.run(ip_history.list_by_device_for_customer(*mine, limit=2)) == [third, second]


@pytest.mark.parametrize("who", ONLOOKERS)
def test_who_may_rotate_sees_the_addresses(
    operator: Scope, shared_device: Device, onlooker: Callable[[str], Onlooker], who: str
) -> None:
    entry = operator.run(ip_history.create(shared_device.id, "198.51.100.7"))
    me = onlooker(who)
    seen = me.scope.run(ip_history.list_by_device_for_customer(shared_device.id, me.customer_id))

    assert seen == ([entry] if who in ROTATORS else [])
