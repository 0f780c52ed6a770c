from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tenantstore.repositories import status_logs
from tenantstore.repositories.devices import Device
from tenantstore.repositories.status_logs import StatusLog
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import NewDevice
from tests.repositories.conftest import ONLOOKERS, ROTATORS, Onlooker

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def logs(operator: Scope, ada: TenantScope, shared_device: Device, new_device: NewDevice) -> list[StatusLog]:
    """Three of the shared device, newest first, which were noted in another order; there is one of another's too."""
    noted = [
        operator.run(status_logs.create(shared_device.id, "online", "offline", NOON - each * MINUTE))
        for each in (1, 0, 2)
    ]
    operator.run(status_logs.create(new_device(ada).id, "online", "offline", NOON))
    return [noted[1], noted[0], noted[2]]


def test_create_notes_a_change(shared_device: Device, logs: list[StatusLog]) -> None:
    newest = logs[0]

    assert (newest.device_id, newest.status, newest.previous_status, newest.changed_at) == (
        shared_device.id,
        "online",
        "offline",
        NOON,
    )


def test_lists_are_of_one_device_last_change_first(
    operator: Scope, ada: TenantScope, shared_device: Device, logs: list[StatusLog]
) -> None:
    mine = (shared_device.id, ada.customer_id)

    assert operator.run(status_logs.list_by_device(shared_device.id)) == logs
    assert operator.run(status_logs.list_by_device(shared_device.id, limit=2)) == logs[:2]
    assert ada.run(status_logs.list_by_device_for_customer(*mine)) == logs
    assert ada.run(status_logs.list_by_device_for_customer(*mine, limit=2)) == logs[:2]


@pytest.mark.parametrize(("before", "index"), [(NOON + MINUTE, 0), (NOON, 1), (NOON - MINUTE, 2)])
def test_last_before_is_the_status_just_then(
    operator: Scope, shared_device: Device, logs: list[StatusLog], before: datetime, index: int
) -> None:
    assert operator.run(status_logs.last_before(shared_device.id, before)) == logs[index]


def test_before_the_first_change_there_is_no_status(
    operator: Scope, shared_device: Device, logs: list[StatusLog]
) -> None:
    assert operator.run(status_logs.last_before(shared_device.id, logs[-1].changed_at)) is None


def test_has_logs_tells_whether_there_are_any(
    operator: Scope, ada: TenantScope, shared_device: Device, logs: list[StatusLog], new_device: NewDevice
) -> None:
    both = operator.run_all(status_logs.has_logs(shared_device.id), status_logs.has_logs(new_device(ada).id))

    assert both == (True, False)


@pytest.mark.parametrize("who", ONLOOKERS)
def test_who_may_rotate_sees_the_logs(
    shared_device: Device, logs: list[StatusLog], onlooker: Callable[[str], Onlooker], who: str
) -> None:
    me = onlooker(who)
    seen = me.scope.run(status_logs.list_by_device_for_customer(shared_device.id, me.customer_id))

    assert seen == (logs if who in ROTATORS else [])
