"""Two callers that lock the same rows in opposite orders: the batch that the server gives up is run again."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import psycopg

from tenantstore.repositories import devices
from tenantstore.store import Scope
from tenantstore.testing.session import Database
from tests.fix_fleet import Admin, NewDevice

UPDATE = "UPDATE devices SET status = 'error' WHERE id = %s"


def until_waiting(admin: Admin, user: str) -> None:
    """Until a session of that user stands behind a lock."""
    for _ in range(6000):
        if admin.execute(
            "SELECT FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND usename = %s AND datname = current_database()",
            [user],
        ).rowcount:
            return
        sleep(0.005)
    raise AssertionError(f"{user} does not wait")


def test_a_batch_that_a_deadlock_ended_is_run_again(
    operator: Scope, ts_database: Database, admin: Admin, new_device: NewDevice
) -> None:
    first, second, third = new_device(), new_device(), new_device()
    batch = [devices.update_auto_rotate(device.id, 7) for device in (second, third, first)]
    with (
        ThreadPoolExecutor(2) as pool,
        psycopg.connect(ts_database.admin_dsn, autocommit=True) as other,
        psycopg.connect(ts_database.admin_dsn, autocommit=True) as gate,
    ):
        # Of a circle, the server ends whoever looks for one: the other never does.
        other.execute("SET deadlock_timeout = '1h'")
        gate.execute("BEGIN")
        gate.execute(UPDATE, [third.id])
        other.execute("BEGIN")
        other.execute(UPDATE, [first.id])
        ours = pool.submit(operator.run_all, *batch)
        until_waiting(admin, "app")
        theirs = pool.submit(other.execute, UPDATE, [second.id])
        until_waiting(admin, "postgres")
        gate.execute("COMMIT")
        theirs.result(timeout=60)
        other.execute("COMMIT")
    found = [(device.status, device.auto_rotate_minutes) for device in ours.result(timeout=60)]

    assert found == [("error", 7)] * 3
