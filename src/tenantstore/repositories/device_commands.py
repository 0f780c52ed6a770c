"""Commands: what a phone is told to do, and what came of it.

Table ``device_commands`` (migration 001). SQL in ``sql/device_commands/``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional
from tenantstore.queries.checks import one_of

CommandType = Literal["rotate_ip", "reboot", "find_phone", "wifi_on", "wifi_off", "update_config"]
CommandStatus = Literal["pending", "sent", "completed", "failed"]


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    """A row of ``device_commands``. Fields stand in the order of every SELECT list."""

    id: UUID
    device_id: UUID
    type: str
    status: str
    payload: Any
    result: Any
    created_at: datetime
    executed_at: datetime | None


_CREATE = one(DeviceCommand, "device_commands/create")
_LIST_PENDING = many(DeviceCommand, "device_commands/list_pending")
_LIST_BY_DEVICE = many(DeviceCommand, "device_commands/list_by_device")
_MARK_SENT = one(DeviceCommand, "device_commands/mark_sent")
_UPDATE_STATUS = one(DeviceCommand, "device_commands/update_status")
_LAST_ROTATION = optional(DeviceCommand, "device_commands/last_rotation")
_CREATE_FOR_CUSTOMER = one(DeviceCommand, "device_commands/create_for_customer")
_LIST_BY_DEVICE_FOR_CUSTOMER = many(DeviceCommand, "device_commands/list_by_device_for_customer")


def create(device_id: UUID, type: CommandType, payload: dict[str, Any] | None = None) -> Statement[DeviceCommand]:
    """The new command, pending.

    :raises InvalidParameter: for a type that no phone knows.
    :raises ForeignKeyViolation: when there is no such device.
    """
    one_of(get_args(CommandType), type=type)
    return _CREATE(device_id=device_id, type=type, payload=payload)


def list_pending(device_id: UUID) -> Statement[list[DeviceCommand]]:
    """What the device has not been sent yet, oldest first."""
    return _LIST_PENDING(device_id=device_id)


def list_by_device(device_id: UUID, limit: int = 100) -> Statement[list[DeviceCommand]]:
    """The device's last commands, newest first."""
    return _LIST_BY_DEVICE(device_id=device_id, limit=limit)


def mark_sent(command_id: UUID) -> Statement[DeviceCommand]:
    """The command, sent. Only one of several who try at once gets it.

    :raises NotFound: when it is not pending, or not there.
    """
    return _MARK_SENT(command_id=command_id)


def update_status(
    command_id: UUID, status: CommandStatus, result: dict[str, Any] | None = None
) -> Statement[DeviceCommand]:
    """The command as stored; without a result it keeps the one it has.

    ``executed_at`` is when it first completed or failed; None again if it is put back to pending or sent.

    :raises InvalidParameter: for a status that there is not.
    :raises NotFound: when there is no such command.
    """
    one_of(get_args(CommandStatus), status=status)
    return _UPDATE_STATUS(command_id=command_id, status=status, result=result)


def last_rotation(device_id: UUID) -> Statement[DeviceCommand | None]:
    """The device's newest rotate_ip command or None, whatever its status: one that failed was an attempt too."""
    return _LAST_ROTATION(device_id=device_id)


def create_for_customer(
    device_id: UUID, customer_id: UUID, type: CommandType, payload: dict[str, Any] | None = None
) -> Statement[DeviceCommand]:
    """The new command, pending: any for the device's owner, rotate_ip for a grantee who may rotate.

    :raises InvalidParameter: for a type that no phone knows.
    :raises NotFound: when the customer may not send it.
    """
    one_of(get_args(CommandType), type=type)
    return _CREATE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, type=type, payload=payload)


def list_by_device_for_customer(device_id: UUID, customer_id: UUID, limit: int = 100) -> Statement[list[DeviceCommand]]:
    """The device's last commands, newest first; none for a grantee who may not rotate."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, limit=limit)
