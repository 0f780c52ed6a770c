"""A file as one transaction: the lock, the history, the file and its row commit together, or nothing does."""

import time
from dataclasses import replace

from psycopg import pq
from psycopg.errors import DeadlockDetected, LockNotAvailable, UndefinedTable
from psycopg.sql import SQL

from tenantstore.migrate.blockers import Watch
from tenantstore.migrate.connect import pauses
from tenantstore.migrate.errors import Problem, StatementFailed
from tenantstore.migrate.lock import begin_locked
from tenantstore.migrate.planning import Step
from tenantstore.migrate.send import Refusal, failure, send
from tenantstore.migrate.session import Done, Planner, Session, milliseconds, unbroken
from tenantstore.migrate.shown import one_line

# RESET ALL leaves the role as it is, and a temporary table of one file would hide a real one from the next.
RESET = "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; DISCARD TEMP"

_LIMITS = """
SELECT
    pg_backend_pid(),
    set_config('lock_timeout', {}, true),
    set_config('standard_conforming_strings', 'on', true)
"""
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


def run_whole(session: Session, step: Step, planner: Planner) -> Done | None:
    """Run a file; None when, by the time the lock is held, this is not the next step any more.

    :raises StatementFailed: when the server refuses something in it; Blocked when that is because of others, again and
        again for as long as the options say.
    :raises LockedOut: when another run holds the lock.
    """
    connection, options = session.connection, session.options
    deadline = time.monotonic() + options.wait_seconds
    for pause in pauses(_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS):
        begin_locked(connection, session.history, session.wait(session.again(step)))
        if planner(session.history.read(connection))[:1] != [step]:
            connection.execute("ROLLBACK")
            return None
        begun = time.monotonic()
        with unbroken(connection, str(step)):
            refusal = _attempt(session, step, begun)
        if refusal is None:
            return Done(step, milliseconds(begun))
        # Nothing to say where the COMMIT was refused: that has ended the transaction.
        connection.rollback()
        if not refusal.blocked or time.monotonic() + pause > deadline:
            raise failure(step, refusal, f"Nothing of this file stays. Mend it, and {session.again(step)}.")
        session.tell(f"{step}: {refusal.message}; all of the file is tried again in {pause:.1f} s")
        time.sleep(pause)
    raise AssertionError("pauses do not end")


def _attempt(session: Session, step: Step, begun: float) -> Refusal | None:
    connection, seconds = session.connection, session.options.lock_timeout_seconds
    set_limits = SQL(_LIMITS).format(f"{round(seconds * 1000)}ms")
    row = connection.execute(set_limits).fetchone()
    assert row is not None, "one row"
    with Watch(session.dsn, row[0], seconds / 2, session.tell) as watch:
        refusal = send(connection, step.script.text, watch)
        if refusal:
            return refusal
        if connection.info.transaction_status != pq.TransactionStatus.INTRANS:
            problem = Problem(step.script.path, "the file ended the runner's transaction")
            raise StatementFailed(problem, "25P01", (), "What it did until then stays, and the history does not tell.")
        # Triggers that are put off until the COMMIT may wait for locks as well.
        connection.execute(SQL(f"{RESET};") + set_limits)
        refusal = _record(session, step, begun) or send(connection, "COMMIT", watch)
    return refusal and replace(refusal, done=len(step.script.statements))


def _record(session: Session, step: Step, begun: float) -> Refusal | None:
    """Write that the file is done; why not, where others hold the history."""
    connection, history = session.connection, session.history
    try:
        if step.direction == "up":
            history.create(connection)
            history.write(connection, step.migration, milliseconds(begun))
        else:
            history.delete(connection, step.migration.version)
    except (LockNotAvailable, DeadlockDetected) as error:
        message = f"the history {history}: {one_line(str(error.diag.message_primary))}"
        return Refusal(0, error.sqlstate or "", message, None, ())
    except UndefinedTable as error:
        problem = Problem(step.script.path, one_line(f"the file takes the history {history} away"))
        advice = "Nothing of this file stays. Take out of it what drops, renames or moves that table or its schema."
        raise StatementFailed(problem, error.sqlstate or "", (), advice) from None
    return None
