from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4

import psycopg
import pytest

from tenantstore import Store
from tenantstore.repositories import bandwidth
from tenantstore.repositories.bandwidth import BandwidthHour, BandwidthLog, BandwidthTotal
from tenantstore.repositories.devices import Device
from tenantstore.store import Scope, TenantScope
from tests.fix_fleet import Admin
from tests.repositories.conftest import ONLOOKERS, ROTATORS, Onlooker

# A month of its own, long before the months that migrations make.
NOON = datetime(2020, 2, 5, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BIGINT_MAX = 2**63 - 1

Log = Callable[..., BandwidthLog]


@pytest.fixture
def log(operator: Scope) -> Log:
    """Note an interval of a minute: its device, its start, the bytes."""
    operator.run(bandwidth.ensure_partition(NOON.date()))

    def log(device_id: UUID, start: datetime, bytes_in: int = 1, bytes_out: int = 10) -> BandwidthLog:
        return operator.run(bandwidth.create(device_id, bytes_in, bytes_out, start, start + MINUTE))

    return log


def test_create_notes_an_interval(operator: Scope, log: Log, shared_device: Device) -> None:
    connection_id = uuid4()
    row = operator.run(bandwidth.create(shared_device.id, 1, 2, NOON, NOON + MINUTE, connection_id))

    assert row == BandwidthLog(row.id, shared_device.id, connection_id, 1, 2, NOON, NOON + MINUTE)


def test_a_total_takes_the_intervals_that_start_in_the_span(operator: Scope, log: Log, shared_device: Device) -> None:
    for start in (NOON - MINUTE, NOON, NOON + HOUR - MINUTE, NOON + HOUR):
        log(shared_device.id, start)
    log(uuid4(), NOON, 100, 1000)

    device, fleet, nothing = operator.run_all(
        bandwidth.device_total(shared_device.id, NOON, NOON + HOUR),
        bandwidth.total(NOON, NOON + HOUR),
        bandwidth.device_total(shared_device.id, NOON + 2 * HOUR, NOON + 3 * HOUR),
    )
    assert (device, fleet, nothing) == (BandwidthTotal(2, 20), BandwidthTotal(102, 1020), BandwidthTotal(0, 0))


def test_a_total_of_nothing_is_zero(operator: Scope) -> None:
    assert operator.run(bandwidth.total(NOON, NOON + HOUR)) == BandwidthTotal(0, 0)


def test_totals_reach_as_far_as_one_row_does(
    operator: Scope, ada: TenantScope, log: Log, shared_device: Device
) -> None:
    log(shared_device.id, NOON, BIGINT_MAX - 1, 0)
    log(shared_device.id, NOON, 1, 0)
    span = (NOON, NOON + HOUR)

    assert operator.run(bandwidth.device_total(shared_device.id, *span)) == BandwidthTotal(BIGINT_MAX, 0)
    assert ada.run(bandwidth.device_hourly_for_customer(shared_device.id, ada.customer_id, *span)) == [
        BandwidthHour(NOON, BIGINT_MAX, 0)
    ]


def test_hours_are_utcs_and_oldest_first(operator: Scope, ada: TenantScope, log: Log, shared_device: Device) -> None:
    # In a zone half an hour off, these two would be of one hour.
    kolkata = timezone(timedelta(hours=5, minutes=30))
    for start in (NOON + HOUR + 2 * MINUTE, NOON - MINUTE, NOON, NOON + HOUR - MINUTE, NOON + 3 * HOUR):
        log(shared_device.id, start.astimezone(kolkata))
    log(uuid4(), NOON)
    span = (NOON - MINUTE, NOON + 3 * HOUR)
    hours = [BandwidthHour(NOON - HOUR, 1, 10), BandwidthHour(NOON, 2, 20), BandwidthHour(NOON + HOUR, 1, 10)]

    assert operator.run(bandwidth.device_hourly(shared_device.id, *span)) == hours
    assert ada.run(bandwidth.device_hourly_for_customer(shared_device.id, ada.customer_id, *span)) == hours


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Australia/Lord_Howe"])
def test_hours_do_not_depend_on_the_servers_time_zone(
    operator: Scope, admin: Admin, ts_db: str, log: Log, shared_device: Device, zone: str
) -> None:
    log(shared_device.id, NOON + MINUTE)
    admin.execute(f"ALTER DATABASE {admin.info.dbname} SET timezone = '{zone}'")
    with Store.open(ts_db) as elsewhere:
        hours = elsewhere.operator().run(bandwidth.device_hourly(shared_device.id, NOON - HOUR, NOON + HOUR))

    assert hours == [BandwidthHour(NOON, 1, 10)]


@pytest.mark.parametrize("day", [date(2020, 2, 1), date(2020, 2, 29)])
def test_a_partition_takes_its_whole_month_of_utc_and_no_more(
    operator: Scope, shared_device: Device, day: date
) -> None:
    def create(start: datetime) -> BandwidthLog:
        return operator.run(bandwidth.create(shared_device.id, 1, 1, start, start + MINUTE))

    first, end = datetime(2020, 2, 1, tzinfo=UTC), datetime(2020, 3, 1, tzinfo=UTC)
    names = [operator.run(bandwidth.ensure_partition(day)) for _ in range(2)]
    create(first)
    create(end - timedelta(microseconds=1))

    assert names == ["bandwidth_logs_2020_02"] * 2
    for outside in (first - timedelta(microseconds=1), end):
        with pytest.raises(psycopg.errors.CheckViolation):
            create(outside)


def test_two_who_ensure_a_month_at_once_both_find_it(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        names = list(pool.map(store.operator().run, [bandwidth.ensure_partition(NOON.date()) for _ in range(4)]))

    assert names == ["bandwidth_logs_2020_02"] * 4


@pytest.mark.parametrize("who", ONLOOKERS)
def test_who_may_rotate_sees_the_traffic(
    log: Log, shared_device: Device, onlooker: Callable[[str], Onlooker], who: str
) -> None:
    log(shared_device.id, NOON)
    log(shared_device.id, NOON + 2 * HOUR)
    me = onlooker(who)
    total, hours = me.scope.run_all(
        bandwidth.device_total_for_customer(shared_device.id, me.customer_id, NOON, NOON + HOUR),
        bandwidth.device_hourly_for_customer(shared_device.id, me.customer_id, NOON, NOON + HOUR),
    )

    assert (total, hours) == ((BandwidthTotal(1, 10), [BandwidthHour(NOON, 1, 10)]) if who in ROTATORS else (None, []))


def test_an_owner_without_traffic_sees_zeros(ada: TenantScope, shared_device: Device) -> None:
    total = ada.run(bandwidth.device_total_for_customer(shared_device.id, ada.customer_id, NOON, NOON + HOUR))

    assert total == BandwidthTotal(0, 0)
