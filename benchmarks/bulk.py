"""Many rows in one call: heartbeats beside a call each, and rows of the bandwidth log beside COPY into the same table.

The server refuses COPY to a role that row-level security holds, so the superuser does it, with psycopg's own
``write_row``: as text, and in binary with the types set, which is the quickest that psycopg has. Both begin with what a
service has in its hands: tuples there, records here.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from time import perf_counter_ns
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target, take_turns
from tenantstore import Store
from tenantstore.repositories import bandwidth, devices
from tenantstore.repositories.bandwidth import NewBandwidthLog
from tenantstore.repositories.devices import Heartbeat

ROWS_IN_A_CALL = 1000
TOGETHER, ONE_BY_ONE = "update_heartbeats", "update_heartbeat, one by one"
MANY, TEXT, BINARY = "create_many", "COPY, text", "COPY, binary"
ONE_INTERVAL = "create_many, all of one interval"

_COLUMNS = "device_id, connection_id, bytes_in, bytes_out, interval_start, interval_end"
_TYPES = ("uuid", "uuid", "int8", "int8", "timestamptz", "timestamptz")


def measure_heartbeats(dsn: str, size: Size) -> Samples:
    ids = fleet.known(dsn).devices[:ROWS_IN_A_CALL]
    reports = [
        Heartbeat(each, f"10.1.{n // 256}.{n % 256}", f"10.2.{n // 256}.{n % 256}", "Orange", "5G", n % 100, True, -70)
        for n, each in enumerate(ids)
    ]
    with Store.open(fleet.app(dsn)) as store:
        operator = store.operator()

        def one_by_one() -> None:
            for each in reports:
                operator.run(
                    devices.update_heartbeat(
                        each.device_id,
                        each.cellular_ip,
                        each.wifi_ip,
                        each.carrier,
                        each.network_type,
                        each.battery_level,
                        each.battery_charging,
                        each.signal_strength,
                    )
                )

        def together() -> None:
            assert operator.run(devices.update_heartbeats(reports)) == ROWS_IN_A_CALL

        return take_turns({TOGETHER: together, ONE_BY_ONE: one_by_one}, size.of(15, 4), warm_up=2)


def measure_logs(dsn: str, size: Size) -> Samples:
    ids = fleet.known(dsn).devices
    apart, one = _rows(ids, timedelta(seconds=1)), _rows(ids, timedelta(0))
    with psycopg.connect(dsn, autocommit=True) as admin, Store.open(fleet.app(dsn)) as store:
        operator = store.operator()
        operator.run(bandwidth.ensure_partition(apart[0][4].date()))

        def many(rows: Sequence[tuple[Any, ...]]) -> Callable[[], None]:
            logs = [NewBandwidthLog(id, came, went, begun, end, via) for id, via, came, went, begun, end in rows]

            def call() -> None:
                assert operator.run(bandwidth.create_many(logs)) == ROWS_IN_A_CALL

            return call

        calls = {
            MANY: many(apart),
            ONE_INTERVAL: many(one),
            TEXT: _copy(admin, apart),
            BINARY: _copy(admin, apart, True),
        }
        return _emptying(admin, calls, size.of(60, 8))


def _rows(ids: list[UUID], step: timedelta) -> list[tuple[Any, ...]]:
    start = datetime.now(UTC).replace(day=15)
    if not step:
        end = start + timedelta(minutes=1)
        return [(ids[n], ids[-n] if n % 3 else None, 1000 + n, 7 * n, start, end) for n in range(ROWS_IN_A_CALL)]
    spans = [(start - n * step, start - n * step + timedelta(minutes=1)) for n in range(ROWS_IN_A_CALL)]
    return [(ids[n], ids[-n] if n % 3 else None, 1000 + n, 7 * n, *span) for n, span in enumerate(spans)]


def _copy(admin: psycopg.Connection[Any], rows: Sequence[tuple[Any, ...]], binary: bool = False) -> Callable[[], None]:
    text = f"COPY bandwidth_logs ({_COLUMNS}) FROM STDIN" + " (FORMAT BINARY)" * binary

    def call() -> None:
        with admin.cursor() as cursor, cursor.copy(text.encode()) as copy:
            if binary:
                copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)

    return call


def _emptying(admin: psycopg.Connection[Any], calls: dict[str, Callable[[], None]], turns: int) -> Samples:
    """Each into an empty table, lest the last one pay for the first one's index."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(turns + 3):
        for name in list(calls)[turn % len(calls) :] + list(calls)[: turn % len(calls)]:
            admin.execute("TRUNCATE bandwidth_logs")
            begun = perf_counter_ns()
            calls[name]()
            times[name].append((perf_counter_ns() - begun) / 1000)
    return {name: each[3:] for name, each in times.items()}


ROWS = [
    Row("heartbeats", "1,000 heartbeats", "µs", measure_heartbeats, [Target(ONE_BY_ONE, TOGETHER, at_least=10)]),
    Row(
        "logs",
        "1,000 rows of the bandwidth log into an empty table",
        "µs",
        measure_logs,
        [
            Target(TEXT, MANY, at_least=0.6),
            Target(BINARY, MANY, at_least=0.6),
            Target(BINARY, ONE_INTERVAL, at_least=0.6),
        ],
    ),
]
