"""Tokens that a customer is mailed, to verify the address or to choose a new password.

Table ``customer_auth_tokens`` (migration 011). SQL in ``sql/customer_auth_tokens/``. Only a token's hash is stored.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from tenantstore.queries import Statement, affected, one, optional
from tenantstore.queries.checks import not_empty, one_of

TokenType = Literal["email_verify", "password_reset"]


@dataclass(frozen=True, slots=True)
class CustomerAuthToken:
    """A row of ``customer_auth_tokens``. Fields stand in the order of every SELECT list."""

    id: UUID
    customer_id: UUID
    token_hash: str = field(repr=False)
    type: str
    expires_at: datetime
    used_at: datetime | None
    created_at: datetime


_CREATE = one(CustomerAuthToken, "customer_auth_tokens/create")
_GET_BY_HASH = optional(CustomerAuthToken, "customer_auth_tokens/get_by_hash")
_MARK_USED = one(CustomerAuthToken, "customer_auth_tokens/mark_used")
_DELETE_BY_CUSTOMER_AND_TYPE = affected("customer_auth_tokens/delete_by_customer_and_type")


def create(customer_id: UUID, token_hash: str, type: TokenType, expires_at: datetime) -> Statement[CustomerAuthToken]:
    """The new token.

    :raises InvalidParameter: for an empty hash, or a type that there is not.
    :raises UniqueViolation: when a token has this hash.
    :raises ForeignKeyViolation: when there is no such customer.
    """
    not_empty(token_hash=token_hash)
    one_of(get_args(TokenType), type=type)
    return _CREATE(customer_id=customer_id, token_hash=token_hash, type=type, expires_at=expires_at)


def get_by_hash(token_hash: str) -> Statement[CustomerAuthToken | None]:
    """The token while it is unused and unexpired, else None."""
    return _GET_BY_HASH(token_hash=token_hash)


def mark_used(token_id: UUID) -> Statement[CustomerAuthToken]:
    """The token, used up. Only one of several who try at once gets it.

    :raises NotFound: when it was used before, has expired, or is not there.
    """
    return _MARK_USED(token_id=token_id)


def delete_by_customer_and_type(customer_id: UUID, type: TokenType) -> Statement[int]:
    """How many tokens of that type were deleted, used ones included.

    :raises InvalidParameter: for a type that there is not.
    """
    one_of(get_args(TokenType), type=type)
    return _DELETE_BY_CUSTOMER_AND_TYPE(customer_id=customer_id, type=type)
