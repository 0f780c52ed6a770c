"""Bandwidth: what went through phones, interval by interval.

Table ``bandwidth_logs`` (migration 001), one partition a UTC month. SQL in ``sql/bandwidth/``. An interval counts where
it starts: a span takes those that start from ``since`` on and before ``until``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from tenantstore.errors import InvalidParameter
from tenantstore.queries import Statement, affected, many, one, optional, scalar
from tenantstore.queries.checks import as_annotated, listed, not_negative


@dataclass(frozen=True, slots=True)
class BandwidthLog:
    """A row of ``bandwidth_logs``. Fields stand in the order of every SELECT list."""

    id: UUID
    device_id: UUID
    connection_id: UUID | None
    bytes_in: int
    bytes_out: int
    interval_start: datetime
    interval_end: datetime


@dataclass(frozen=True, slots=True)
class NewBandwidthLog:
    """What :func:`create_many` makes a row of.

    :raises InvalidParameter: for fewer bytes than none, an end before the start, a value of another type, or None where
        the field has none.
    """

    device_id: UUID
    bytes_in: int
    bytes_out: int
    interval_start: datetime
    interval_end: datetime
    connection_id: UUID | None = None

    def __post_init__(self) -> None:
        as_annotated(self)
        not_negative(bytes_in=self.bytes_in, bytes_out=self.bytes_out)
        _forward(self.interval_start, self.interval_end)


@dataclass(frozen=True, slots=True)
class BandwidthTotal:
    """The sums over a span; zeros without traffic."""

    bytes_in: int
    bytes_out: int


@dataclass(frozen=True, slots=True)
class BandwidthHour:
    """The sums over the UTC hour that begins at ``hour_at``."""

    hour_at: datetime
    bytes_in: int
    bytes_out: int


_CREATE = one(BandwidthLog, "bandwidth/create")
_CREATE_MANY = affected("bandwidth/create_many")
_DEVICE_TOTAL = one(BandwidthTotal, "bandwidth/device_total")
_TOTAL = one(BandwidthTotal, "bandwidth/total")
_DEVICE_HOURLY = many(BandwidthHour, "bandwidth/device_hourly")
_ENSURE_PARTITION = scalar(str, "bandwidth/ensure_partition")
_DEVICE_TOTAL_FOR_CUSTOMER = optional(BandwidthTotal, "bandwidth/device_total_for_customer")
_DEVICE_HOURLY_FOR_CUSTOMER = many(BandwidthHour, "bandwidth/device_hourly_for_customer")


def create(
    device_id: UUID,
    bytes_in: int,
    bytes_out: int,
    interval_start: datetime,
    interval_end: datetime,
    connection_id: UUID | None = None,
) -> Statement[BandwidthLog]:
    """The new row. It refers to nothing: what was used stays counted when device and connection are gone.

    :raises InvalidParameter: for fewer bytes than none, or an end before the start.
    :raises CheckViolation: when the month of ``interval_start`` has no partition.
    """
    not_negative(bytes_in=bytes_in, bytes_out=bytes_out)
    _forward(interval_start, interval_end)
    return _CREATE(
        device_id=device_id,
        connection_id=connection_id,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        interval_start=interval_start,
        interval_end=interval_end,
    )


def create_many(logs: Sequence[NewBandwidthLog]) -> Statement[int]:
    """How many rows were made: one of each, of equal ones too; all of them or none.

    :raises InvalidParameter: for an element that is no NewBandwidthLog.
    :raises CheckViolation: when the month of an ``interval_start`` has no partition.
    """
    logs = listed("logs", NewBandwidthLog, logs)
    return _CREATE_MANY(
        device_ids=[each.device_id for each in logs],
        connection_ids=[each.connection_id for each in logs],
        bytes_in=[each.bytes_in for each in logs],
        bytes_out=[each.bytes_out for each in logs],
        interval_starts=[each.interval_start for each in logs],
        interval_ends=[each.interval_end for each in logs],
    )


def device_total(device_id: UUID, since: datetime, until: datetime) -> Statement[BandwidthTotal]:
    """The sums of one device."""
    return _DEVICE_TOTAL(device_id=device_id, since=since, until=until)


def total(since: datetime, until: datetime) -> Statement[BandwidthTotal]:
    """The sums of the whole fleet, devices that are gone included."""
    return _TOTAL(since=since, until=until)


def device_hourly(device_id: UUID, since: datetime, until: datetime) -> Statement[list[BandwidthHour]]:
    """The sums of one device by the hour, oldest first; an hour without traffic is left out."""
    return _DEVICE_HOURLY(device_id=device_id, since=since, until=until)


def ensure_partition(month: date) -> Statement[str]:
    """The name of the partition for the month of that day, which is made unless it is there."""
    return _ENSURE_PARTITION(month=month)


def device_total_for_customer(
    device_id: UUID, customer_id: UUID, since: datetime, until: datetime
) -> Statement[BandwidthTotal | None]:
    """The sums of one device; None for a grantee who may not rotate, and for a stranger."""
    return _DEVICE_TOTAL_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, since=since, until=until)


def device_hourly_for_customer(
    device_id: UUID, customer_id: UUID, since: datetime, until: datetime
) -> Statement[list[BandwidthHour]]:
    """The sums of one device by the hour, oldest first; none for a grantee who may not rotate."""
    return _DEVICE_HOURLY_FOR_CUSTOMER(device_id=device_id, customer_id=customer_id, since=since, until=until)


def _forward(start: datetime, end: datetime) -> None:
    """:raises InvalidParameter: for an interval that ends before it starts."""
    try:
        is_backward = end < start
    except TypeError:
        # What is no time, or has no zone, is refused as that.
        return
    if is_backward:
        raise InvalidParameter("interval_end", "is before interval_start")
