"""Sending SQL as it was written, and learning exactly which statement of it was refused.

The driver's own ``execute`` says where in the text the server stumbled, if the server says so. Counting the results
before the refusal says which statement it was, always.
"""

import selectors
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg import pq

from tenantstore.migrate.blockers import Watch
from tenantstore.migrate.connect import Connection
from tenantstore.migrate.errors import ADVICE, Blocked, Problem, StatementFailed, starred
from tenantstore.migrate.planning import Step
from tenantstore.migrate.shown import indented, one_line

_GONE_ADVICE = (
    "Misspelt? Or changed after its up file was applied, which `repair` lets pass?"
    " It has to undo what was applied, not what the up file says now."
)
_SET_ADVICE = "The runner's transaction has begun before the file does: set this on the role or the database instead."
_CANCEL_SECONDS = 5
_COPYING = {pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server's answer to the statement after ``done`` others; ``offset`` in the text that was sent, if it says so.

    ``notes`` are its detail, hint and context, one a line.
    """

    done: int
    sqlstate: str
    message: str
    offset: int | None
    notes: tuple[str, ...]

    @property
    def blocked(self) -> bool:
        """Whether other sessions are to blame, so that it may go well another time: lock_not_available, deadlock."""
        return self.sqlstate in {"55P03", "40P01"}

    @property
    def needs_no_transaction(self) -> bool:
        """Whether a transaction is in its way: active_sql_transaction, invalid_transaction_termination."""
        return self.sqlstate in {"25001", "2D000"}


def send(connection: Connection, text: str, watch: Watch | None = None) -> Refusal | None:
    """Send the text as one message, and wait until all of it is done or refused; ``watch`` is told if that takes long.

    When it is interrupted, the server is told to stop.

    :raises psycopg.OperationalError: when the connection breaks.
    """
    pgconn = connection.pgconn
    done = 0
    refusal = None
    try:
        # Within, since an interruption comes as soon as this returns, and then the server is at work.
        pgconn.send_query(text.encode())
        for result in _results(pgconn, watch):
            assert result.status not in _COPYING, "the file was searched for COPY"
            if result.status != pq.ExecStatus.FATAL_ERROR:
                done += 1
            elif pgconn.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError(result.get_error_message())
            else:
                refusal = _refusal(result, done)
    except KeyboardInterrupt:
        connection.cancel_safe(timeout=_CANCEL_SECONDS)
        # In the middle of an answer there is nothing else to do with it.
        connection.close()
        raise
    return refusal


def failure(step: Step, refusal: Refusal, outcome: str, base: int = 0) -> StatementFailed:
    """The error for a refusal of what was sent from ``base`` of the file on; ``outcome`` is what became of the file."""
    script = step.script
    index = refusal.done
    advice = ADVICE.get(refusal.sqlstate, "")
    if refusal.offset is not None:
        problem = script.problem(base + refusal.offset, refusal.message)
        beside = [statement for statement in script.statements if statement.offset <= base + refusal.offset]
        index = len(beside) - 1
    elif index < len(script.statements):
        problem = script.problem(script.statements[index].offset, refusal.message)
    else:
        problem = Problem(script.path, f"when it was committed: {refusal.message}")
    if refusal.sqlstate == "25001" and index < len(script.statements) and script.statements[index].begins("SET"):
        advice = _SET_ADVICE
    if refusal.sqlstate == "42P01" and step.direction == "down":
        advice = _GONE_ADVICE
    kind = Blocked if refusal.blocked else StatementFailed
    return kind(problem, refusal.sqlstate, refusal.notes, "\n".join(filter(None, (advice, outcome))))


def _results(pgconn: pq.abc.PGconn, watch: Watch | None) -> Iterator[pq.abc.PGresult]:
    with selectors.DefaultSelector() as selector:
        key = selector.register(pgconn.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while pgconn.flush():
            if any(events & selectors.EVENT_READ for _, events in selector.select()):
                # The server may be unable to read on before somebody reads its notices.
                pgconn.consume_input()
        selector.modify(key.fileobj, selectors.EVENT_READ)
        while True:
            while pgconn.is_busy():
                if selector.select(watch.every_seconds if watch else None):
                    pgconn.consume_input()
                elif watch:
                    watch.late()
            while note := pgconn.notifies():
                del note
            if (result := pgconn.get_result()) is None:
                return
            yield result


def _refusal(result: pq.abc.PGresult, done: int) -> Refusal:
    field = pq.DiagnosticField

    def value(which: pq.DiagnosticField) -> str:
        return (result.error_field(which) or b"").decode(errors="replace")

    position = value(field.STATEMENT_POSITION)
    parts = {
        "DETAIL": value(field.MESSAGE_DETAIL),
        "HINT": value(field.MESSAGE_HINT),
        "QUERY": value(field.INTERNAL_QUERY),
        "CONTEXT": value(field.CONTEXT),
    }
    return Refusal(
        done,
        value(field.SQLSTATE),
        one_line(starred(value(field.MESSAGE_PRIMARY))),
        int(position) - 1 if position else None,
        tuple(f"{name}: {indented(starred(text))}" for name, text in parts.items() if text),
    )
