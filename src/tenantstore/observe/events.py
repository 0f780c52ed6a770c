"""The events, and how they are told.

Each has what it can be grouped by (a query's name, a kind of error) and how long it took, and nothing of whose data it
was.
"""

import logging
import threading
from dataclasses import dataclass
from types import CoroutineType
from typing import Literal, Protocol, TypeAlias

#: Whose scope it was.
ScopeKind: TypeAlias = Literal["tenant", "operator"]
#: How a transaction ended; unknown where the answer to its COMMIT was lost.
Outcome: TypeAlias = Literal["committed", "rolled back", "unknown"]


@dataclass(frozen=True, slots=True)
class StatementRan:
    """A statement that was sent, whether or not it succeeded; for a stream, told at its end."""

    #: ``folder/name`` of its file.
    query: str
    #: What it does, behind its CTEs: ``SELECT``, ``INSERT``, ``UPDATE``, …
    command: str
    scope: ScopeKind
    #: How many came back or, for a query that is ``affected``, were changed. 0 where it failed before the first.
    rows: int
    #: Whether ``rows`` were changed and none came back.
    affected: bool
    #: Of all that travelled together; of a stream without what the caller did between the rows.
    duration_seconds: float
    #: The same for statements that travelled together, as in ``run_all``; no other ever has it in this process.
    batch: int
    #: How many statements the batch has. They are told one after the other, with no other in between by this caller.
    batch_size: int
    #: How often the batch as a whole went to the server and back: usually once. Not counted: a ROLLBACK after an error,
    #: and what a stream began anew.
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
    #: To begin and to end it, each counted once, without those of its statements.
    round_trips: int
    #: What beginning or ending it raised; what left the block is not repeated here.
    error: type[BaseException] | None


@dataclass(frozen=True, slots=True)
class PoolWaited:
    """A connection was asked for: how long it took to come, and what was raised where none came."""

    duration_seconds: float
    error: type[BaseException] | None


@dataclass(frozen=True, slots=True)
class MigrationRan:
    """A file that the migration runner applied or undid, or tried to; not one that another run was quicker with."""

    version: int
    name: str
    direction: Literal["up", "down"]
    #: With the wait for other runs, for tables that others hold, and all that was tried again.
    duration_seconds: float
    #: None where the file and its history are committed.
    error: type[BaseException] | None
    sqlstate: str | None


#: What an observer is called with.
Event: TypeAlias = StatementRan | TransactionEnded | PoolWaited | MigrationRan


class Observer(Protocol):
    """Takes events. A store that threads share calls it from all of them."""

    def __call__(self, event: Event, /) -> object: ...


def all_of(*observers: Observer) -> Observer:
    """An observer that hands each event to these, in this order, whatever one of them does with it.

    What one of them causes by using its own store, the others are told.
    """
    return _All(observers)


class _All(tuple[Observer, ...]):
    def __call__(self, event: Event, /) -> None:
        for observer in self:
            tell(observer, event)


def tell(observer: Observer, event: Event) -> None:
    """Hand the event over, whatever the observer does with it; not what it causes itself by using its own store."""
    if isinstance(observer, _All):
        # Each of them is told what another causes.
        observer(event)
        return
    hearing: list[Observer] = _hearing.__dict__.setdefault("observers", [])
    if any(each is observer for each in hearing):
        return
    hearing.append(observer)
    try:
        given = observer(event)
        if isinstance(given, CoroutineType):
            given.close()
            raise TypeError(f"an observer is called, and nobody awaits it: {given.__qualname__} is an async function")
    except Exception:
        logging.getLogger("tenantstore").exception("an observer failed at %s", type(event).__name__)
    finally:
        hearing.pop()


# Those that this thread is telling something at the moment.
_hearing = threading.local()
