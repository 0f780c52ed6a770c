"""Many rows in one call: all of them or none, and each as its single function would make it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import CheckViolation, InvalidTextRepresentation, StringDataRightTruncation

from tenantstore.errors import InvalidParameter
from tenantstore.queries import Statement
from tenantstore.repositories import bandwidth, connections, devices
from tenantstore.repositories.bandwidth import BandwidthLog, BandwidthTotal, NewBandwidthLog
from tenantstore.repositories.devices import Device, Heartbeat
from tenantstore.store import Scope
from tenantstore.testing.session import Database
from tests.fix_fleet import Admin, NewDevice
from tests.repositories.conftest import Behind, Nowhere, Reload

# A month of its own, long before the months that migrations make.
NOON = datetime(2020, 2, 5, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=1)
ODD: Any = "odd"
NONE: Any = None
NAIVE = NOON.replace(tzinfo=None)


def log(device_id: UUID, **values: Any) -> NewBandwidthLog:
    given: dict[str, Any] = {"bytes_in": 1, "bytes_out": 2, "interval_start": NOON, "interval_end": LATER, **values}
    return NewBandwidthLog(device_id, **given)


ANY_LOG: Any = log(UUID(int=1))


def rows(admin: Admin) -> list[tuple[Any, ...]]:
    return admin.execute(
        "SELECT device_id, connection_id, bytes_in, bytes_out, interval_start, interval_end"
        " FROM bandwidth_logs ORDER BY bytes_in, bytes_out"
    ).fetchall()


def test_each_device_is_what_its_single_heartbeat_makes_of_it(
    operator: Scope, new_device: NewDevice, reload: Reload
) -> None:
    reports: tuple[tuple[Any, ...], ...] = ("198.51.100.7", "2001:db8::9", 'O"range\\, {x}', "5G", 80, True, -70), ()
    alone, at_once = [new_device() for _ in reports], [new_device() for _ in reports]
    for device, report in zip(alone, reports, strict=True):
        operator.run(devices.update_heartbeat(device.id, *report))
    changed = operator.run(
        devices.update_heartbeats([Heartbeat(d.id, *report) for d, report in zip(at_once, reports, strict=True)])
    )

    def plain(device: Device) -> Device:
        its_own = ("id", "android_id", "created_at", "updated_at", "last_heartbeat")
        ports = ("base_port", "http_port", "socks5_port", "udp_relay_port", "ovpn_port")
        alike: dict[str, Any] = {name: getattr(alone[0], name) for name in its_own + ports}
        return replace(reload(device), **alike)

    assert changed == 2
    assert list(map(plain, at_once)) == list(map(plain, alone))


def test_devices_are_heard_of_now(operator: Scope, new_device: NewDevice, reload: Reload) -> None:
    device = new_device()
    operator.run(devices.update_heartbeats([Heartbeat(device.id)]))
    found = reload(device)

    assert (found.last_heartbeat == found.updated_at, found.updated_at > device.updated_at) == (True, True)


def test_of_several_reports_the_last_counts_and_what_is_not_there_is_left_out(
    operator: Scope, new_device: NewDevice, reload: Reload
) -> None:
    one, other, silent = new_device(), new_device(), new_device()
    reports = [(one, 10), (other, 20), (one, 30), (other, 5), (one, 40)]
    heartbeats = [Heartbeat(device.id, battery_level=level) for device, level in reports]
    changed = operator.run(devices.update_heartbeats([*heartbeats, Heartbeat(uuid4())]))

    assert changed == 2
    assert [reload(device).battery_level for device in (one, other)] == [40, 5]
    assert reload(silent) == silent


def test_many_devices_are_heard_of_in_one_call_however_often(operator: Scope, new_device: NewDevice) -> None:
    # Beyond the fifth time the server may plan without looking at the arrays.
    made = [new_device().id for _ in range(30)]

    assert [operator.run(devices.update_heartbeats([*map(Heartbeat, made)])) for _ in range(8)] == [30] * 8


def test_phones_of_one_page_that_report_together_stay_on_it(operator: Scope, admin: Admin) -> None:
    made = admin.execute(
        "INSERT INTO devices (android_id, base_port, http_port, socks5_port, udp_relay_port, ovpn_port)"
        " SELECT 'phone ' || n, n, n, n, n, n FROM generate_series(1, 300) AS n RETURNING id"
    ).fetchall()

    def pages() -> list[int]:
        found = admin.execute("SELECT (ctid::text::point)[0]::integer FROM devices ORDER BY base_port")
        return [page for (page,) in found]

    before = pages()
    operator.run(devices.update_heartbeats([Heartbeat(device_id) for (device_id,) in made[::4]]))

    assert len(set(before)) > 3
    assert pages() == before


def test_nothing_makes_nothing(operator: Scope) -> None:
    assert operator.run_all(devices.update_heartbeats([]), bandwidth.create_many([])) == (0, 0)


def test_two_calls_about_the_same_devices_take_turns(
    operator: Scope, new_device: NewDevice, admin: Admin, ts_database: Database, behind: Behind
) -> None:
    first, second, third = sorted(new_device().id for _ in range(3))
    upwards, downwards = (
        devices.update_heartbeats([Heartbeat(each) for each in order])
        for order in ((first, second, third), (third, second, first))
    )
    with admin.transaction(), ThreadPoolExecutor(1) as pool:
        admin.execute("SELECT FROM devices WHERE id = %s FOR UPDATE", [first])
        waiting = [behind(upwards), pool.submit(operator.run, downwards)]
        free = psycopg.connect(ts_database.admin_dsn, autocommit=True)
        # Whoever waits for the first has not locked a later one.
        found = [
            free.execute("SELECT FROM devices WHERE id = %s FOR UPDATE NOWAIT", [each]).rowcount
            for each in (second, third)
        ]
        free.close()
        admin.execute("COMMIT")
    assert (found, [each.result(timeout=60) for each in waiting]) == ([1, 1], [3, 3])


def test_each_log_is_a_row(operator: Scope, admin: Admin, shared_device: Device) -> None:
    operator.run(bandwidth.ensure_partition(NOON.date()))
    operator.run(bandwidth.ensure_partition(NOON.date().replace(month=3)))
    gone, connection_id, march = uuid4(), uuid4(), NOON.replace(month=3)
    made = operator.run(
        bandwidth.create_many(
            [
                log(shared_device.id, bytes_in=1, connection_id=connection_id),
                log(gone, bytes_in=2, bytes_out=2**63 - 1),
                log(gone, bytes_in=3, interval_start=march, interval_end=march),
                log(gone, bytes_in=3, interval_start=march, interval_end=march),
            ]
        )
    )

    assert made == 4
    assert rows(admin) == [
        (shared_device.id, connection_id, 1, 2, NOON, LATER),
        (gone, None, 2, 2**63 - 1, NOON, LATER),
        (gone, None, 3, 2, march, march),
        (gone, None, 3, 2, march, march),
    ]


def test_a_log_of_many_counts_as_one_that_was_noted_alone(operator: Scope, shared_device: Device) -> None:
    operator.run(bandwidth.ensure_partition(NOON.date()))
    one = operator.run(bandwidth.create(shared_device.id, 1, 2, NOON, LATER))
    operator.run(bandwidth.create_many([log(shared_device.id)] * 999))

    assert one == BandwidthLog(one.id, shared_device.id, None, 1, 2, NOON, LATER)
    assert operator.run(bandwidth.device_total(shared_device.id, NOON, LATER)) == BandwidthTotal(1000, 2000)


REFUSED: dict[str, tuple[Callable[[UUID], Statement[int]], type[Exception]]] = {
    "a month without partition": (
        lambda id: bandwidth.create_many([log(id), log(id, interval_start=NOON.replace(year=1999))]),
        CheckViolation,
    ),
    "too many bytes": (
        lambda id: bandwidth.create_many([log(id), log(id, bytes_in=2**63)]),
        psycopg.errors.NumericValueOutOfRange,
    ),
    "no address": (
        lambda id: devices.update_heartbeats([Heartbeat(id), Heartbeat(uuid4(), wifi_ip="192.0.2.256")]),
        InvalidTextRepresentation,
    ),
    "a long carrier": (
        lambda id: devices.update_heartbeats([Heartbeat(id, carrier="x" * 101)]),
        StringDataRightTruncation,
    ),
    "a NUL": (lambda id: devices.update_heartbeats([Heartbeat(id, carrier="a\0b")]), InvalidParameter),
    "no id": (lambda id: devices.update_heartbeats([Heartbeat(id), Heartbeat(ODD)]), InvalidParameter),
}


def test_logs_that_can_be_read_only_once_are_all_made(operator: Scope, shared_device: Device) -> None:
    operator.run(bandwidth.ensure_partition(NOON.date()))
    logs = (log(shared_device.id, bytes_in=number) for number in (1, 2))

    assert operator.run(bandwidth.create_many(logs)) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("what", REFUSED)
def test_one_that_is_refused_takes_all_with_it(
    operator: Scope, admin: Admin, shared_device: Device, reload: Reload, what: str
) -> None:
    operator.run(bandwidth.ensure_partition(NOON.date()))
    make, error = REFUSED[what]
    with pytest.raises(error):
        operator.run(make(shared_device.id))

    assert (rows(admin), reload(shared_device)) == ([], shared_device)


BAD: dict[str, Callable[[], object]] = {
    "device_id is None": lambda: Heartbeat(NONE),
    "carrier is None": lambda: Heartbeat(uuid4(), carrier=NONE),
    "battery_level is of type str, not int": lambda: Heartbeat(uuid4(), battery_level=ODD),
    "battery_charging is of type int, not bool": lambda: Heartbeat(uuid4(), battery_charging=1),  # type: ignore[arg-type]
    "signal_strength is of type bool, not int": lambda: Heartbeat(uuid4(), signal_strength=True),
    "wifi_ip is of type bytes, not str": lambda: Heartbeat(uuid4(), wifi_ip=b"192.0.2.1"),  # type: ignore[arg-type]
    "bytes_out is negative: -1": lambda: log(uuid4(), bytes_out=-1),
    "bytes_in is of type str, not int": lambda: log(uuid4(), bytes_in="1"),
    "interval_start is None": lambda: log(uuid4(), interval_start=None),
    "interval_start is of type str, not datetime": lambda: log(uuid4(), interval_start="soon"),
    "interval_end has no time zone": lambda: log(uuid4(), interval_end=NAIVE),
    "interval_start has no time zone": lambda: log(uuid4(), interval_start=NOON.replace(tzinfo=Nowhere())),
    "interval_end is before interval_start": lambda: log(uuid4(), interval_start=LATER, interval_end=NOON),
    "logs is None": lambda: bandwidth.create_many(NONE),
    "heartbeats[1] is None": lambda: devices.update_heartbeats([Heartbeat(uuid4()), NONE]),
    "heartbeats[0] is of type NewBandwidthLog, not Heartbeat": lambda: devices.update_heartbeats([ANY_LOG]),
    "logs[2] is None": lambda: bandwidth.create_many([log(uuid4()), log(uuid4()), NONE]),
    "logs[0] is of type str, not NewBandwidthLog": lambda: bandwidth.create_many("logs"),  # type: ignore[arg-type]
    "connections[0] is None": lambda: connections.replace_all_by_device(uuid4(), [NONE]),
    "connections[0] is of type dict, not NewConnection": lambda: connections.replace_all_by_device(
        uuid4(),
        [{"username": "ann"}],  # type: ignore[list-item]
    ),
}


@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_is_refused_where_it_is_made(why: str) -> None:
    with pytest.raises(InvalidParameter, match=f"^{re.escape(why)}$"):
        BAD[why]()
