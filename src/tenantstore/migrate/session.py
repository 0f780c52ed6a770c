"""A run's connection, its history and how it talks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tenantstore.migrate.connect import Connection, connect
from tenantstore.migrate.errors import ServerGone
from tenantstore.migrate.history import History, find
from tenantstore.migrate.options import Note, Options
from tenantstore.migrate.planning import Applied, Step

# From the history to the steps that are still to be taken.
Planner = Callable[[list[Applied]], list[Step]]


@dataclass(frozen=True, slots=True)
class Session:
    """``connection`` runs what is one transaction; a file without one gets its own from :meth:`connect`."""

    dsn: str
    options: Options
    connection: Connection
    history: History

    def tell(self, text: str) -> None:
        """Pass on what a person who watches wants to know."""
        self.options.report(Note(text))

    def connect(self) -> Connection:
        """Another connection that passes on the server's notices."""
        return _heard(connect(self.dsn, self.options.wait_seconds), self.options)


@contextmanager
def session(dsn: str, table: str, options: Options) -> Iterator[Session]:
    """Connect and find the history; the connection ends with the block."""
    with _heard(connect(dsn, options.wait_seconds), options) as connection:
        yield Session(dsn, options, connection, find(connection, table))


@contextmanager
def unbroken(connection: Connection, what: str) -> Iterator[None]:
    """Turn the driver's error of a broken connection into ours.

    :raises ServerGone: when the connection broke.
    """
    try:
        yield
    except psycopg.OperationalError as error:
        if not connection.closed:
            raise
        raise ServerGone(what, str(error).strip()) from None


def milliseconds(since: float) -> int:
    """How long ago ``since`` was on the monotonic clock."""
    return round((time.monotonic() - since) * 1000)


def _heard(connection: Connection, options: Options) -> Connection:
    def pass_on(notice: psycopg.errors.Diagnostic) -> None:
        options.report(Note(f"{notice.severity}: {notice.message_primary}"))

    connection.add_notice_handler(pass_on)
    return connection
