"""Relay servers: where phones tunnel to.

Table ``relay_servers`` (migration 007). SQL in ``sql/relay_servers/``.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantstore.queries import Statement, many, one, optional
from tenantstore.queries.checks import not_empty


@dataclass(frozen=True, slots=True)
class RelayServer:
    """A row of ``relay_servers``. Fields stand in the order of every SELECT list."""

    id: UUID
    name: str
    ip: str
    location: str
    active: bool
    created_at: datetime
    updated_at: datetime


_CREATE = one(RelayServer, "relay_servers/create")
_GET_BY_ID = optional(RelayServer, "relay_servers/get_by_id")
_LIST_ALL = many(RelayServer, "relay_servers/list_all")
_LIST_ACTIVE = many(RelayServer, "relay_servers/list_active")


def create(name: str, ip: str, location: str = "") -> Statement[RelayServer]:
    """The new relay server, active at once.

    :raises InvalidParameter: for an empty name or address: a device reads '' where it has no relay server.
    :raises UniqueViolation: when a relay server has this address.
    """
    not_empty(name=name, ip=ip)
    return _CREATE(name=name, ip=ip, location=location)


def get_by_id(relay_server_id: UUID) -> Statement[RelayServer | None]:
    """The relay server or None."""
    return _GET_BY_ID(relay_server_id=relay_server_id)


def list_all() -> Statement[list[RelayServer]]:
    """All relay servers, by name."""
    return _LIST_ALL()


def list_active() -> Statement[list[RelayServer]]:
    """The relay servers that are in service, by name."""
    return _LIST_ACTIVE()
