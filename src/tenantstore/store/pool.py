"""What both stores keep of their pool: who holds a connection, and in which state one comes back."""

import os
import re
from asyncio import Task
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import Conninfo, PipelineStatus, TransactionStatus

from tenantstore.errors import InvalidParameter
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


_UNNAMED = (
    "No DSN was given, nor found in TENANTSTORE_DSN, so libpq's PG* variables and its defaults were taken."
    ' For development, `eval "$(tenantstore db up)"` starts a server and sets it.'
)
_DSN = 'write "postgresql://user@host:5432/database", with a password percent-encoded, or "host=… dbname=… user=…"'


def in_transaction(connection: Connection) -> bool:
    """Whether it is in a transaction, failed or not, that can be rolled back."""
    pgconn = connection.pgconn
    return pgconn.pipeline_status == PipelineStatus.OFF and pgconn.transaction_status in (
        TransactionStatus.INTRANS,
        TransactionStatus.INERROR,
    )


def conninfo(dsn: str | None) -> str:
    """The given DSN, else ``TENANTSTORE_DSN``, else nothing, which leaves it to libpq's own variables.

    :raises InvalidParameter: when it is none, without the driver's text, which would quote it, passwords included.
    """
    target = dsn if dsn is not None else os.environ.get("TENANTSTORE_DSN", "")
    try:
        options = {each.keyword: (each.val or b"").decode() for each in Conninfo.parse(target.encode())}
    except (psycopg.Error, UnicodeError):
        options = {}
    if not options:
        # Not above, where the driver's error would be its context.
        raise InvalidParameter("dsn", f"is not one that libpq can read: {_DSN}")
    # Of a password with an @ or a / in it, libpq takes the rest for a host, a port or a database, and quotes it in its
    # error, or the server does.
    hosts = [host for host in options[b"host"].split(",") if not host.startswith("/")]
    misread = any("@" in host[1:] for host in hosts) or re.match(r"postgres(ql)?://[^/?]*/[^?]*@", target)
    if misread or not re.fullmatch(r"[\d\s+,-]*", options[b"port"]):
        raise InvalidParameter("dsn", f"has a host or a port that is none: {_DSN}")
    return target


def pool_options(target: str, options: dict[str, Any]) -> dict[str, Any]:
    """The pool's options with this library's defaults; each may be given, also by the DSN or by libpq's variables."""
    said = {option.keyword for option in Conninfo.parse(target.encode()) if option.val or _is_set(option.envvar)}
    defaults = {"application_name": "tenantstore", "connect_timeout": 10}
    kwargs = {name: value for name, value in defaults.items() if name.encode() not in said}
    kwargs |= {"autocommit": True, **options.pop("kwargs", {})}
    return {"min_size": 1, "max_size": 10, "timeout": 10.0, "open": False, **options, "kwargs": kwargs}


@contextmanager
def connecting(target: str) -> Iterator[None]:
    """Say of a connection that fails what libpq's text has not: that nobody named the database, or what starts it."""
    try:
        yield
    except psycopg.OperationalError as error:
        if advice := down_advice(target) if target else _UNNAMED:
            error.add_note(advice)
        raise


def down_advice(target: str) -> str:
    """What may help where a DSN leads to folders with no socket in them; else nothing."""
    options = {each.keyword: (each.val or b"").decode() for each in Conninfo.parse(target.encode())}
    folders = options[b"host"].split(",")
    # Of an address libpq asks for no socket.
    if options[b"hostaddr"] or not all(folder.startswith("/") and _has_no_socket(folder) for folder in folders):
        return ""
    return f"No socket is in {', '.join(folders)}: `tenantstore db up` starts a development server again."


def _has_no_socket(folder: str) -> bool:
    try:
        return not any(each.name.startswith(".s.PGSQL.") for each in Path(folder).iterdir())
    except OSError as error:
        # What cannot be looked into may have one.
        return isinstance(error, FileNotFoundError)


def _is_set(variable: bytes | None) -> bool:
    return variable is not None and variable.decode() in os.environ
