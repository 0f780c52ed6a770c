"""``tenantstore_ensure_bandwidth_partition``: the months to come, made while reports come in."""

from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

from tests.migrations.looking import ask, connect

_PARTITION: LiteralString = """
SELECT pg_get_expr(c.relpartbound, c.oid), c.relrowsecurity AND c.relforcerowsecurity
FROM pg_class AS c
WHERE c.oid = 'bandwidth_logs_2031_12'::regclass
"""


def test_two_who_make_the_same_month_at_once_both_get_it(migrated: str) -> None:
    def ensure(day: str) -> object:
        with connect(migrated) as connection:
            connection.execute("SET timezone TO 'Asia/Tokyo'")
            return connection.execute("SELECT tenantstore_ensure_bandwidth_partition(%s)", [day]).fetchone()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(ensure, ["2031-12-01", "2031-12-31"] * 4))
    with connect(migrated) as admin:
        admin.execute("SET timezone TO 'UTC'")
        there = ask(admin, _PARTITION)

    assert made == [("bandwidth_logs_2031_12",)] * 8
    assert there == {"FOR VALUES FROM ('2031-12-01 00:00:00+00') TO ('2032-01-01 00:00:00+00')": True}


def test_a_partition_is_made_while_a_report_is_being_written(migrated: str) -> None:
    with connect(migrated) as writer, connect(migrated) as maker, writer.transaction():
        writer.execute(
            "INSERT INTO bandwidth_logs (device_id, interval_start, interval_end)"
            " VALUES (gen_random_uuid(), now(), now())"
        )
        maker.execute("SET lock_timeout = '5s'")
        made = maker.execute("SELECT tenantstore_ensure_bandwidth_partition('2031-12-01')").fetchone()

    assert made == ("bandwidth_logs_2031_12",)
