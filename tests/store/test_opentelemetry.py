"""What OpenTelemetry is handed of a store's work and of the runner's: spans, and the metrics beside them."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from tenantstore import AsyncStore, Catalog, migrate
from tenantstore.errors import InvalidParameter, NotFound, PoolExhausted
from tenantstore.observe import Event, StatementRan, all_of
from tenantstore.observe.opentelemetry import OpenTelemetry
from tests.store import notes
from tests.store.conftest import Admin, Open
from tests.store.either import Either, open_either

BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)


class Told:
    """The observer of a DSN, and what became of what it was told."""

    def __init__(self, dsn: str) -> None:
        self._spans, self._metrics = InMemorySpanExporter(), InMemoryMetricReader()
        self.tracing = TracerProvider()
        self.tracing.add_span_processor(SimpleSpanProcessor(self._spans))
        self._metering = MeterProvider([self._metrics])
        self.observer = OpenTelemetry(dsn, tracer_provider=self.tracing, meter_provider=self._metering)
        info = psycopg.conninfo.conninfo_to_dict(dsn)
        self.server: dict[str, Any] = {
            "db.system.name": "postgresql",
            "db.namespace": info["dbname"],
            "server.address": info["host"],
            "server.port": int(info["port"] or 0),
        }

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._spans.get_finished_spans())

    def own(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """Name, kind, status and attributes of each span, without those that all have alike."""
        assert all(self.server.items() <= dict(span.attributes or {}).items() for span in self.spans)
        return [
            (span.name, span.kind.name, span.status.status_code.name, self._own(span.attributes)) for span in self.spans
        ]

    def points(self, metric: str) -> list[tuple[dict[str, Any], Any]]:
        """The attributes of each series, again without those, and the point itself."""
        data: Any = self._metrics.get_metrics_data()
        metrics = [each for scope in data.resource_metrics[0].scope_metrics for each in scope.metrics] if data else []
        return [
            (self._own(point.attributes), point)
            for each in metrics
            if each.name == metric
            for point in each.data.data_points
        ]

    def _own(self, attributes: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name: value for name, value in (attributes or {}).items() if name not in self.server}


@pytest.fixture
def told(dsn: str) -> Told:
    return Told(dsn)


@pytest.fixture
def store(open_store: Open, told: Told) -> Either:
    return open_store(observer=told.observer)


class Case(NamedTuple):
    act: Any
    raised: type[BaseException] | None
    spans: list[tuple[str, str, str, dict[str, Any]]]


def in_a_transaction(scope: Any, me: UUID) -> None:
    with scope.transaction() as transaction:
        transaction.run(notes.create_for_customer(me, "c"))
        list(transaction.stream(notes.list_by_customer(me)))


def failing(scope: Any, me: UUID) -> None:
    with scope.transaction() as transaction:
        transaction.run(notes.fail_for_customer(me, "22012"))


def span(name: str, command: str, **more: Any) -> tuple[str, str, str, dict[str, Any]]:
    """A call of Ada's that went well, in one round trip."""
    attributes = {"db.query.summary": name, "db.operation.name": command}
    return name, "CLIENT", "UNSET", {**attributes, "tenantstore.scope": "tenant", "tenantstore.round_trips": 1, **more}


def failed(name: str, command: str, kind: str, **more: Any) -> tuple[str, str, str, dict[str, Any]]:
    name, client, _, attributes = span(name, command, **{"error.type": kind}, **more)
    return name, client, "ERROR", attributes


def transaction(outcome: str) -> tuple[str, str, str, dict[str, Any]]:
    own = {"tenantstore.scope": "tenant", "tenantstore.round_trips": 2, "tenantstore.outcome": outcome}
    return "transaction", "INTERNAL", "UNSET", own


ROWS = "db.response.returned_rows"
SIZE = "db.operation.batch.size"
TRIPS = "tenantstore.round_trips"
CASES = {
    "a list": Case(
        lambda ada, me: ada.run(notes.list_by_customer(me)),
        None,
        [span("notes/list_by_customer", "SELECT", **{ROWS: 3})],
    ),
    "a change that gives a row": Case(
        lambda ada, me: ada.run(notes.create_for_customer(me, "c")),
        None,
        [span("notes/create_for_customer", "INSERT", **{ROWS: 1})],
    ),
    "a change that gives none": Case(
        lambda ada, me: ada.run(notes.delete_all_for_customer(me)),
        None,
        [span("notes/delete_all_for_customer", "DELETE")],
    ),
    "run_all": Case(
        lambda ada, me: ada.run_all(notes.list_by_customer(me), notes.delete_all_for_customer(me)),
        None,
        [span("notes/list_by_customer, notes/delete_all_for_customer", "BATCH", **{SIZE: 2, ROWS: 3})],
    ),
    "run_all of one query": Case(
        lambda ada, me: ada.run_all(*[notes.create_for_customer(me, body) for body in "cde"]),
        None,
        [span("notes/create_for_customer", "BATCH INSERT", **{SIZE: 3, ROWS: 3, TRIPS: 2})],
    ),
    "stream": Case(
        lambda ada, me: list(ada.stream(notes.list_by_customer(me))),
        None,
        [span("notes/list_by_customer", "SELECT", **{ROWS: 3, TRIPS: 3})],
    ),
    "an error with SQLSTATE": Case(
        lambda ada, me: ada.run(notes.fail_for_customer(me, "22012")),
        psycopg.errors.DivisionByZero,
        [failed("notes/fail_for_customer", "SELECT", "22012", **{"db.response.status_code": "22012"})],
    ),
    "an error without SQLSTATE": Case(
        lambda ada, me: ada.run(notes.rename_for_customer(me, me, "b")),
        NotFound,
        [failed("notes/rename_for_customer", "UPDATE", "tenantstore.errors.NotFound")],
    ),
    "run_all that fails": Case(
        lambda ada, me: ada.run_all(notes.list_by_customer(me), notes.rename_for_customer(me, me, "b")),
        NotFound,
        [
            failed(
                "notes/list_by_customer, notes/rename_for_customer",
                "BATCH",
                "tenantstore.errors.NotFound",
                **{SIZE: 2},
            )
        ],
    ),
    "a transaction": Case(
        in_a_transaction,
        None,
        [
            span("notes/create_for_customer", "INSERT", **{ROWS: 1}),
            span("notes/list_by_customer", "SELECT", **{ROWS: 4, TRIPS: 3}),
            transaction("committed"),
        ],
    ),
    "a transaction that fails": Case(
        failing,
        psycopg.errors.DivisionByZero,
        [
            failed("notes/fail_for_customer", "SELECT", "22012", **{"db.response.status_code": "22012"}),
            transaction("rolled back"),
        ],
    ),
}


@pytest.mark.parametrize(("act", "raised", "spans"), CASES.values(), ids=CASES)
def test_a_call_is_a_span(
    store: Either, told: Told, admin: Admin, ada: UUID, act: Any, raised: type[BaseException] | None, spans: Any
) -> None:
    admin.execute("INSERT INTO notes (customer_id, body) SELECT %s, n::text FROM generate_series(1, 3) AS n", [ada])
    if raised is None:
        act(store.tenant(ada), ada)
    else:
        with pytest.raises(raised):
            act(store.tenant(ada), ada)

    assert told.own() == spans


def test_a_span_is_as_long_as_the_event_says_and_ends_with_it(open_store: Open, told: Told, ada: UUID) -> None:
    heard: list[Event] = []
    scope = open_store(observer=all_of(heard.append, told.observer)).tenant(ada)
    scope.run(notes.list_by_customer(ada))
    list(scope.stream(notes.list_by_customer(ada)))
    lasted = [(each.end_time or 0) - (each.start_time or 0) for each in told.spans]

    assert lasted == [round(each.duration_seconds * 1e9) for each in heard if isinstance(each, StatementRan)]


def test_a_span_belongs_to_the_one_that_is_current(dsn: str, told: Told, ada: UUID) -> None:
    tracer = told.tracing.get_tracer("shop")
    with open_either("sync", dsn, observer=told.observer) as store:
        with tracer.start_as_current_span("request"):
            store.tenant(ada).run(notes.list_by_customer(ada))
        store.tenant(ada).run(notes.who_for_customer(ada))
    inside, request, outside = told.spans

    assert [each.parent for each in (inside, request, outside)] == [request.context, None, None]


def test_spans_of_tasks_belong_to_the_span_of_their_own_task(dsn: str, told: Told, ada: UUID) -> None:
    tracer = told.tracing.get_tracer("shop")

    async def request(store: AsyncStore, number: int) -> None:
        with tracer.start_as_current_span(f"request {number}"):
            scope = store.tenant(ada)
            async with scope.transaction() as transaction:
                await transaction.run(notes.create_for_customer(ada, f"of {number}"))
            assert [note.customer_id async for note in scope.stream(notes.list_by_customer(ada))]
            await scope.run_all(notes.list_by_customer(ada), notes.who_for_customer(ada))

    async def serve() -> None:
        async with AsyncStore.open(dsn, max_size=3, observer=told.observer) as store:
            await asyncio.gather(*[request(store, number) for number in range(8)])

    asyncio.run(serve())
    requests = {each.context.span_id: each.name for each in told.spans if each.parent is None}
    children = [(requests[each.parent.span_id], each.name) for each in told.spans if each.parent is not None]

    assert sorted(children) == sorted(
        (f"request {number}", name)
        for number in range(8)
        for name in (
            "notes/create_for_customer",
            "notes/list_by_customer",
            "notes/list_by_customer, notes/who_for_customer",
            "transaction",
        )
    )


def test_durations_are_counted_for_each_query_and_kind_of_error(store: Either, told: Told, ada: UUID) -> None:
    scope = store.tenant(ada)
    for body in ("c", "d"):
        scope.run(notes.create_for_customer(ada, body))
    scope.run_all(notes.list_by_customer(ada), notes.list_by_customer(ada))
    with pytest.raises(psycopg.errors.DivisionByZero), scope.transaction() as transaction:
        transaction.run(notes.fail_for_customer(ada, "22012"))
    points = told.points("db.client.operation.duration")
    seconds = sum(point.sum for _, point in points)
    spans = [each for each in told.spans if each.kind is SpanKind.CLIENT]

    assert [(attributes, point.count, point.explicit_bounds) for attributes, point in points] == [
        ({"db.query.summary": "notes/create_for_customer", "db.operation.name": "INSERT"}, 2, BUCKETS),
        ({"db.query.summary": "notes/list_by_customer", "db.operation.name": "BATCH SELECT"}, 1, BUCKETS),
        (
            {
                "db.query.summary": "notes/fail_for_customer",
                "db.operation.name": "SELECT",
                "db.response.status_code": "22012",
                "error.type": "22012",
            },
            1,
            BUCKETS,
        ),
    ]
    assert sum((each.end_time or 0) - (each.start_time or 0) for each in spans) / 1e9 == pytest.approx(seconds)


def test_waits_for_the_pool_are_measured_and_those_in_vain_counted(
    open_store: Open, dsn: str, told: Told, ada: UUID
) -> None:
    store = open_store(observer=told.observer, timeout=0.2)
    with store.tenant(ada).transaction(), pytest.raises(PoolExhausted):
        store.tenant(ada).run(notes.list_by_customer(ada))
    address, port, database = (told.server[key] for key in ("server.address", "server.port", "db.namespace"))
    pool = {"db.client.connection.pool.name": f"{address}:{port}/{database}"}
    waits, timeouts = told.points("db.client.connection.wait_time"), told.points("db.client.connection.timeouts")

    assert [(attributes, point.count) for attributes, point in waits] == [(pool, 1)]
    assert [(attributes, point.value) for attributes, point in timeouts] == [(pool, 1)]


def test_a_migration_is_a_span(admin: Admin, dsn: str, told: Told, tmp_path: Path) -> None:
    for number, text in ((1, "CREATE TABLE told ();"), (2, "SELECT 1/0;")):
        (tmp_path / f"{number}_step.up.sql").write_text(text)
        (tmp_path / f"{number}_step.down.sql").write_text("SELECT 1;")
    with pytest.raises(migrate.errors.StatementFailed):
        migrate.up(admin.info.dsn, tmp_path, options=migrate.Options(observer=told.observer))
    first, second = "migrate up 1 step", "migrate up 2 step"
    state = {"db.response.status_code": "22012", "error.type": "22012"}

    assert told.own() == [
        (first, "CLIENT", "UNSET", {"db.query.summary": first}),
        (second, "CLIENT", "ERROR", {"db.query.summary": second, **state}),
    ]


def test_no_value_and_no_password_is_handed_on(open_store: Open, dsn: str, ada: UUID) -> None:
    told = Told(f"{dsn}&password=keep-this")
    with pytest.raises(NotFound):
        open_store(observer=told.observer).tenant(ada).run_all(
            notes.create_for_customer(ada, "in confidence"), notes.rename_for_customer(ada, ada, "in confidence")
        )
    said = "".join([*(each.to_json() for each in told.spans), repr(told.points("db.client.operation.duration"))])

    assert ["notes/rename_for_customer" in said, str(ada) in said, "confidence" in said, "keep-this" in said] == [
        True,
        False,
        False,
        False,
    ]


SERVERS: dict[str, dict[str, str | int]] = {
    "postgresql://me:secret@db.internal:6432/shop": {"address": "db.internal", "port": 6432, "namespace": "shop"},
    "host=db.internal user=me": {"address": "db.internal", "port": 5432, "namespace": "me"},
    "host=/run/postgresql dbname=shop": {"address": "/run/postgresql", "port": 5432, "namespace": "shop"},
    "hostaddr=10.0.0.1 dbname=shop": {"address": "10.0.0.1", "port": 5432, "namespace": "shop"},
    "host=a,b port=1,2 dbname=shop": {"namespace": "shop"},
    "dbname=shop": {"namespace": "shop"},
}


@pytest.mark.parametrize(("given", "expected"), SERVERS.items(), ids=SERVERS)
def test_what_is_said_of_the_server_is_read_in_the_dsn(given: str, expected: dict[str, str | int]) -> None:
    names = {"address": "server.address", "port": "server.port", "namespace": "db.namespace"}
    found = OpenTelemetry(given)._server

    assert found == {"db.system.name": "postgresql", **{names[name]: value for name, value in expected.items()}}


def test_without_a_dsn_it_is_the_one_that_a_store_would_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.internal")
    monkeypatch.setenv("PGDATABASE", "other")
    monkeypatch.setenv("TENANTSTORE_DSN", "dbname=shop")

    assert OpenTelemetry()._server == {
        "db.system.name": "postgresql",
        "db.namespace": "shop",
        "server.address": "db.internal",
        "server.port": 5432,
    }


def test_a_dsn_that_is_none_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidParameter) as found:
        OpenTelemetry("postgresql://me:keep-this@[")

    assert "keep-this" not in str(found.value)


def test_of_too_many_names_the_first_are_the_summary(open_store: Open, told: Told, tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}{'x' * 40}.sql").write_text("-- scope: operator\nSELECT 1 AS one")
    catalog = Catalog(tmp_path)
    open_store(observer=told.observer).operator().run_all(*[catalog.scalar(int, name)() for name in catalog])

    assert [each.name for each in told.spans] == [", ".join(f"{number}{'x' * 40}" for number in range(5))]


def test_nothing_of_it_is_imported_unless_it_is_asked_for() -> None:
    modules = "sys, tenantstore, tenantstore.observe, tenantstore.migrate.run, tenantstore.cli"
    script = f"import {modules}; print('opentelemetry' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
