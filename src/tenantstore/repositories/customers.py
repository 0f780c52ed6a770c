"""Customers: the tenants, how they log in, and whether they are suspended.

Table ``customers`` (migrations 001 and 011). SQL in ``sql/customers/``.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional
from tenantstore.queries.checks import not_empty


@dataclass(frozen=True, slots=True)
class Customer:
    """A row of ``customers``. Fields stand in the order of every SELECT list.

    ``password_hash`` and ``google_id`` are None in a customer's own scope.
    """

    id: UUID
    name: str
    email: str
    active: bool
    created_at: datetime
    updated_at: datetime
    password_hash: str | None = field(repr=False)
    email_verified: bool
    google_id: str | None
    google_email: str | None


@dataclass(frozen=True, slots=True)
class CustomerStats:
    """What a customer has. ``bandwidth_used_bytes`` counts the connections on their own devices."""

    owned_devices: int
    outgoing_shares: int
    bandwidth_used_bytes: int


_CREATE = one(Customer, "customers/create")
_CREATE_WITH_AUTH = one(Customer, "customers/create_with_auth")
_GET_BY_ID = optional(Customer, "customers/get_by_id")
_GET_BY_EMAIL = optional(Customer, "customers/get_by_email")
_GET_BY_GOOGLE_ID = optional(Customer, "customers/get_by_google_id")
_LIST_ALL = many(Customer, "customers/list_all")
_UPDATE = one(Customer, "customers/update")
_UPDATE_ACTIVE = one(Customer, "customers/update_active")
_UPDATE_EMAIL_VERIFIED = one(Customer, "customers/update_email_verified")
_UPDATE_PASSWORD_HASH = one(Customer, "customers/update_password_hash")
_LINK_GOOGLE_ACCOUNT = one(Customer, "customers/link_google_account")
_GET_FOR_CUSTOMER = optional(Customer, "customers/get_for_customer")
_GET_STATS_FOR_CUSTOMER = optional(CustomerStats, "customers/get_stats_for_customer")


def create(name: str, email: str) -> Statement[Customer]:
    """The new customer, active, without a way to log in.

    :raises UniqueViolation: when a customer has this very e-mail.
    :raises InvalidParameter: for an empty name or e-mail.
    """
    not_empty(name=name, email=email)
    return _CREATE(name=name, email=email)


def create_with_auth(name: str, email: str, password_hash: str, email_verified: bool = False) -> Statement[Customer]:
    """The new customer, active, with a password.

    :raises UniqueViolation: when a customer has this very e-mail.
    :raises InvalidParameter: for an empty name, e-mail or hash.
    """
    not_empty(name=name, email=email, password_hash=password_hash)
    return _CREATE_WITH_AUTH(name=name, email=email, password_hash=password_hash, email_verified=email_verified)


def get_by_id(customer_id: UUID) -> Statement[Customer | None]:
    """The customer, suspended or not."""
    return _GET_BY_ID(customer_id=customer_id)


def get_by_email(email: str) -> Statement[Customer | None]:
    """The customer of that e-mail, in whatever case.

    The table tells cases apart, so there may be several: then the one that is written exactly so, else the oldest.
    """
    return _GET_BY_EMAIL(email=email)


def get_by_google_id(google_id: str) -> Statement[Customer | None]:
    """The customer whom that Google account is linked to."""
    return _GET_BY_GOOGLE_ID(google_id=google_id)


def list_all() -> Statement[list[Customer]]:
    """All customers by name, then id."""
    return _LIST_ALL()


def update(customer_id: UUID, name: str, email: str) -> Statement[Customer]:
    """The customer with another name and e-mail; whether it is verified stays as it is.

    :raises NotFound: when there is no such customer.
    :raises UniqueViolation: when another has this very e-mail.
    :raises InvalidParameter: for an empty name or e-mail.
    """
    not_empty(name=name, email=email)
    return _UPDATE(customer_id=customer_id, name=name, email=email)


def update_active(customer_id: UUID, active: bool) -> Statement[Customer]:
    """Suspend the customer, or end the suspension.

    While suspended, their scope cannot be entered and no share that they have given or received counts. Nothing is
    deleted. Waits for their scope's writes that are under way.

    :raises NotFound: when there is no such customer.
    """
    return _UPDATE_ACTIVE(customer_id=customer_id, active=active)


def update_email_verified(customer_id: UUID, email_verified: bool) -> Statement[Customer]:
    """The customer, whose e-mail is verified or not.

    :raises NotFound: when there is no such customer.
    """
    return _UPDATE_EMAIL_VERIFIED(customer_id=customer_id, email_verified=email_verified)


def update_password_hash(customer_id: UUID, password_hash: str) -> Statement[Customer]:
    """The customer with another password.

    :raises NotFound: when there is no such customer.
    :raises InvalidParameter: for an empty hash.
    """
    not_empty(password_hash=password_hash)
    return _UPDATE_PASSWORD_HASH(customer_id=customer_id, password_hash=password_hash)


def link_google_account(customer_id: UUID, google_id: str, google_email: str) -> Statement[Customer]:
    """The customer with that Google account, in the place of any other.

    :raises NotFound: when there is no such customer.
    :raises UniqueViolation: when the account is another customer's.
    :raises InvalidParameter: for an empty id or e-mail.
    """
    not_empty(google_id=google_id, google_email=google_email)
    return _LINK_GOOGLE_ACCOUNT(customer_id=customer_id, google_id=google_id, google_email=google_email)


def get_for_customer(customer_id: UUID) -> Statement[Customer | None]:
    """The customer's own row, without password hash and Google id."""
    return _GET_FOR_CUSTOMER(customer_id=customer_id)


def get_stats_for_customer(customer_id: UUID) -> Statement[CustomerStats | None]:
    """What the customer has."""
    return _GET_STATS_FOR_CUSTOMER(customer_id=customer_id)
