"""When phones came and went.

Table ``device_status_logs`` (migration 004). SQL in ``sql/status_logs/``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional, scalar
from tenantstore.queries.checks import not_empty


@dataclass(frozen=True, slots=True)
class StatusLog:
    """A row of ``device_status_logs``. Fields stand in the order of every SELECT list."""

    id: UUID
    device_id: UUID
    status: str
    previous_status: str
    changed_at: datetime
    created_at: datetime


_CREATE = one(StatusLog, "status_logs/create")
_LIST_BY_DEVICE = many(StatusLog, "status_logs/list_by_device")
_LAST_BEFORE = optional(StatusLog, "status_logs/last_before")
_HAS_LOGS = scalar(bool, "status_logs/has_logs")
_LIST_BY_DEVICE_FOR_CUSTOMER = many(StatusLog, "status_logs/list_by_device_for_customer")


def create(device_id: UUID, status: str, previous_status: str, changed_at: datetime) -> Statement[StatusLog]:
    """The new entry.

    :raises InvalidParameter: for an empty status.
    :raises ForeignKeyViolation: when there is no such device.
    """
    not_empty(status=status)
    return _CREATE(device_id=device_id, status=status, previous_status=previous_status, changed_at=changed_at)


def list_by_device(device_id: UUID, limit: int = 100) -> Statement[list[StatusLog]]:
    """The device's last changes, newest first."""
    return _LIST_BY_DEVICE(device_id=device_id, limit=limit)


def last_before(device_id: UUID, at: datetime) -> Statement[StatusLog | None]:
    """The device's last change before that moment, or None: the status it was in then."""
    return _LAST_BEFORE(device_id=device_id, at=at)


def has_logs(device_id: UUID) -> Statement[bool]:
    """Whether any change of the device's is noted."""
    return _HAS_LOGS(device_id=device_id)


def list_by_device_for_customer(device_id: UUID, customer_id: UUID, limit: int = 100) -> Statement[list[StatusLog]]:
    """The device's last changes, newest first; none for a grantee who may not rotate."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, limit=limit)
