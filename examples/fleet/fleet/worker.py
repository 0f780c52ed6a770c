"""What runs every night: ``python -m fleet.worker``."""

from datetime import UTC, datetime, timedelta

from fleet import notes
from tenantstore import Store
from tenantstore.repositories import devices

KEPT = timedelta(days=365)
SILENT = timedelta(minutes=5)


def run(store: Store, now: datetime) -> tuple[int, int]:
    """How many phones have gone offline, and how many old notes are away."""
    return store.operator().run_all(devices.mark_stale_offline(SILENT), notes.delete_older(now - KEPT))


if __name__ == "__main__":
    with Store.open() as opened:
        offline, deleted = run(opened, datetime.now(UTC))
    print(f"{offline} phones offline, {deleted} notes deleted")
