"""Connections: the credentials and ports that route traffic through a device.

Table ``proxy_connections`` (migrations 001, 005 and 006). SQL in ``sql/connections/``. Each carries the customer who
owns its device, whoever created it. A customer without ``can_download_configs`` reads None for both passwords.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from tenantstore.queries import Statement, affected, many, one, optional, scalar
from tenantstore.queries.checks import as_annotated, listed, not_empty, not_negative, one_of, ports, storable

ProxyType = Literal["http", "socks5"]


@dataclass(frozen=True, slots=True)
class Connection:
    """A row of ``proxy_connections``. Fields stand in the order of every SELECT list.

    ``bandwidth_limit`` and ``bandwidth_used`` are bytes; a limit of 0 is none. Ports that are None are the device's.
    """

    id: UUID
    device_id: UUID
    customer_id: UUID | None
    username: str
    password_hash: str | None = field(repr=False)
    ip_whitelist: list[str] | None
    bandwidth_limit: int | None
    bandwidth_used: int | None
    active: bool
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    base_port: int | None
    http_port: int | None
    socks5_port: int | None
    proxy_type: str
    password_plain: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewConnection:
    """What :func:`replace_all_by_device` makes a connection of.

    :raises InvalidParameter: for an empty username or hash, a negative limit, a port that is none, an unknown type, an
        end without a time zone, a text that PostgreSQL does not store, a value of another type, or None where the field
        has none.
    """

    username: str
    password_hash: str = field(repr=False)
    password_plain: str | None = field(default=None, repr=False)
    ip_whitelist: list[str] | None = None
    bandwidth_limit: int = 0
    active: bool = True
    expires_at: datetime | None = None
    base_port: int | None = None
    http_port: int | None = None
    socks5_port: int | None = None
    proxy_type: ProxyType = "http"

    def __post_init__(self) -> None:
        # As parameters of their own the store would refuse some of these. Inside a document a time without a zone is
        # taken for the server's, and of a text that is not stored the server's error quotes what is beside it.
        as_annotated(self)
        not_empty(username=self.username, password_hash=self.password_hash)
        not_negative(bandwidth_limit=self.bandwidth_limit)
        ports(base_port=self.base_port, http_port=self.http_port, socks5_port=self.socks5_port)
        one_of(get_args(ProxyType), proxy_type=self.proxy_type)
        storable(username=self.username, password_hash=self.password_hash, password_plain=self.password_plain)
        for address in self.ip_whitelist or []:
            storable(ip_whitelist=address)


_CREATE = one(Connection, "connections/create")
_GET_BY_ID = optional(Connection, "connections/get_by_id")
_GET_BY_USERNAME = optional(Connection, "connections/get_by_username")
_LIST_ALL = many(Connection, "connections/list_all")
_LIST_BY_DEVICE = many(Connection, "connections/list_by_device")
_UPDATE_ACTIVE = one(Connection, "connections/update_active")
_UPDATE_PASSWORD = one(Connection, "connections/update_password")
_UPDATE_BANDWIDTH_USED = one(Connection, "connections/update_bandwidth_used")
_RESET_BANDWIDTH_USED = one(Connection, "connections/reset_bandwidth_used")
_EXISTS_BY_DEVICE_AND_USERNAME = scalar(bool, "connections/exists_by_device_and_username")
_REASSIGN_DEVICE = affected("connections/reassign_device")
_REPLACE_ALL_BY_DEVICE = many(Connection, "connections/replace_all_by_device")
_COUNT_ACTIVE = scalar(int, "connections/count_active")
_DELETE = one(Connection, "connections/delete")
_LIST_BY_CUSTOMER = many(Connection, "connections/list_by_customer")
_GET_BY_ID_FOR_CUSTOMER = optional(Connection, "connections/get_by_id_for_customer")
_LIST_BY_DEVICE_FOR_CUSTOMER = many(Connection, "connections/list_by_device_for_customer")
_CREATE_FOR_CUSTOMER = one(Connection, "connections/create_for_customer")
_UPDATE_ACTIVE_FOR_CUSTOMER = one(Connection, "connections/update_active_for_customer")
_UPDATE_PASSWORD_FOR_CUSTOMER = one(Connection, "connections/update_password_for_customer")
_DELETE_FOR_CUSTOMER = one(Connection, "connections/delete_for_customer")


def create(
    device_id: UUID,
    username: str,
    password_hash: str,
    password_plain: str | None = None,
    ip_whitelist: list[str] | None = None,
    bandwidth_limit: int = 0,
    active: bool = True,
    expires_at: datetime | None = None,
    base_port: int | None = None,
    http_port: int | None = None,
    socks5_port: int | None = None,
    proxy_type: ProxyType = "http",
) -> Statement[Connection]:
    """The new connection, which carries the device's owner as its customer.

    :raises NotFound: when there is no such device.
    :raises UniqueViolation: when a connection has that base port.
    :raises InvalidParameter: for an empty username or hash, a negative limit, a port that is none, an unknown type.
    """
    not_empty(username=username, password_hash=password_hash)
    not_negative(bandwidth_limit=bandwidth_limit)
    ports(base_port=base_port, http_port=http_port, socks5_port=socks5_port)
    one_of(get_args(ProxyType), proxy_type=proxy_type)
    return _CREATE(
        device_id=device_id,
        username=username,
        password_hash=password_hash,
        password_plain=password_plain,
        ip_whitelist=ip_whitelist,
        bandwidth_limit=bandwidth_limit,
        active=active,
        expires_at=expires_at,
        base_port=base_port,
        http_port=http_port,
        socks5_port=socks5_port,
        proxy_type=proxy_type,
    )


def get_by_id(connection_id: UUID) -> Statement[Connection | None]:
    """The connection."""
    return _GET_BY_ID(connection_id=connection_id)


def get_by_username(username: str) -> Statement[Connection | None]:
    """The connection of that username.

    Usernames are not unique. Of several, one that is active and not expired comes before the others, then the oldest:
    so a new connection, of whatever customer, never takes over a username that is in use.
    """
    return _GET_BY_USERNAME(username=username)


def list_all() -> Statement[list[Connection]]:
    """All connections, newest first."""
    return _LIST_ALL()


def list_by_device(device_id: UUID) -> Statement[list[Connection]]:
    """The device's connections, newest first."""
    return _LIST_BY_DEVICE(device_id=device_id)


def update_active(connection_id: UUID, active: bool) -> Statement[Connection]:
    """The connection, switched on or off.

    :raises NotFound: when there is no such connection.
    """
    return _UPDATE_ACTIVE(connection_id=connection_id, active=active)


def update_password(
    connection_id: UUID, password_hash: str, password_plain: str | None = None
) -> Statement[Connection]:
    """The connection with another password; without a plain one, none is kept.

    :raises NotFound: when there is no such connection.
    :raises InvalidParameter: for an empty hash.
    """
    not_empty(password_hash=password_hash)
    return _UPDATE_PASSWORD(connection_id=connection_id, password_hash=password_hash, password_plain=password_plain)


def update_bandwidth_used(connection_id: UUID, bandwidth_used_bytes: int) -> Statement[Connection]:
    """The connection, which has used so much in all: the number is set, not added.

    :raises NotFound: when there is no such connection.
    :raises InvalidParameter: for a negative number.
    """
    not_negative(bandwidth_used_bytes=bandwidth_used_bytes)
    return _UPDATE_BANDWIDTH_USED(connection_id=connection_id, bandwidth_used_bytes=bandwidth_used_bytes)


def reset_bandwidth_used(connection_id: UUID) -> Statement[Connection]:
    """The connection, which has used nothing now.

    :raises NotFound: when there is no such connection.
    """
    return _RESET_BANDWIDTH_USED(connection_id=connection_id)


def exists_by_device_and_username(device_id: UUID, username: str) -> Statement[bool]:
    """Whether the device has a connection of that username."""
    return _EXISTS_BY_DEVICE_AND_USERNAME(device_id=device_id, username=username)


def reassign_device(device_id: UUID, to_device_id: UUID) -> Statement[int]:
    """How many connections moved from the one device to the other, whose owner's they are now.

    :raises ForeignKeyViolation: when there is something to move and no such other device.
    """
    return _REASSIGN_DEVICE(device_id=device_id, to_device_id=to_device_id)


def replace_all_by_device(device_id: UUID, connections: Sequence[NewConnection]) -> Statement[list[Connection]]:
    """The device's connections, newest first: these, and none of those it had.

    One statement. Of two for one device at the same moment, the later finds what the earlier made, and replaces it.

    :raises InvalidParameter: for an element that is no NewConnection.
    :raises ForeignKeyViolation: when there is no such device.
    :raises UniqueViolation: when a connection of another device has one of the base ports, or two of these the same.
    """
    made = listed("connections", NewConnection, connections)
    rows = json.dumps([asdict(each) for each in made], default=datetime.isoformat)
    return _REPLACE_ALL_BY_DEVICE(device_id=device_id, connections=rows)


def count_active() -> Statement[int]:
    """How many connections are active, expired ones among them."""
    return _COUNT_ACTIVE()


def delete(connection_id: UUID) -> Statement[Connection]:
    """The connection that was deleted.

    :raises NotFound: when there is no such connection.
    """
    return _DELETE(connection_id=connection_id)


def list_by_customer(customer_id: UUID) -> Statement[list[Connection]]:
    """The connections that carry the customer's id, newest first; not those of devices shared with them."""
    return _LIST_BY_CUSTOMER(customer_id=customer_id)


def get_by_id_for_customer(connection_id: UUID, customer_id: UUID) -> Statement[Connection | None]:
    """The connection, if it is theirs, or its device is theirs or shared with them."""
    return _GET_BY_ID_FOR_CUSTOMER(connection_id=connection_id, customer_id=customer_id)


def list_by_device_for_customer(device_id: UUID, customer_id: UUID) -> Statement[list[Connection]]:
    """The device's connections, newest first, if it is the customer's or shared with them."""
    return _LIST_BY_DEVICE_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id)


def create_for_customer(
    device_id: UUID,
    customer_id: UUID,
    username: str,
    password_hash: str,
    password_plain: str | None = None,
    ip_whitelist: list[str] | None = None,
    bandwidth_limit: int = 0,
    expires_at: datetime | None = None,
    proxy_type: ProxyType = "http",
) -> Statement[Connection]:
    """The new connection on the device's own ports. It carries the device's owner, also when a grantee creates it.

    :raises NotFound: unless the device is theirs or shared with them with ``can_manage_ports``.
    :raises InvalidParameter: for an empty username or hash, a negative limit, an unknown type.
    """
    not_empty(username=username, password_hash=password_hash)
    not_negative(bandwidth_limit=bandwidth_limit)
    one_of(get_args(ProxyType), proxy_type=proxy_type)
    return _CREATE_FOR_CUSTOMER(
        device_id=device_id,
        customer_id=customer_id,
        username=username,
        password_hash=password_hash,
        password_plain=password_plain,
        ip_whitelist=ip_whitelist,
        bandwidth_limit=bandwidth_limit,
        expires_at=expires_at,
        proxy_type=proxy_type,
    )


def update_active_for_customer(connection_id: UUID, customer_id: UUID, active: bool) -> Statement[Connection]:
    """The connection, switched on or off.

    :raises NotFound: unless its device is theirs or shared with them with ``can_manage_ports``.
    """
    return _UPDATE_ACTIVE_FOR_CUSTOMER(connection_id=connection_id, customer_id=customer_id, active=active)


def update_password_for_customer(
    connection_id: UUID, customer_id: UUID, password_hash: str, password_plain: str | None = None
) -> Statement[Connection]:
    """The connection with another password; without a plain one, none is kept.

    :raises NotFound: unless its device is theirs or shared with them with ``can_manage_ports``.
    :raises InvalidParameter: for an empty hash.
    """
    not_empty(password_hash=password_hash)
    return _UPDATE_PASSWORD_FOR_CUSTOMER(
        connection_id=connection_id,
        customer_id=customer_id,
        password_hash=password_hash,
        password_plain=password_plain,
    )


def delete_for_customer(connection_id: UUID, customer_id: UUID) -> Statement[Connection]:
    """The connection that was deleted.

    :raises NotFound: unless its device is theirs or shared with them with ``can_manage_ports``.
    """
    return _DELETE_FOR_CUSTOMER(connection_id=connection_id, customer_id=customer_id)
