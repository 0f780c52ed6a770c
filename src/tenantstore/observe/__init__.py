"""What a store and the migration runner tell of their work, for logs, metrics, traces and tests.

An observer is anything that can be called with one event, given to ``Store.open(observer=…)`` or to
``migrate.Options(observer=…)``; a list's ``append`` will do. It is called when the thing is over, by the thread or task
whose call it was, so its own time is the caller's: it should hand on what takes long. What it raises is logged and goes
no further: a change that was committed must not look as if it had failed. That is so of every Exception, and not of
what ends a program or a task, as Ctrl-C does. An async function is no observer. It is not told of what it does with the
same store itself, for which it needs a second connection: the caller's is still out. More kinds of events may come, and
more fields; an observer leaves alone those it does not know::

    def observe(event: Event) -> None:
        match event:
            case StatementRan(duration_seconds=seconds) if seconds > 0.5:
                log.warning("%s took %.1f s", event.query, seconds)

:func:`log_to` is one that writes to a logger, :class:`tenantstore.observe.opentelemetry.OpenTelemetry` makes spans and
metrics, and :func:`all_of` hands each event to several. No event holds a parameter's value, a row, or the text of an
error.
"""

from tenantstore.observe.events import (
    Event,
    MigrationRan,
    Observer,
    Outcome,
    PoolWaited,
    ScopeKind,
    StatementRan,
    TransactionEnded,
    all_of,
    tell,
)
from tenantstore.observe.logs import log_to

__all__ = [
    "Event",
    "MigrationRan",
    "Observer",
    "Outcome",
    "PoolWaited",
    "ScopeKind",
    "StatementRan",
    "TransactionEnded",
    "all_of",
    "log_to",
    "tell",
]
