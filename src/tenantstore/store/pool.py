"""What both stores keep of their pool: who holds a connection, and in which state one comes back."""

from asyncio import Task
from collections.abc import Iterable
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple

from psycopg.pq import PipelineStatus, TransactionStatus

from tenantstore.store.identity import Identity
from tenantstore.store.wire import Connection, Link

_LINK = "_tenantstore_link"
# Read at every call, and an enum's member takes two look-ups.
_IDLE, _PIPELINE_OFF = TransactionStatus.IDLE, PipelineStatus.OFF


class Hold(NamedTuple):
    """A connection that is out: what it runs, for whom, held by which thread or task, and since when."""

    # Each a thing whose text is made only when somebody asks: this one is made for every call.
    what: object
    who: Identity
    by: Thread | Task[Any] | None
    since: float

    def __str__(self) -> str:
        by = (
            f"thread {self.by.name}"
            if isinstance(self.by, Thread)
            else f"task {self.by.get_name() if self.by else '?'}"
        )
        return f"{self.what} for {self.who.name}, {monotonic() - self.since:.1f} s, in {by}"


def describe(holds: Iterable[Hold]) -> list[str]:
    """A line a connection, the one held longest first."""
    return [str(hold) for hold in sorted(holds, key=lambda hold: hold.since)]


def link_of(connection: Connection, prepare: bool) -> Link:
    """The connection's link, made at its first use. It lives on the connection, to end with it."""
    link: Link | None = getattr(connection, _LINK, None)
    if link is None:
        link = Link(connection, prepare)
        setattr(connection, _LINK, link)
    return link


def is_clean(connection: Connection) -> bool:
    """Whether a connection may go back to the pool: in no transaction, in no pipeline, nothing on its way."""
    pgconn = connection.pgconn
    # The first is UNKNOWN for a connection that is broken.
    return pgconn.transaction_status == _IDLE and pgconn.pipeline_status == _PIPELINE_OFF


def is_active(connection: Connection) -> bool:
    """Whether the server may still be at a statement of it, or on the way to the end of one."""
    return connection.pgconn.transaction_status == TransactionStatus.ACTIVE


def in_transaction(connection: Connection) -> bool:
    """Whether it is in a transaction, failed or not, that can be rolled back."""
    pgconn = connection.pgconn
    return pgconn.pipeline_status == PipelineStatus.OFF and pgconn.transaction_status in (
        TransactionStatus.INTRANS,
        TransactionStatus.INERROR,
    )
