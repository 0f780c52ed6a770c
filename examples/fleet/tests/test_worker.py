"""The worker, on a database of the test's own."""

from datetime import UTC, datetime

import psycopg
from fleet import notes, worker

from tenantstore import Store
from tenantstore.repositories import devices
from tenantstore.testing import Tenants
from tenantstore.testing.recorder import Recorder


def test_silent_phones_and_old_notes_go(
    ts_store: Store, ts_tenants: Tenants, ts_admin: psycopg.Connection[tuple[object, ...]]
) -> None:
    ada = ts_tenants.ada
    silent, awake = ada.devices
    for phone in ada.devices:
        ts_store.operator().run(devices.update_heartbeat(phone.id))
    ts_admin.execute("UPDATE devices SET last_heartbeat = now() - interval '6 minutes' WHERE id = %s", [silent.id])
    old, new = (ada.scope.run(notes.create_for_customer(awake.id, ada.id, body)) for body in ("old", "new"))
    ts_admin.execute("UPDATE notes SET created_at = created_at - interval '366 days' WHERE id = %s", [old.id])

    assert worker.run(ts_store, new.created_at) == (1, 1)
    assert ada.scope.run(notes.list_by_device_for_customer(awake.id, ada.id)) == [new]


def test_the_worker_takes_one_round_trip(ts_store: Store, ts_queries: Recorder) -> None:
    with ts_queries.at_most(2, round_trips=1):
        worker.run(ts_store, datetime.now(UTC))
