"""How values are read: as psycopg does, in binary, but a time is in UTC whatever the server's TimeZone says.

So a record is the same on every server, and pickles without a time zone database. It is quicker too: psycopg's loader
takes 0.11 µs for a time in UTC and 0.35 µs in any other zone, of which ``Etc/UTC``, Debian's and Docker's, is one.
"""

from typing import Any

import psycopg
from psycopg import pq
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Loader

_Connection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

_TIMESTAMPTZ = psycopg.adapters.types["timestamptz"].oid
_PSYCOPGS = psycopg.adapters.get_loader(_TIMESTAMPTZ, pq.Format.BINARY)


class Results:
    """The context in which the values of a connection's results become Python's."""

    def __init__(self, connection: _Connection) -> None:
        self.connection = connection
        self.adapters: AdaptersMap = AdaptersMap(connection.adapters)
        # One that the service has registered is left to it. This one is abstract, since it only makes another.
        if self.adapters.get_loader(_TIMESTAMPTZ, pq.Format.BINARY) is _PSYCOPGS:
            self.adapters.register_loader(_TIMESTAMPTZ, _Utc)  # type: ignore[type-abstract]


class _Utc(Loader):
    format = pq.Format.BINARY

    def __new__(cls, oid: int, _context: AdaptContext | None = None) -> Any:
        # psycopg's own, which without a connection knows of no other zone.
        assert _PSYCOPGS is not None
        return _PSYCOPGS(oid, None)
