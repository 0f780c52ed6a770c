"""An observer that writes to a logger of the standard library."""

import logging

from tenantstore.observe.events import Event, MigrationRan, Observer, PoolWaited, StatementRan, TransactionEnded

_LOGGER = logging.getLogger("tenantstore")


def log_to(logger: logging.Logger = _LOGGER, *, slow_seconds: float | None = None) -> Observer:
    """An observer that logs each event: at WARNING an error and a statement of ``slow_seconds`` or more, else at DEBUG.

    A record has the event's fields as attributes, each behind ``db_`` so that none is another's: ``%(db_query)s`` in a
    format, ``record.db_duration_seconds`` in a handler. ``db_event`` is the kind of event; ``db_error`` the name of the
    error's class::

        store = Store.open(observer=log_to(logging.getLogger("shop.db"), slow_seconds=0.5))

    Where the logger is not enabled, a call of it is all that an event costs.
    """

    def observe(event: Event, /) -> None:
        slow = isinstance(event, StatementRan) and slow_seconds is not None and event.duration_seconds >= slow_seconds
        level = logging.WARNING if slow or getattr(event, "error", None) else logging.DEBUG
        if logger.isEnabledFor(level) and (said := _said(event, slow)):
            logger.log(level, "%s", said, extra=_extra(event))

    return observe


def _said(event: Event, slow: bool) -> str:
    """One line; none of an event that is not known."""
    spent = f"{event.duration_seconds * 1000:.1f} ms"
    error = event.error.__name__ if event.error is not None else ""
    match event:
        case StatementRan():
            error += f" ({event.sqlstate})" if event.sqlstate else ""
            rows = f"{event.rows} row{'s' * (event.rows != 1)}{' changed' * event.affected}"
            others = f", one of {event.batch_size}" if event.batch_size > 1 else ""
            return f"{'slow: ' * slow}{event.query}: {error or rows} in {spent}{others}"
        case TransactionEnded():
            return f"transaction {event.outcome} in {spent}{f': {error}' * bool(error)}"
        case PoolWaited():
            return f"no connection in {spent}: {error}" if error else f"a connection in {spent}"
        case MigrationRan():
            error += f" ({event.sqlstate})" if event.sqlstate else ""
            return f"migration {event.version} {event.name} {event.direction}: {error or 'done'} in {spent}"


def _extra(event: Event) -> dict[str, object]:
    found: dict[str, object] = {f"db_{name}": getattr(event, name) for name in event.__slots__}
    found["db_event"] = type(event).__name__
    found["db_error"] = None if event.error is None else event.error.__name__
    return found
