"""Users: the operator's own staff. They see everything and own nothing.

Table ``users`` (migrations 001 and 010). SQL in ``sql/users/``. None is seeded: an admin is created like the rest.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional
from tenantstore.queries.checks import not_empty, one_of

Role = Literal["admin", "operator"]


@dataclass(frozen=True, slots=True)
class User:
    """A row of ``users``. Fields stand in the order of every SELECT list.

    A webhook's address is as good as a password to whoever reads it.
    """

    id: UUID
    email: str
    password_hash: str = field(repr=False)
    name: str
    role: str
    created_at: datetime
    updated_at: datetime
    webhook_url: str | None = field(repr=False)


_CREATE = one(User, "users/create")
_GET_BY_ID = optional(User, "users/get_by_id")
_GET_BY_EMAIL = optional(User, "users/get_by_email")
_LIST_ALL = many(User, "users/list_all")
_SET_WEBHOOK_URL = one(User, "users/set_webhook_url")
_UPDATE_PASSWORD_HASH = one(User, "users/update_password_hash")


def create(email: str, password_hash: str, name: str, role: Role = "operator") -> Statement[User]:
    """The new user.

    :raises InvalidParameter: for an empty e-mail, hash or name, or a role that there is not.
    :raises UniqueViolation: when a user has this very e-mail.
    """
    not_empty(email=email, password_hash=password_hash, name=name)
    one_of(get_args(Role), role=role)
    return _CREATE(email=email, password_hash=password_hash, name=name, role=role)


def get_by_id(user_id: UUID) -> Statement[User | None]:
    """The user or None."""
    return _GET_BY_ID(user_id=user_id)


def get_by_email(email: str) -> Statement[User | None]:
    """The user whose e-mail is exactly this one, case included, or None."""
    return _GET_BY_EMAIL(email=email)


def list_all() -> Statement[list[User]]:
    """All users, by name."""
    return _LIST_ALL()


def set_webhook_url(user_id: UUID, webhook_url: str | None) -> Statement[User]:
    """The user as stored; None turns their alerts off.

    :raises InvalidParameter: for an empty address.
    :raises NotFound: when there is no such user.
    """
    not_empty(webhook_url=webhook_url)
    return _SET_WEBHOOK_URL(user_id=user_id, webhook_url=webhook_url)


def update_password_hash(user_id: UUID, password_hash: str) -> Statement[User]:
    """The user as stored.

    :raises InvalidParameter: for an empty hash.
    :raises NotFound: when there is no such user.
    """
    not_empty(password_hash=password_hash)
    return _UPDATE_PASSWORD_HASH(user_id=user_id, password_hash=password_hash)
