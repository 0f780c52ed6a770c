"""The lock of a history: whoever holds it is the only one who changes what the history tells of.

It is an advisory lock, asked for again and again and never waited for: a session that sleeps in ``pg_advisory_lock``
holds a snapshot, and CREATE INDEX CONCURRENTLY in the session it waits for would wait for that, in a circle.

A file that is one transaction holds it in that transaction, so that it ends with it, also behind a pooler. A file
without a transaction needs it in its session, which is checked to be the runner's own. There it is given up with all
else that a session has, by DISCARD ALL: from the file's own locks on, nothing of it stays for the files that follow.
"""

import time
from collections.abc import Callable
from typing import LiteralString, NamedTuple

from tenantstore.migrate.connect import Connection, pauses
from tenantstore.migrate.errors import LockedOut, LockLost, PoolerBetween
from tenantstore.migrate.history import History
from tenantstore.migrate.planning import Step
from tenantstore.migrate.shown import one_line

# Not READ WRITE: default_transaction_read_only may be how somebody has frozen the database.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
_HELD = """
SELECT
    coalesce(
        (
            SELECT format('pid %%s (%%s, %%s)', a.pid, a.usename, coalesce(host(a.client_addr), 'local'))
            FROM pg_catalog.pg_stat_activity AS a
            WHERE a.pid = l.pid
        ),
        format('pid %%s', l.pid)
    ) AS holder
FROM pg_catalog.pg_locks AS l
WHERE
    l.locktype = 'advisory'
    AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    AND l.classid = %s
    AND l.objid = %s
    AND l.objsubid = 1
    AND l.granted
"""
# Asked before each statement of a file without a transaction, where nobody wants to know who the others are.
_MINE = """
SELECT
    EXISTS (
        SELECT FROM pg_catalog.pg_locks AS l
        WHERE
            l.locktype = 'advisory'
            AND l.pid = pg_backend_pid()
            AND l.classid = %s
            AND l.objid = %s
            AND l.objsubid = 1
            AND l.granted
    ),
    session_user,
    current_setting('role')
"""


class Wait(NamedTuple):
    """How long to wait for another run, whom to tell of it meanwhile, and what to do once that run is over."""

    seconds: float
    tell: Callable[[str], None]
    again: str


def begin_locked(connection: Connection, history: History, wait: Wait) -> None:
    """Begin a transaction that holds the lock.

    :raises LockedOut: when another run held it for all that time.
    """

    def attempt() -> bool:
        connection.execute(_BEGIN)
        if _try(connection, "pg_try_advisory_xact_lock", history):
            return True
        connection.execute("ROLLBACK")
        return False

    _poll(connection, history, wait, attempt)


class Acting(NamedTuple):
    """As whom a session acts: what SET SESSION AUTHORIZATION and SET ROLE have made of it."""

    user: str
    role: str


def lock_session(connection: Connection, history: History, wait: Wait) -> None:
    """Take the lock in a session that is as new, until :func:`leave_session`, or the end of the connection.

    :raises LockedOut: when another run held it for all that time.
    :raises PoolerBetween: when the session is not the runner's own.
    """
    # A pooler makes up the process id that it tells its clients.
    if _backend(connection) != connection.info.backend_pid:
        raise _pooler()
    leave_session(connection)
    _poll(connection, history, wait, lambda: _try(connection, "pg_try_advisory_lock", history))
    held, _ = _standing(connection, history)
    if not held:
        raise _pooler()


def leave_session(connection: Connection) -> None:
    """Forget all that files have left in a session of the runner's own: its locks, settings, prepared statements."""
    connection.execute("DISCARD ALL")


def check_session(connection: Connection, history: History, step: Step) -> Acting:
    """Make sure that this very backend holds the lock, whatever the file has done; as whom it acts by now.

    :raises PoolerBetween: when it is another backend.
    :raises LockLost: when the lock was given up.
    """
    held, acting = _standing(connection, history)
    if held:
        return acting
    if _backend(connection) != connection.info.backend_pid:
        raise _pooler()
    raise LockLost(
        f"{one_line(str(step.script.path))}: the session has lost the migration lock, which keeps other runs out",
        "DISCARD ALL, pg_advisory_unlock_all() or pg_advisory_unlock() in the file may have given it up: take it out,\n"
        f"and {step.again}: it goes on where it stopped.",
    )


def _pooler() -> PoolerBetween:
    return PoolerBetween(
        "a file without a transaction needs a session of its own, and a pooler such as PgBouncer stands between",
        "Run it with a DSN that leads to the server itself.",
    )


def _backend(connection: Connection) -> int:
    """The process that serves the connection now: a pooler makes up the one that it tells its clients."""
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    assert row is not None, "one row"
    return int(row[0])


def _try(connection: Connection, function: LiteralString, history: History) -> bool:
    row = connection.execute(f"SELECT {function}(%s)", [history.lock_key]).fetchone()
    return row is not None and bool(row[0])


def _standing(connection: Connection, history: History) -> tuple[bool, Acting]:
    row = connection.execute(_MINE, _halves(history)).fetchone()
    assert row is not None, "one row"
    return bool(row[0]), Acting(row[1], row[2])


def _halves(history: History) -> tuple[int, int]:
    """The key as pg_locks shows it: its upper half as a class, its lower one as an object."""
    return history.lock_key >> 32 & 0xFFFFFFFF, history.lock_key & 0xFFFFFFFF


def _holders(connection: Connection, history: History) -> list[str]:
    return [one_line(holder) for (holder,) in connection.execute(_HELD, _halves(history))]


def _poll(connection: Connection, history: History, wait: Wait, attempt: Callable[[], bool]) -> None:
    deadline = time.monotonic() + wait.seconds
    met: set[str] = set()
    told: set[str] = set()
    for pause in pauses():
        if attempt():
            return
        holders = _holders(connection, history)
        # The first time it may be one that is done, and on its way out.
        for holder in met.intersection(holders) - told:
            wait.tell(f"another run holds the migration lock: {holder}")
            told.add(holder)
        met.update(holders)
        if time.monotonic() + pause > deadline:
            held = "".join(f"\n  held by {holder}" for holder in holders)
            raise LockedOut(
                f"another run held the migration lock for {wait.seconds:g} s{held}",
                f"When it is done, {wait.again}; --wait waits for longer.",
            )
        time.sleep(pause)
