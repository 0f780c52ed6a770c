"""Who looks at a device of Ada's, the codes for one, and statements that meet."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from time import sleep
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from tenantstore.errors import NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import customers, devices, pairing_codes
from tenantstore.repositories.devices import Device
from tenantstore.repositories.pairing_codes import PairingCode
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin, Share

Behind: TypeAlias = Callable[..., Future[Any]]
Late: TypeAlias = Callable[[Statement[Any], Statement[Any]], Any]
NewCode: TypeAlias = Callable[..., PairingCode]
Reload: TypeAlias = Callable[[Device], Device]

ROTATORS = ("owner", "grantee who may rotate")
ONLOOKERS = (*ROTATORS, "grantee who may all else", "stranger", "grantee of a suspended owner")


class Nowhere(tzinfo):
    """A zone that has no time, which Python takes for none."""

    def utcoffset(self, when: datetime | None) -> None:
        return None

    dst = tzname = utcoffset

    def __repr__(self) -> str:
        # In the name of a test, which is the same in every process that runs some of them.
        return "Nowhere()"


@dataclass(frozen=True)
class Onlooker:
    """A customer, and the scope in which their statements are run."""

    customer_id: UUID
    scope: Scope


@pytest.fixture(params=["the customer's scope", "the statement alone"])
def onlooker(
    request: pytest.FixtureRequest,
    operator: Scope,
    ada: TenantScope,
    bob: TenantScope,
    cyd: TenantScope,
    shared_device: Device,
    share: Share,
) -> Callable[[str], Onlooker]:
    """One of ``ONLOOKERS`` on the shared device; asked once a test. Cyd has every permission, which is nobody else's.

    The policies let the operator pass, who may run a customer's statement to act as them: there it alone must hold.
    """

    share(shared_device, cyd, "can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")

    def onlooker(who: str) -> Onlooker:
        match who:
            case "owner" | "stranger":
                pass
            case "grantee who may rotate":
                share(shared_device, bob, "can_rotate_ip")
            case "grantee who may all else":
                share(shared_device, bob, "can_rename", "can_manage_ports", "can_download_configs")
            case "grantee of a suspended owner":
                share(shared_device, bob, "can_rename", "can_manage_ports", "can_download_configs", "can_rotate_ip")
                operator.run(customers.update_active(ada.customer_id, active=False))
            case _:
                raise AssertionError(who)
        customer = ada if who == "owner" else bob
        return Onlooker(customer.customer_id, operator if request.param == "the statement alone" else customer)

    return onlooker


@pytest.fixture
def new_code(operator: Scope) -> NewCode:
    """An operator's pairing code that lasts an hour; keywords are those of ``pairing_codes.create``."""

    def new_code(code: str = "CODE", lasts: timedelta = timedelta(hours=1), **values: Any) -> PairingCode:
        return operator.run(pairing_codes.create(code, f"token of {code}", datetime.now(UTC) + lasts, **values))

    return new_code


@pytest.fixture
def reload(operator: Scope) -> Reload:
    """The device as it is now."""

    def reload(device: Device) -> Device:
        found = operator.run(devices.get_by_id(device.id))
        assert found is not None
        return found

    return reload


@pytest.fixture
def behind(operator: Scope, admin: Admin) -> Iterator[Behind]:
    """Run a statement that must come to wait behind a lock. Its result, or NotFound, when what it waits for is over."""

    def attempt(statement: Statement[Any], scope: Scope) -> Any:
        try:
            return scope.run(statement)
        except NotFound:
            return NotFound

    def behind(statement: Statement[Any], scope: Scope = operator) -> Future[Any]:
        outcome = pool.submit(attempt, statement, scope)
        while not is_somebody_waiting(admin):
            # Otherwise they never met, and the test would show nothing.
            assert not outcome.done(), f"it did not wait: {outcome.result()}"
            sleep(0.001)
        return outcome

    with ThreadPoolExecutor(1) as pool:
        yield behind


@pytest.fixture
def late(operator: Scope, behind: Behind) -> Late:
    """What the second statement gives, or NotFound, when it comes while the first is done and not yet committed."""

    def late(first: Statement[Any], second: Statement[Any]) -> Any:
        with operator.transaction() as transaction:
            transaction.run(first)
            outcome = behind(second)
        return outcome.result()

    return late


def is_somebody_waiting(admin: Admin) -> bool:
    """Whether a statement stands behind a lock in this database."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return admin.execute(waiting).rowcount > 0


def may(scope: Scope, statement: Statement[Any]) -> bool:
    """Whether the customer may do that; if so, it is done."""
    try:
        scope.run(statement)
    except NotFound:
        return False
    return True
