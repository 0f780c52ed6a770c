"""The addresses that phones had.

Table ``ip_history`` (migration 001). SQL in ``sql/ip_history/``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantstore.queries import Statement, many, one
from tenantstore.queries.checks import not_empty


@dataclass(frozen=True, slots=True)
class IpHistoryEntry:
    """A row of ``ip_history``. Fields stand in the order of every SELECT list; ``ip`` is the bare host address."""

    id: UUID
    device_id: UUID
    ip: str
    method: str
    created_at: datetime


_CREATE = one(IpHistoryEntry, "ip_history/create")
_LIST_BY_DEVICE = many(IpHistoryEntry, "ip_history/list_by_device")
_LIST_BY_DEVICE_FOR_CUSTOMER = many(IpHistoryEntry, "ip_history/list_by_device_for_customer")


def create(device_id: UUID, ip: str, method: str = "natural") -> Statement[IpHistoryEntry]:
    """The new entry.

    :raises InvalidParameter: for an empty method.
    :raises InvalidTextRepresentation: for what is no address.
    :raises ForeignKeyViolation: when there is no such device.
    """
    not_empty(method=method)
    return _CREATE(device_id=device_id, ip=ip, method=method)


def list_by_device(device_id: UUID, limit: int = 100) -> Statement[list[IpHistoryEntry]]:
    """The device's last addresses, newest first."""
    return _LIST_BY_DEVICE(device_id=device_id, limit=limit)


def list_by_device_for_customer(
    device_id: UUID, customer_id: UUID, limit: int = 100
) -> Statement[list[IpHistoryEntry]]:
    """The device's last addresses, newest first; none for a grantee who may not rotate."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, limit=limit)
