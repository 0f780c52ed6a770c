"""How a run behaves, what it tells while it runs, its connection and its history."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from tenantstore.migrate.connect import Connection, connect
from tenantstore.migrate.errors import ADVICE, Misconfigured, Refused, ServerGone, Unreachable
from tenantstore.migrate.history import History, find
from tenantstore.migrate.lock import Wait
from tenantstore.migrate.planning import Applied, Step
from tenantstore.migrate.shown import one_line
from tenantstore.observe import Observer


@dataclass(frozen=True, slots=True)
class Begun:
    """A file is about to be sent: ``number`` of ``total``."""

    step: Step
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Done:
    """A file and its history row are committed."""

    step: Step
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person who watches wants to know: whom the run waits for, that it tries again, a server's notice."""

    text: str


Event = Begun | Done | Note


def _ignore(_event: Event) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run behaves.

    ``table`` is the history, by default ``tenantstore_migrations`` for the library's own folder and
    ``migration_history`` for any other. ``wait_seconds`` is how long to wait for the database, for another run, and for
    tables that others hold; ``connect_seconds`` how long for the database, where that differs; ``lock_timeout_seconds``
    how long each try may keep others waiting behind it. ``report`` is called while the run goes on, ``observer`` after
    each file: see :mod:`tenantstore.observe`. ``again`` is what a failure says to do once it is mended, where that is
    not to run ``up`` or ``down`` again on this very database.
    """

    table: str | None = None
    wait_seconds: float = 30
    connect_seconds: float | None = None
    lock_timeout_seconds: float = 2
    allow_out_of_order: bool = False
    report: Callable[[Event], None] = _ignore
    observer: Observer | None = None
    again: str | None = None

    def __post_init__(self) -> None:
        # The server takes 0 for "no limit", and then every reader queues behind the migration.
        if self.lock_timeout_seconds < 0.001:
            raise Misconfigured("the lock timeout must be 1 ms or more")


# From the history to the steps that are still to be taken.
Planner = Callable[[list[Applied]], list[Step]]


@dataclass(frozen=True, slots=True)
class Session:
    """One run: its connection, which nobody else uses, and the history that it is about."""

    dsn: str
    options: Options
    connection: Connection
    history: History

    def again(self, step: Step) -> str:
        """What to do after a failure, once it is mended."""
        return self.options.again or step.again

    def wait(self, again: str) -> Wait:
        """How long to wait for another run; ``again`` is what to do when it is over."""
        return Wait(self.options.wait_seconds, self.tell, again)

    def tell(self, text: str) -> None:
        """Pass on what a person who watches wants to know."""
        self.options.report(Note(text))


@contextmanager
def session(dsn: str, table: str, options: Options) -> Iterator[Session]:
    """Connect and find the history; the connection ends with the block."""
    with _heard(_reached(dsn, options), options) as connection, unbroken(connection, "the run"):
        yield Session(dsn, options, connection, find(connection, table))


def _reached(dsn: str, options: Options) -> Connection:
    wait_seconds = options.wait_seconds if options.connect_seconds is None else options.connect_seconds
    if wait_seconds:
        try:
            return connect(dsn)
        except Unreachable as error:
            options.report(Note(f"waiting for the database, up to {wait_seconds:g} s: {error}"))
    return connect(dsn, wait_seconds)


@contextmanager
def unbroken(connection: Connection, what: str) -> Iterator[None]:
    """Turn the driver's errors into ours.

    :raises ServerGone: when the connection broke.
    :raises Refused: when the server refused what the runner asked for itself.
    """
    try:
        yield
    except psycopg.Error as error:
        if connection.closed:
            reason = str(error).partition("\n")[0].removeprefix("consuming input failed: ")
            raise ServerGone(
                f"{what}: the connection broke: {reason}",
                "What was done, the history knows: `status` shows it, and `up` or `down` goes on from there.",
            ) from None
        message = one_line(error.diag.message_primary or str(error))
        raise Refused(f"{what}: {message}", error.sqlstate, ADVICE.get(error.sqlstate or "", "")) from None


def milliseconds(since: float) -> int:
    """How long ago ``since`` was on the monotonic clock."""
    return round((time.monotonic() - since) * 1000)


def _heard(connection: Connection, options: Options) -> Connection:
    def pass_on(notice: psycopg.errors.Diagnostic) -> None:
        options.report(Note(f"{notice.severity}: {one_line(notice.message_primary or '')}"))

    connection.add_notice_handler(pass_on)
    return connection
