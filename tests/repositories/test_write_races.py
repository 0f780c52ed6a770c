"""Who may write while what permits it is being taken away: the write waits, and then finds itself refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from tenantstore.errors import NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import customers, device_commands, device_shares, devices, pairing_codes, rotation_links
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Share
from tests.repositories.conftest import Behind


@dataclass(frozen=True)
class Case:
    """Ada's device, Bob's share of it by which he may rotate, a link to it; who it goes to."""

    device_id: UUID
    share_id: UUID
    link_id: UUID
    owner_id: UUID
    grantee_id: UUID
    next_owner_id: UUID


TAKEN_FROM_A_GRANTEE: dict[str, Callable[[Case], Statement[Any]]] = {
    "revoke": lambda c: device_shares.delete(c.share_id),
    "take the permission": lambda c: device_shares.update(c.share_id, True, True, True, False),
    "suspend the owner": lambda c: customers.update_active(c.owner_id, active=False),
    "change the owner": lambda c: devices.set_customer_id(c.device_id, c.next_owner_id),
}
OWNERS_WRITES: dict[str, Callable[[Case], Statement[Any]]] = {
    "send": lambda c: device_commands.create_for_customer(c.device_id, c.owner_id, "reboot"),
    "link": lambda c: rotation_links.create_for_customer(c.device_id, c.owner_id),
    "unlink": lambda c: rotation_links.delete_for_customer(c.link_id, c.owner_id),
    "replace": lambda c: pairing_codes.create_for_customer(
        c.owner_id, datetime.now(UTC), reassign_device_id=c.device_id
    ),
}


@pytest.fixture
def case(
    operator: Scope, ada: TenantScope, bob: TenantScope, cyd: TenantScope, shared_device: Device, share: Share
) -> Case:
    given = share(shared_device, bob, "can_rotate_ip")
    link = operator.run(rotation_links.create(shared_device.id, "token"))
    return Case(shared_device.id, given.id, link.id, ada.customer_id, bob.customer_id, cyd.customer_id)


@pytest.mark.parametrize("barrier", ["the customer's scope", "the statement alone"])
@pytest.mark.parametrize("taken", TAKEN_FROM_A_GRANTEE)
def test_a_grantee_who_may_no_longer_rotate_does_not(
    operator: Scope, bob: TenantScope, case: Case, behind: Behind, barrier: str, taken: str
) -> None:
    write = device_commands.create_for_customer(case.device_id, case.grantee_id, "rotate_ip")
    with operator.transaction() as transaction:
        transaction.run(TAKEN_FROM_A_GRANTEE[taken](case))
        outcome = behind(write, bob if barrier == "the customer's scope" else operator)

    assert outcome.result() is NotFound
    assert operator.run(device_commands.list_by_device(case.device_id)) == []


@pytest.mark.parametrize("barrier", ["the customer's scope", "the statement alone"])
@pytest.mark.parametrize("write", OWNERS_WRITES)
def test_who_owns_a_device_no_longer_does_not_write(
    operator: Scope, ada: TenantScope, case: Case, behind: Behind, barrier: str, write: str
) -> None:
    with operator.transaction() as transaction:
        transaction.run(devices.set_customer_id(case.device_id, case.next_owner_id))
        outcome = behind(OWNERS_WRITES[write](case), ada if barrier == "the customer's scope" else operator)

    assert outcome.result() is NotFound
