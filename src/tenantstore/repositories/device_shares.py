"""Shares: what one customer lets another do with a device.

Table ``device_shares`` (migration 012). SQL in ``sql/device_shares/``. A share counts from the next statement on, and
not while its owner or its grantee is suspended.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional


@dataclass(frozen=True, slots=True)
class DeviceShare:
    """A row of ``device_shares``. Fields stand in the order of every SELECT list."""

    id: UUID
    device_id: UUID
    owner_id: UUID
    shared_with: UUID
    can_rename: bool
    can_manage_ports: bool
    can_download_configs: bool
    can_rotate_ip: bool
    created_at: datetime
    updated_at: datetime


_CREATE = one(DeviceShare, "device_shares/create")
_GET_BY_ID = optional(DeviceShare, "device_shares/get_by_id")
_LIST_BY_DEVICE = many(DeviceShare, "device_shares/list_by_device")
_UPDATE = one(DeviceShare, "device_shares/update")
_DELETE = one(DeviceShare, "device_shares/delete")
_CREATE_FOR_CUSTOMER = one(DeviceShare, "device_shares/create_for_customer")
_GET_BY_ID_FOR_CUSTOMER = optional(DeviceShare, "device_shares/get_by_id_for_customer")
_GET_BY_DEVICE_AND_CUSTOMER = optional(DeviceShare, "device_shares/get_by_device_and_customer")
_LIST_BY_DEVICE_FOR_CUSTOMER = many(DeviceShare, "device_shares/list_by_device_for_customer")
_LIST_BY_CUSTOMER = many(DeviceShare, "device_shares/list_by_customer")
_UPDATE_FOR_CUSTOMER = one(DeviceShare, "device_shares/update_for_customer")
_DELETE_FOR_CUSTOMER = one(DeviceShare, "device_shares/delete_for_customer")


def create(
    device_id: UUID,
    shared_with: UUID,
    can_rename: bool = False,
    can_manage_ports: bool = False,
    can_download_configs: bool = False,
    can_rotate_ip: bool = False,
) -> Statement[DeviceShare]:
    """The new share, given by whoever owns the device.

    :raises NotFound: when there is no such device.
    :raises NotNullViolation: when nobody owns it.
    :raises CheckViolation: when its owner is the one it would be shared with.
    :raises UniqueViolation: when it is shared with that customer already.
    :raises ForeignKeyViolation: when there is no such customer.
    """
    return _CREATE(
        device_id=device_id,
        shared_with=shared_with,
        can_rename=can_rename,
        can_manage_ports=can_manage_ports,
        can_download_configs=can_download_configs,
        can_rotate_ip=can_rotate_ip,
    )


def get_by_id(share_id: UUID) -> Statement[DeviceShare | None]:
    """The share."""
    return _GET_BY_ID(share_id=share_id)


def list_by_device(device_id: UUID) -> Statement[list[DeviceShare]]:
    """The device's shares, oldest first."""
    return _LIST_BY_DEVICE(device_id=device_id)


def update(
    share_id: UUID, can_rename: bool, can_manage_ports: bool, can_download_configs: bool, can_rotate_ip: bool
) -> Statement[DeviceShare]:
    """The share with these permissions in the place of those it had.

    :raises NotFound: when there is no such share.
    """
    return _UPDATE(
        share_id=share_id,
        can_rename=can_rename,
        can_manage_ports=can_manage_ports,
        can_download_configs=can_download_configs,
        can_rotate_ip=can_rotate_ip,
    )


def delete(share_id: UUID) -> Statement[DeviceShare]:
    """The share that was revoked.

    :raises NotFound: when there is no such share.
    """
    return _DELETE(share_id=share_id)


def create_for_customer(
    device_id: UUID,
    customer_id: UUID,
    shared_with: UUID,
    can_rename: bool = False,
    can_manage_ports: bool = False,
    can_download_configs: bool = False,
    can_rotate_ip: bool = False,
) -> Statement[DeviceShare]:
    """The new share of a device that the customer owns.

    :raises NotFound: when they own no such device, or there is no customer to share with.
    :raises NotAllowed: when they share with themselves.
    :raises Conflict: when it is shared with that customer already.
    """
    return _CREATE_FOR_CUSTOMER(
        device_id=device_id,
        customer_id=customer_id,
        shared_with=shared_with,
        can_rename=can_rename,
        can_manage_ports=can_manage_ports,
        can_download_configs=can_download_configs,
        can_rotate_ip=can_rotate_ip,
    )


def get_by_id_for_customer(share_id: UUID, customer_id: UUID) -> Statement[DeviceShare | None]:
    """The share, if the customer has given or received it."""
    return _GET_BY_ID_FOR_CUSTOMER(share_id=share_id, customer_id=customer_id)


def get_by_device_and_customer(device_id: UUID, customer_id: UUID) -> Statement[DeviceShare | None]:
    """The share by which the customer has the device; None for its owner, who needs none."""
    return _GET_BY_DEVICE_AND_CUSTOMER(device_id=device_id, customer_id=customer_id)


def list_by_device_for_customer(device_id: UUID, customer_id: UUID) -> Statement[list[DeviceShare]]:
    """The device's shares, oldest first; a grantee sees only their own."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id)


def list_by_customer(customer_id: UUID) -> Statement[list[DeviceShare]]:
    """The shares that the customer has given and received, oldest first."""
    return _LIST_BY_CUSTOMER(customer_id=customer_id)


def update_for_customer(
    share_id: UUID,
    customer_id: UUID,
    can_rename: bool,
    can_manage_ports: bool,
    can_download_configs: bool,
    can_rotate_ip: bool,
) -> Statement[DeviceShare]:
    """The share with these permissions in the place of those it had.

    :raises NotFound: when the customer has given no such share.
    """
    return _UPDATE_FOR_CUSTOMER(
        share_id=share_id,
        customer_id=customer_id,
        can_rename=can_rename,
        can_manage_ports=can_manage_ports,
        can_download_configs=can_download_configs,
        can_rotate_ip=can_rotate_ip,
    )


def delete_for_customer(share_id: UUID, customer_id: UUID) -> Statement[DeviceShare]:
    """The share that was revoked.

    :raises NotFound: when the customer has given no such share.
    """
    return _DELETE_FOR_CUSTOMER(share_id=share_id, customer_id=customer_id)
