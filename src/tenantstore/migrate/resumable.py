"""A file without a transaction: statement after statement, each remembered, so that a rerun goes on where it stopped.

Every statement that can is run in one transaction with the note that it is done. The few that cannot (CREATE INDEX
CONCURRENTLY, VACUUM, a block that commits) are noted before and after; when a run ends in between, the next one looks
at the index, or, for the others, runs the statement again.

The lock is one of the session, so that it lasts as long as the server works on a statement, even if the runner is gone.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from psycopg.sql import SQL

from tenantstore.migrate import indexes
from tenantstore.migrate.blockers import Watch
from tenantstore.migrate.connect import Connection, pauses
from tenantstore.migrate.errors import Drift, InvalidIndex, StatementFailed
from tenantstore.migrate.lock import check_session, leave_session, lock_session
from tenantstore.migrate.planning import Progress, Step
from tenantstore.migrate.send import Refusal, failure, send
from tenantstore.migrate.session import Done, Planner, Session, milliseconds, unbroken
from tenantstore.migrate.statements import Statement
from tenantstore.migrate.whole import RESET

_SET_LIMITS = "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false)"
_LIFT_LIMITS = """
SELECT set_config('lock_timeout', '0', false), set_config('statement_timeout', '0', false)
WHERE current_setting('lock_timeout') = %s AND current_setting('statement_timeout') = %s
"""
_SET_ROLE = "SELECT set_config('session_authorization', %s, true), set_config('role', %s, true)"
_UNCERTAIN = (
    "An earlier run was cut off in this statement: it may have taken effect. Write it so that it can be repeated\n"
    "(IF EXISTS, IF NOT EXISTS), or take it out if it did."
)


def run_split(session: Session, step: Step, planner: Planner) -> Done | None:
    """Run a file, or the rest of it; None when, by the time the lock is held, this is not the next step any more.

    :raises StatementFailed: when the server refuses something in it; what was done before stays.
    :raises Drift: when what was done has changed in the file since.
    :raises PoolerBetween: when the session is not the runner's own.
    :raises LockLost: when something in the file gave up its lock.
    :raises LockedOut: when another run holds the lock.
    """
    connection = session.connection
    with unbroken(connection, str(step)):
        lock_session(connection, session.history, session.wait(session.again(step)))
        if planner(session.history.read(connection))[:1] != [step]:
            leave_session(connection)
            return None
        begun = time.monotonic()
        _Run(session, connection, step).all()
        # Before the transaction: what the file has set may be that it reads only.
        connection.execute(RESET)
        connection.execute("BEGIN")
        if step.direction == "up":
            session.history.write(connection, step.migration, milliseconds(begun))
        else:
            session.history.delete(connection, step.migration.version)
        connection.execute("COMMIT")
        leave_session(connection)
        return Done(step, milliseconds(begun))


class _Run:
    """One run over the statements of a file, on a connection that holds the lock."""

    def __init__(self, session: Session, connection: Connection, step: Step) -> None:
        self._session = session
        self._connection = connection
        self._step = step
        self._statements = step.script.statements
        self._progress = step.progress or Progress(step.direction)
        seconds = session.options.lock_timeout_seconds
        # For the session, so that a SET in the file has the last word.
        connection.execute(SQL("SET lock_timeout = {}").format(f"{round(seconds * 1000)}ms"))
        connection.execute("SET standard_conforming_strings = on")
        self._limits = self._current_limits()
        self._login = check_session(connection, session.history, step)

    def all(self) -> None:
        """Run what is left to run."""
        progress = self._progress
        if progress.done > len(self._statements) or self._step.script.prefix(progress.done) != progress.prefix:
            raise Drift(
                f"{self._step.script.path}: changed in the {progress.done} statements that an earlier run has done",
                "Restore them. What comes after them may be mended.\n"
                "If the database is right as it is, `repair` takes their new text into the history (of several folders,"
                " with `--dir`).",
            )
        self._session.history.create(self._connection)
        if progress.done:
            self._session.tell(f"{self._step}: goes on after {progress.done} of {len(self._statements)} statements")
        for statement in self._statements[: progress.done]:
            if _sets_the_session(statement) and (refusal := send(self._connection, statement.text)):
                raise self._failure(statement, refusal)
        for statement in self._statements[progress.done :]:
            self._run(statement)

    def _run(self, statement: Statement) -> None:
        # To try those in a transaction first would be work for nothing.
        if not _commits(statement) and not indexes.build(statement):
            refusal = self._together(statement)
            if refusal is None:
                return
            if not refusal.needs_no_transaction:
                raise self._failure(statement, refusal)
        self._alone(statement)

    def _together(self, statement: Statement) -> Refusal | None:
        """Run a statement in one transaction with its progress, again while others hold what it needs."""
        deadline = time.monotonic() + self._session.options.wait_seconds
        for pause in pauses(0.25, 5):
            self._connection.execute("BEGIN")
            self._note(self._after())
            with self._watch() as watch:
                refusal = send(self._connection, statement.text, watch) or send(self._connection, "COMMIT", watch)
            if refusal is None:
                self._progress = self._after()
                return None
            # Nothing to say where the COMMIT was refused: that has ended the transaction.
            self._connection.rollback()
            if not refusal.blocked or time.monotonic() + pause > deadline:
                return refusal
            self._session.tell(f"{self._step}: {refusal.message}; the statement is tried again in {pause:.1f} s")
            time.sleep(pause)
        raise AssertionError("pauses do not end")

    def _alone(self, statement: Statement) -> None:
        """Run a statement that cannot share a transaction."""
        uncertain = self._progress.started
        wanted = indexes.build(statement)
        if not (uncertain and wanted and self._is_settled(wanted)):
            found = indexes.state(self._connection, wanted) if wanted else None
            # What was there before, or was gone before, is not this statement's doing.
            ours = wanted is None or (found is None) == (wanted.action == "create")
            self._save(replace(self._progress, started=ours))
            may_ruin = wanted is None and indexes.may_ruin(statement)
            before = indexes.invalid(self._connection) if may_ruin else {}
            with self._watch() as watch, self._unlimited():
                refusal = send(self._connection, statement.text, watch)
            # One that was made now is valid, or it would have been refused.
            if may_ruin or (wanted and (refusal or not ours)):
                self._refuse_ruins(statement, refusal, self._ruins(wanted, found, before))
            if refusal:
                raise self._failure(statement, refusal, _UNCERTAIN if uncertain and not wanted else "")
        self._save(self._after())

    def _is_settled(self, wanted: indexes.Build) -> bool:
        """Whether the statement, whose outcome is not known, has taken effect; what it left half made is dropped."""
        found = indexes.state(self._connection, wanted)
        if wanted.action == "drop":
            return found is None
        if found and not found[1]:
            self._session.tell(f"{self._step}: drops {found[0]}, which an earlier run left INVALID")
            with self._unlimited():
                self._connection.execute(f"DROP INDEX CONCURRENTLY {found[0]}".encode())
            return False
        return found is not None

    def _ruins(self, wanted: indexes.Build | None, found: tuple[str, bool] | None, before: dict[int, str]) -> set[str]:
        """The indexes that are INVALID now and were not before; the one that is to be made also if it was."""
        if wanted is None:
            return {name for oid, name in indexes.invalid(self._connection).items() if oid not in before}
        now = indexes.state(self._connection, wanted)
        is_new = wanted.action == "create" or (found is not None and found[1])
        return {now[0]} if now and not now[1] and is_new else set()

    def _refuse_ruins(self, statement: Statement, refusal: Refusal | None, ruins: set[str]) -> None:
        if not ruins:
            return
        drops = "\n".join(f"DROP INDEX CONCURRENTLY {name};" for name in sorted(ruins))
        when = "The next run drops it first; or by hand:" if self._progress.started else "Drop it before the next run:"
        advice = f"An INVALID index is left, which serves no query and costs every write. {when}\n{drops}"
        if refusal:
            raise self._failure(statement, refusal, advice)
        text = "the index is INVALID: it was there before, and IF NOT EXISTS passed over it"
        problem = self._step.script.problem(statement.offset, text)
        raise InvalidIndex(str(problem), f"{advice}\n{self._outcome()}")

    def _failure(self, statement: Statement, refusal: Refusal, advice: str = "") -> StatementFailed:
        outcome = "\n".join(filter(None, (advice, self._outcome())))
        placed = replace(refusal, offset=refusal.offset or 0)
        return failure(self._step, placed, outcome, statement.offset)

    def _outcome(self) -> str:
        done, total = self._progress.done, len(self._statements)
        return (
            f"{done} of the {total} statements of this file are done, and stay. Mend the rest, and\n"
            f"{self._session.again(self._step)}: it goes on where it stopped."
        )

    def _after(self) -> Progress:
        done = self._progress.done + 1
        return Progress(self._step.direction, done, self._step.script.prefix(done))

    def _save(self, progress: Progress) -> None:
        self._connection.execute("BEGIN")
        self._note(progress)
        self._connection.execute("COMMIT")
        self._progress = progress

    def _note(self, progress: Progress) -> None:
        """Write the progress in the open transaction, as the role that logged in, whatever role the file has set."""
        acting = check_session(self._connection, self._session.history, self._step)
        if acting != self._login:
            self._connection.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT; SET LOCAL role TO DEFAULT")
        if progress.direction == "up":
            self._session.history.write(self._connection, self._step.migration, None, progress)
        else:
            self._session.history.set_progress(self._connection, self._step.migration.version, progress)
        if acting != self._login:
            self._connection.execute(_SET_ROLE, acting)

    def _watch(self) -> Watch:
        every = self._session.options.lock_timeout_seconds / 2
        return Watch(self._session.dsn, self._connection.info.backend_pid, every, self._session.tell)

    @contextmanager
    def _unlimited(self) -> Iterator[None]:
        """Lift the limits, unless the file has set its own: cut off, these statements leave ruins, and none of them
        keeps readers or writers waiting."""
        lifted = self._connection.execute(_LIFT_LIMITS, self._limits).rowcount
        yield
        if lifted:
            self._connection.execute(_SET_LIMITS, self._limits)

    def _current_limits(self) -> tuple[str, str]:
        row = self._connection.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        ).fetchone()
        assert row is not None, "one row"
        return row[0], row[1]


def _sets_the_session(statement: Statement) -> bool:
    """Whether a statement is of no effect but on the statements after it, so that a rerun needs it again."""
    match [word.upper() for word in statement.lead]:
        case ["SET", "LOCAL" | "TRANSACTION" | "CONSTRAINTS", *_]:
            return False
        case ["SET" | "RESET", *_]:
            return True
        case ["SELECT", *_]:
            return "set_config" in statement.text.lower()
    return False


def _commits(statement: Statement) -> bool:
    """Whether a block commits on its way."""
    return statement.begins("DO") and re.search(r"\b(commit|rollback)\b", statement.text, re.IGNORECASE) is not None
