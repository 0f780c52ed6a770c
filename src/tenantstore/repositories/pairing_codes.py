"""Pairing codes: how a phone joins the fleet, or takes the place of another.

Table ``pairing_codes`` (migrations 003, 007, 009 and 012). SQL in ``sql/pairing_codes/``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from secrets import choice, token_urlsafe
from uuid import UUID

from tenantstore.queries import Statement, affected, many, one, optional
from tenantstore.queries.checks import not_empty

# Read from one screen and typed into another: no 0 beside O, no 1 beside I and L.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A row of ``pairing_codes``. Fields stand in the order of every SELECT list.

    ``device_auth_token`` is None for a customer: it becomes the phone's own.
    """

    id: UUID
    code: str
    device_auth_token: str | None = field(repr=False)
    claimed_by_device_id: UUID | None
    claimed_at: datetime | None
    expires_at: datetime
    created_by: UUID | None
    created_at: datetime
    relay_server_id: UUID | None
    reassign_device_id: UUID | None
    customer_id: UUID | None


_CREATE = one(PairingCode, "pairing_codes/create")
_GET_BY_CODE = optional(PairingCode, "pairing_codes/get_by_code")
_LIST_ALL = many(PairingCode, "pairing_codes/list_all")
_CLAIM = one(PairingCode, "pairing_codes/claim")
_DELETE = one(PairingCode, "pairing_codes/delete")
_DELETE_EXPIRED = affected("pairing_codes/delete_expired")
_LIST_BY_CUSTOMER = many(PairingCode, "pairing_codes/list_by_customer")
_CREATE_FOR_CUSTOMER = one(PairingCode, "pairing_codes/create_for_customer")


def create(
    code: str,
    device_auth_token: str,
    expires_at: datetime,
    created_by: UUID | None = None,
    relay_server_id: UUID | None = None,
    reassign_device_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> Statement[PairingCode]:
    """The new code. One that replaces a device and names no customer is that device's owner's.

    :raises InvalidParameter: for an empty code or token.
    :raises UniqueViolation: when there is such a code already, whatever became of it.
    :raises ForeignKeyViolation: when there is no such user, relay server, device or customer.
    """
    not_empty(code=code, device_auth_token=device_auth_token)
    return _CREATE(
        code=code,
        device_auth_token=device_auth_token,
        expires_at=expires_at,
        created_by=created_by,
        relay_server_id=relay_server_id,
        reassign_device_id=reassign_device_id,
        customer_id=customer_id,
    )


def get_by_code(code: str) -> Statement[PairingCode | None]:
    """The code while it is unclaimed and unexpired, else None."""
    return _GET_BY_CODE(code=code)


def list_all() -> Statement[list[PairingCode]]:
    """All codes, claimed and expired ones included, newest first."""
    return _LIST_ALL()


def claim(code: str, device_id: UUID) -> Statement[PairingCode]:
    """The code, claimed. Only one of several devices that try at once gets it.

    The device takes the code's token, and the code's customer and relay server where the code has them; if that changes
    its owner, its shares and links are gone and its connections are the new owner's. A device that the code replaces
    gives up its connections and its token to the new one, if both then have one owner; else it is left alone.

    :raises NotFound: when the code is unknown, claimed or expired, or there is no such device.
    :raises ForeignKeyViolation: when the device changes hands and is shared at this very moment.
    """
    return _CLAIM(code=code, device_id=device_id)


def delete(pairing_code_id: UUID) -> Statement[PairingCode]:
    """The code as it was.

    :raises NotFound: when there is no such code.
    """
    return _DELETE(pairing_code_id=pairing_code_id)


def delete_expired() -> Statement[int]:
    """How many codes were deleted that expired unclaimed."""
    return _DELETE_EXPIRED()


def list_by_customer(customer_id: UUID) -> Statement[list[PairingCode]]:
    """The customer's codes, claimed and expired ones included, newest first; without the token."""
    return _LIST_BY_CUSTOMER(customer_id=customer_id)


def create_for_customer(
    customer_id: UUID,
    expires_at: datetime,
    relay_server_id: UUID | None = None,
    reassign_device_id: UUID | None = None,
) -> Statement[PairingCode]:
    """The new code, without the token. Both are made here: a code that was taken would tell of somebody else's.

    :raises NotFound: when the customer does not own the device to replace, or there is no such relay server.
    """
    return _CREATE_FOR_CUSTOMER(
        customer_id=customer_id,
        code="".join(choice(_ALPHABET) for _ in range(_CODE_LENGTH)),
        device_auth_token=token_urlsafe(32),
        expires_at=expires_at,
        relay_server_id=relay_server_id,
        reassign_device_id=reassign_device_id,
    )
