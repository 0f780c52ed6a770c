"""What both stores keep of their pool: who holds a connection, and whether an idle one is still alive."""

import asyncio
import os
import select
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast

from psycopg.pq import ConnStatus, PipelineStatus, TransactionStatus

from tenantstore.store.wire import Connection, Link

_LINK = "_tenantstore_link"


@dataclass(frozen=True, slots=True)
class Hold:
    """A connection that is out: what it runs, for whom, held by which thread or task, and since when."""

    what: str
    who: str
    by: str = field(default_factory=lambda: _caller())
    since: float = field(default_factory=monotonic)

    def __str__(self) -> str:
        return f"{self.what} for {self.who}, {monotonic() - self.since:.1f} s, in {self.by}"


class Holds:
    """The connections that are out now."""

    def __init__(self) -> None:
        self._held: dict[Connection, Hold] = {}

    def add(self, connection: Connection, hold: Hold) -> None:
        self._held[connection] = hold

    def remove(self, connection: Connection) -> None:
        self._held.pop(connection, None)

    def describe(self) -> list[str]:
        """A line a connection, the one held longest first."""
        return [str(hold) for hold in sorted(self._held.copy().values(), key=lambda hold: hold.since)]


def link_of(connection: Connection, prepare: bool) -> Link:
    """The connection's link, made at its first use. It lives on the connection, to end with it."""
    link = getattr(connection, _LINK, None)
    if link is None:
        link = Link(connection, prepare)
        setattr(connection, _LINK, link)
    return cast(Link, link)


def is_alive(connection: Connection) -> bool:
    """Whether an idle connection can be used, without asking the server.

    The server says nothing to an idle client, but for a notice that it is going away. So a socket that can be read has
    been closed, or is about to be; looking costs a system call, against a round trip for a query.
    """
    pgconn = connection.pgconn
    if pgconn.status != ConnStatus.OK:
        return False
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    if poll.poll(0):
        with suppress(Exception):
            pgconn.consume_input()
            # A parameter change or a notification is news that a living connection may have.
            return pgconn.status == ConnStatus.OK and not poll.poll(0)
        return False
    return True


def is_clean(connection: Connection) -> bool:
    """Whether a connection may go back to the pool: in no transaction, in no pipeline, nothing on its way."""
    pgconn = connection.pgconn
    return (
        pgconn.status == ConnStatus.OK
        and pgconn.transaction_status == TransactionStatus.IDLE
        and pgconn.pipeline_status == PipelineStatus.OFF
    )


def in_transaction(connection: Connection) -> bool:
    """Whether it is in a transaction, failed or not, that can be rolled back."""
    pgconn = connection.pgconn
    return pgconn.pipeline_status == PipelineStatus.OFF and pgconn.transaction_status in (
        TransactionStatus.INTRANS,
        TransactionStatus.INERROR,
    )


def conninfo(dsn: str | None) -> str:
    """The given DSN, else ``TENANTSTORE_DSN``, else nothing, which leaves it to libpq's own variables."""
    return dsn if dsn is not None else os.environ.get("TENANTSTORE_DSN", "")


def pool_options(options: dict[str, Any]) -> dict[str, Any]:
    """The pool's options with this library's defaults; each may be given."""
    kwargs = {"autocommit": True, "application_name": "tenantstore", **options.pop("kwargs", {})}
    return {"min_size": 1, "max_size": 10, "timeout": 10.0, "open": False, **options, "kwargs": kwargs}


def _caller() -> str:
    with suppress(RuntimeError):
        task = asyncio.current_task()
        if task is not None:
            return f"task {task.get_name()}"
    return f"thread {threading.current_thread().name}"
