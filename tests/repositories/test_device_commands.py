from collections.abc import Callable
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from tenantstore.errors import NotFound
from tenantstore.queries import Statement
from tenantstore.repositories import device_commands
from tenantstore.repositories.device_commands import CommandStatus, CommandType, DeviceCommand
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import NewDevice
from tests.repositories.conftest import ONLOOKERS, ROTATORS, Late, Onlooker, may


@pytest.fixture
def reboot(operator: Scope, shared_device: Device) -> DeviceCommand:
    return operator.run(device_commands.create(shared_device.id, "reboot"))


@pytest.mark.parametrize("payload", [None, {}, {"wait_seconds": 5, "nested": [{"k": None}], "name": "Ä'\"\\"}])
def test_create_makes_a_pending_command(operator: Scope, shared_device: Device, payload: dict[str, Any] | None) -> None:
    command = operator.run(device_commands.create(shared_device.id, "update_config", payload))

    assert (command.type, command.status, command.payload, command.result, command.executed_at) == (
        "update_config",
        "pending",
        payload or {},
        {},
        None,
    )


def test_pending_commands_are_listed_oldest_first(
    operator: Scope, ada: TenantScope, shared_device: Device, reboot: DeviceCommand, new_device: NewDevice
) -> None:
    sent, newer = (operator.run(device_commands.create(shared_device.id, "wifi_on")) for _ in range(2))
    operator.run(device_commands.create(new_device(ada).id, "reboot"))
    operator.run(device_commands.mark_sent(sent.id))

    assert operator.run(device_commands.list_pending(shared_device.id)) == [reboot, newer]


def test_lists_are_of_one_device_newest_first(
    operator: Scope, ada: TenantScope, shared_device: Device, reboot: DeviceCommand, new_device: NewDevice
) -> None:
    second, third = (operator.run(device_commands.create(shared_device.id, "wifi_on")) for _ in range(2))
    operator.run(device_commands.create(new_device(ada).id, "reboot"))
    mine = (shared_device.id, ada.customer_id)

    assert operator.run(device_commands.list_by_device(shared_device.id)) == [third, second, reboot]
    assert operator.run(device_commands.list_by_device(shared_device.id, limit=2)) == [third, second]
    assert ada.run(device_commands.list_by_device_for_customer(*mine)) == [third, second, reboot]
    assert ada.run(device_commands.list_by_device_for_customer(*mine, limit=2)) == [third, second]


def test_a_command_is_sent_once(operator: Scope, reboot: DeviceCommand) -> None:
    assert operator.run(device_commands.mark_sent(reboot.id)).status == "sent"
    with pytest.raises(NotFound):
        operator.run(device_commands.mark_sent(reboot.id))


def test_of_two_servers_that_send_a_command_at_once_one_gets_it(reboot: DeviceCommand, late: Late) -> None:
    assert late(device_commands.mark_sent(reboot.id), device_commands.mark_sent(reboot.id)) is NotFound


@pytest.mark.parametrize("status", get_args(CommandStatus))
def test_a_command_is_executed_when_it_completes_or_fails(
    operator: Scope, reboot: DeviceCommand, status: CommandStatus
) -> None:
    command = operator.run(device_commands.update_status(reboot.id, status))

    assert (command.status, command.executed_at is not None) == (status, status in ("completed", "failed"))


def test_a_command_keeps_when_it_was_first_executed_until_it_is_put_back(
    operator: Scope, reboot: DeviceCommand
) -> None:
    statuses: tuple[CommandStatus, ...] = ("failed", "completed", "pending")
    first, second, third = (operator.run(device_commands.update_status(reboot.id, each)) for each in statuses)

    assert (first.executed_at == second.executed_at, third.executed_at) == (True, None)


def test_a_command_without_a_new_result_keeps_its_own(operator: Scope, reboot: DeviceCommand) -> None:
    given = operator.run(device_commands.update_status(reboot.id, "failed", {"error": "busy"}))
    kept = operator.run(device_commands.update_status(reboot.id, "completed"))

    assert (given.result, kept.result) == ({"error": "busy"}, {"error": "busy"})


@pytest.mark.parametrize(
    "change", [device_commands.mark_sent, lambda command_id: device_commands.update_status(command_id, "sent")]
)
def test_a_change_to_no_command_is_not_found(operator: Scope, change: Callable[[UUID], Statement[Any]]) -> None:
    with pytest.raises(NotFound):
        operator.run(change(uuid4()))


@pytest.mark.parametrize("status", get_args(CommandStatus))
def test_last_rotation_is_the_newest_whatever_its_status(
    operator: Scope, ada: TenantScope, shared_device: Device, new_device: NewDevice, status: CommandStatus
) -> None:
    operator.run(device_commands.create(shared_device.id, "rotate_ip"))
    newest = operator.run(device_commands.create(shared_device.id, "rotate_ip"))
    operator.run(device_commands.create(shared_device.id, "reboot"))
    operator.run(device_commands.create(new_device(ada).id, "rotate_ip"))
    newest = operator.run(device_commands.update_status(newest.id, status))

    assert operator.run(device_commands.last_rotation(shared_device.id)) == newest


def test_a_device_that_was_never_rotated_has_no_last_rotation(operator: Scope, reboot: DeviceCommand) -> None:
    assert operator.run(device_commands.last_rotation(reboot.device_id)) is None


@pytest.mark.parametrize("who", ONLOOKERS)
def test_the_owner_sends_any_command_and_who_may_rotate_sends_rotate_ip(
    operator: Scope, shared_device: Device, onlooker: Callable[[str], Onlooker], who: str
) -> None:
    me = onlooker(who)
    allowed = [
        each
        for each in get_args(CommandType)
        if may(me.scope, device_commands.create_for_customer(shared_device.id, me.customer_id, each, {"by": who}))
    ]
    expected = {"owner": list(get_args(CommandType)), "grantee who may rotate": ["rotate_ip"]}.get(who, [])
    stored = operator.run(device_commands.list_pending(shared_device.id))

    assert allowed == expected
    assert [(each.type, each.payload) for each in stored] == [(each, {"by": who}) for each in expected]


@pytest.mark.parametrize("who", ONLOOKERS)
def test_who_may_rotate_sees_the_commands(reboot: DeviceCommand, onlooker: Callable[[str], Onlooker], who: str) -> None:
    me = onlooker(who)
    seen = me.scope.run(device_commands.list_by_device_for_customer(reboot.device_id, me.customer_id))

    assert seen == ([reboot] if who in ROTATORS else [])
