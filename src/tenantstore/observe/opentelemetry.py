"""An observer that makes spans and metrics of OpenTelemetry. It needs ``tenantstore[otel]``.

It follows the stable conventions for database clients and for PostgreSQL in version 1.44.0 of the semantic conventions
(https://github.com/open-telemetry/semantic-conventions/tree/v1.44.0/docs/db): a span of kind CLIENT for each call, of
``run``, of ``run_all`` or for a stream, and its duration in the histogram ``db.client.operation.duration``.

``db.query.summary``, and so the span's name, is the query's name; of statements that travel together, their names.
``db.operation.name`` is the statement's command, read when the file was loaded; ``BATCH …`` where there are several.
``db.namespace`` is the database, without a schema. ``error.type`` is the SQLSTATE, or else the name of the error's
class with its module: a tenant's errors are without SQLSTATE on purpose. ``db.query.text`` is not sent: the name says
where to read it.

Beside the conventions, a transaction is a span of kind INTERNAL, named ``transaction``, and ``tenantstore.scope`` and
``tenantstore.round_trips`` are on every span of a store. A migration is a span like a statement's, named ``migrate up
14 tenant_isolation``. Waits for the pool are in ``db.client.connection.wait_time`` and, where none came in time,
``db.client.connection.timeouts``, which the conventions have in development.

A span's parent is the span that is current where the call is made. It is made when the call is over, and begins its
duration before that. So a stream's is as long as the caller waited for the server, and ends with the stream.
"""

from collections.abc import Mapping, Sequence
from time import time_ns

import tenantstore
import tenantstore.driver  # first: what it raises says what to install
from tenantstore.dsn import conninfo
from tenantstore.errors import MissingExtra
from tenantstore.observe.events import Event, MigrationRan, PoolWaited, StatementRan, TransactionEnded

try:
    from opentelemetry.metrics import MeterProvider, get_meter
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, TracerProvider, get_tracer, set_span_in_context
except ImportError as _missing:
    raise MissingExtra("otel", f"OpenTelemetry cannot be imported: {_missing}") from None

from psycopg.pq import Conninfo
from psycopg_pool import PoolTimeout

Attributes = Mapping[str, str | int]

_SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
# As the conventions advise for durations of database operations.
_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)
_SUMMARY_LENGTH = 255


class OpenTelemetry:
    """Makes spans and metrics of events.

    ``dsn`` is the one that the store is opened with, and falls back to the same: what spans say of the server is read
    in it. Without providers, the global ones are used::

        store = Store.open(dsn, observer=OpenTelemetry(dsn))

    :raises InvalidParameter: when the DSN is none that libpq can read.
    """

    def __init__(
        self,
        dsn: str | None = None,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        version = tenantstore.__version__
        self._tracer = get_tracer("tenantstore", version, tracer_provider, _SCHEMA)
        meter = get_meter("tenantstore", version, meter_provider, _SCHEMA)
        self._duration = meter.create_histogram(
            "db.client.operation.duration",
            unit="s",
            description="How long statements and migrations took.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._wait = meter.create_histogram(
            "db.client.connection.wait_time",
            unit="s",
            description="How long it took to get a connection out of the pool.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._timeouts = meter.create_counter(
            "db.client.connection.timeouts",
            unit="{timeout}",
            description="The number of times that no connection came out of the pool in time.",
        )
        self._server = {"db.system.name": "postgresql", **_server(dsn)}
        self._pool = {"db.client.connection.pool.name": _pool_name(self._server)}
        # Those of a batch that are told already, by its number.
        self._told: dict[int, list[StatementRan]] = {}

    def __call__(self, event: Event, /) -> None:
        """Take an event, as an observer does."""
        match event:
            case StatementRan(batch_size=1):
                self._batch([event])
            case StatementRan():
                told = self._told.setdefault(event.batch, [])
                told.append(event)
                if len(told) == event.batch_size:
                    self._batch(self._told.pop(event.batch))
            case MigrationRan():
                name = f"migrate {event.direction} {event.version} {event.name}"
                self._operation(event, {"db.query.summary": name}, {})
            case TransactionEnded():
                own = {
                    "tenantstore.scope": event.scope,
                    "tenantstore.round_trips": event.round_trips,
                    "tenantstore.outcome": event.outcome,
                }
                self._span("transaction", SpanKind.INTERNAL, event, {**self._server, **own, **_error(event)})
            case PoolWaited(error=None):
                self._wait.record(event.duration_seconds, self._pool)
            case PoolWaited(error=error) if error is not None and issubclass(error, PoolTimeout):
                self._timeouts.add(1, self._pool)

    def _batch(self, told: Sequence[StatementRan]) -> None:
        first, own = told[0], dict[str, str | int]()
        shared: dict[str, str | int] = {"db.query.summary": _summary(told), "db.operation.name": _command(told)}
        if len(told) > 1:
            own["db.operation.batch.size"] = len(told)
        given = [event.rows for event in told if not event.affected]
        if given and first.error is None:
            own["db.response.returned_rows"] = sum(given)
        own |= {"tenantstore.scope": first.scope, "tenantstore.round_trips": first.round_trips}
        self._operation(first, shared, own)

    def _operation(self, event: StatementRan | MigrationRan, shared: Attributes, own: Attributes) -> None:
        """A span, and its duration, without what is only its ``own``: a metric has a series for each value."""
        shared = {**self._server, **shared, **_error(event)}
        span = self._span(str(shared["db.query.summary"]), SpanKind.CLIENT, event, {**shared, **own})
        # In its context, the SDK keeps the span as an example of the measure.
        self._duration.record(event.duration_seconds, shared, set_span_in_context(span))

    def _span(self, name: str, kind: SpanKind, event: Event, attributes: Attributes) -> Span:
        end = time_ns()
        start = end - round(event.duration_seconds * 1e9)
        span = self._tracer.start_span(name, kind=kind, attributes=attributes, start_time=start)
        if event.error is not None:
            span.set_status(Status(StatusCode.ERROR, event.error.__name__))
        span.end(end)
        return span


def _server(dsn: str | None) -> dict[str, str | int]:
    """What the DSN, or libpq's own variables, say of the server. Of several hosts it is not known which one it is."""
    options = {each.keyword: each.val for each in Conninfo.get_defaults() if each.val}
    options |= {each.keyword: each.val for each in Conninfo.parse(conninfo(dsn).encode()) if each.val}
    host = options.get(b"host") or options.get(b"hostaddr")
    port = options.get(b"port", b"")
    database = options.get(b"dbname") or options.get(b"user")
    found: dict[str, str | int] = {}
    if database:
        found["db.namespace"] = database.decode()
    if host and b"," not in host:
        found["server.address"] = host.decode()
        if port.isdigit():
            found["server.port"] = int(port)
    return found


def _pool_name(server: Attributes) -> str:
    """As the conventions advise for a pool that has no name: ``server.address:server.port/db.namespace``."""
    address, port, database = (server.get(key, "") for key in ("server.address", "server.port", "db.namespace"))
    return f"{address}:{port}/{database}" if address else str(database)


def _summary(told: Sequence[StatementRan]) -> str:
    names = list(dict.fromkeys(event.query for event in told))
    while len(", ".join(names)) > _SUMMARY_LENGTH and len(names) > 1:
        names.pop()
    return ", ".join(names)


def _command(told: Sequence[StatementRan]) -> str:
    commands = {event.command for event in told}
    if len(told) == 1:
        return commands.pop()
    return f"BATCH {commands.pop()}" if len(commands) == 1 else "BATCH"


def _error(event: StatementRan | MigrationRan | TransactionEnded) -> Attributes:
    if event.error is None:
        return {}
    state = None if isinstance(event, TransactionEnded) else event.sqlstate
    if state is not None:
        return {"db.response.status_code": state, "error.type": state}
    return {"error.type": f"{event.error.__module__}.{event.error.__qualname__}".removeprefix("builtins.")}
