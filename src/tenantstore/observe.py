"""What a store tells of its work, for logs, metrics, traces and tests.

An observer is anything that can be called with one event, given to ``Store.open(observer=…)``; a list's ``append`` will
do. It is called when the thing is over, by the thread or task whose call it was, so its own time is the caller's: it
should hand on what takes long. What it raises is logged and goes no further: a change that was committed must not look
as if it had failed. More kinds of events may come; an observer leaves alone those it does not know::

    def observe(event: Event) -> None:
        match event:
            case StatementRan(duration_seconds=seconds) if seconds > 0.5:
                log.warning("%s took %.1f s", event.query, seconds)

No event holds a parameter's value, a row, or the text of an error.
"""

import logging
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

ScopeKind: TypeAlias = Literal["tenant", "operator"]
Outcome: TypeAlias = Literal["committed", "rolled back", "unknown"]


@dataclass(frozen=True, slots=True)
class StatementRan:
    """A statement that was sent, whether or not it succeeded; for a stream, told at its end."""

    #: ``folder/name`` of its file.
    query: str
    scope: ScopeKind
    #: How many came back or, for a query that is ``affected``, were changed. 0 where it failed before the first.
    rows: int
    #: Of all that travelled together; of a stream without what the caller did between the rows.
    duration_seconds: float
    #: The same for statements that travelled together, as in ``run_all``; no other ever has it in this process.
    batch: int
    #: How often the batch as a whole went to the server and back: usually once. Not counted: a ROLLBACK after an error.
    round_trips: int
    streamed: bool
    #: What the call raised. All statements of a batch bear it, since none of them counts then.
    error: type[BaseException] | None
    #: The server's code, where the error has one: a tenant's errors are without it on purpose.
    sqlstate: str | None


@dataclass(frozen=True, slots=True)
class TransactionEnded:
    """A ``transaction()`` block that is over, or could not be begun."""

    scope: ScopeKind
    #: ``unknown``: the answer to COMMIT was lost.
    outcome: Outcome
    duration_seconds: float
    #: To begin and to end it, without those of its statements.
    round_trips: int
    #: What beginning or ending it raised; what left the block is not repeated here.
    error: type[BaseException] | None


@dataclass(frozen=True, slots=True)
class PoolWaited:
    """A connection was asked for: how long it took to come, and what was raised where none came."""

    duration_seconds: float
    error: type[BaseException] | None


Event: TypeAlias = StatementRan | TransactionEnded | PoolWaited


class Observer(Protocol):
    """Takes events. A store that threads share calls it from all of them."""

    def __call__(self, event: Event, /) -> object: ...


def tell(observer: Observer, event: Event) -> None:
    """Hand the event over, whatever the observer does with it."""
    try:
        observer(event)
    except Exception:
        logging.getLogger("tenantstore").exception("an observer failed at %s", type(event).__name__)
