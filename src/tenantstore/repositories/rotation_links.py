"""Rotation links: whoever holds one may rotate a phone's address, without being a customer.

Table ``rotation_links`` (migration 002). SQL in ``sql/rotation_links/``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_urlsafe
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional
from tenantstore.queries.checks import not_empty


@dataclass(frozen=True, slots=True)
class RotationLink:
    """A row of ``rotation_links``. Fields stand in the order of every SELECT list."""

    id: UUID
    device_id: UUID
    token: str = field(repr=False)
    name: str
    created_at: datetime
    last_used_at: datetime | None


_CREATE = one(RotationLink, "rotation_links/create")
_GET_BY_TOKEN = optional(RotationLink, "rotation_links/get_by_token")
_LIST_BY_DEVICE = many(RotationLink, "rotation_links/list_by_device")
_TOUCH = one(RotationLink, "rotation_links/touch")
_DELETE = one(RotationLink, "rotation_links/delete")
_CREATE_FOR_CUSTOMER = one(RotationLink, "rotation_links/create_for_customer")
_LIST_BY_DEVICE_FOR_CUSTOMER = many(RotationLink, "rotation_links/list_by_device_for_customer")
_DELETE_FOR_CUSTOMER = one(RotationLink, "rotation_links/delete_for_customer")


def create(device_id: UUID, token: str, name: str = "") -> Statement[RotationLink]:
    """The new link.

    :raises InvalidParameter: for an empty token.
    :raises UniqueViolation: when a link has this token.
    :raises ForeignKeyViolation: when there is no such device.
    """
    not_empty(token=token)
    return _CREATE(device_id=device_id, token=token, name=name)


def get_by_token(token: str) -> Statement[RotationLink | None]:
    """The link or None."""
    return _GET_BY_TOKEN(token=token)


def list_by_device(device_id: UUID) -> Statement[list[RotationLink]]:
    """The device's links, newest first."""
    return _LIST_BY_DEVICE(device_id=device_id)


def touch(link_id: UUID) -> Statement[RotationLink]:
    """The link, used just now.

    :raises NotFound: when there is no such link.
    """
    return _TOUCH(link_id=link_id)


def delete(link_id: UUID) -> Statement[RotationLink]:
    """The link as it was.

    :raises NotFound: when there is no such link.
    """
    return _DELETE(link_id=link_id)


def create_for_customer(device_id: UUID, customer_id: UUID, name: str = "") -> Statement[RotationLink]:
    """The new link. Its token is made here: one that was taken would answer for somebody else's link.

    :raises NotFound: when the customer does not own the device.
    """
    return _CREATE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, token=token_urlsafe(32), name=name)


def list_by_device_for_customer(device_id: UUID, customer_id: UUID) -> Statement[list[RotationLink]]:
    """The device's links, newest first; none for anybody but its owner."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id)


def delete_for_customer(link_id: UUID, customer_id: UUID) -> Statement[RotationLink]:
    """The link as it was.

    :raises NotFound: when the customer does not own its device.
    """
    return _DELETE_FOR_CUSTOMER(link_id=link_id, customer_id=customer_id)
