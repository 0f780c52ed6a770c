"""The plans of the library's own queries, on its own fleet, against the baselines that are committed."""

import shutil
from itertools import count
from pathlib import Path

import pytest

from tenantstore import migrate
from tenantstore.checking import plans
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.plans import Told
from tenantstore.checking.plans.fleet import FLEET
from tenantstore.queries import CATALOG
from tenantstore.resources import folder
from tenantstore.testing import Server

BASELINES = folder("plans")
SCAN = "Make an index that begins with what it looks for; where it is to read all, `-- scan: reason` in the header."
EVERY = "generic plan for huge and tiny, custom plan for huge and tiny"

_numbers = count(1)


def examine(server: Server, migrations: Path, names: list[str]) -> Told:
    name = f"planned_{next(_numbers)}"
    server.create_database(name)
    try:
        migrate.up(server.dsn(name), migrations)
        return plans.examine(server.dsn(name), [CATALOG.source(each) for each in names], FLEET, BASELINES)
    finally:
        server.drop_database(name)


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    """A copy of our migrations, to change."""
    return shutil.copytree(folder("migrations"), tmp_path / "migrations")


def drop_index(migrations: Path, index: str) -> None:
    newest = max(int(path.name.partition("_")[0]) for path in migrations.glob("*.up.sql")) + 1
    (migrations / f"{newest:03}_drop.up.sql").write_text(f"-- irreversible: a test\nDROP INDEX {index};\n")


def test_every_query_is_planned_as_it_was_reviewed(server: Server) -> None:
    told = examine(server, folder("migrations"), list(CATALOG))

    assert (told.compared, told.complaints) == (True, {})


def test_a_dropped_index_shows_with_both_plans(server: Server, migrations: Path) -> None:
    drop_index(migrations, "proxy_connections_device_id_idx")
    told = examine(server, migrations, ["connections/list_by_device"])

    assert told.complaints["connections/list_by_device"] == [
        Complaint(
            "plan-scan",
            "the generic plan for huge and tiny reads all of proxy_connections for device_id = :device_id",
            SCAN,
            (320, 337),
        ),
        Complaint(
            "plan-changed",
            f"another {EVERY} than in {BASELINES}/connections/list_by_device.plan",
            "`tenantstore check --plans --update` writes it anew; review its diff.",
            detail="""\
 Sort
-  Index Scan using proxy_connections_device_id_idx on proxy_connections c
-      by (device_id = :device_id)
+  Seq Scan on proxy_connections c""",
        ),
    ]


def test_another_index_with_the_customer_further_back_does_not_do(server: Server, migrations: Path) -> None:
    drop_index(migrations, "devices_customer_id_name_id_idx")
    told = examine(server, migrations, ["customers/get_stats_for_customer"])

    assert f"the {EVERY} finds rows of devices by (customer_id = :customer_id) in devices_id_customer_id_key," in str(
        told.complaints["customers/get_stats_for_customer"]
    )


def test_plans_are_the_same_next_year(server: Server, migrations: Path) -> None:
    first, names = migrations / "001_initial.up.sql", [name for name in CATALOG if name.startswith("bandwidth/")]
    moved = first.read_text().replace("'month', now() AT", "'month', (now() + interval '14 months') AT")
    assert moved != first.read_text()
    first.write_text(moved)
    told = examine(server, migrations, names)

    assert [name for name in names if name in told.complaints] == []


def test_another_version_is_held_to_the_rules_alone(server15: Server) -> None:
    told = examine(server15, folder("migrations"), list(CATALOG))

    assert (told.compared, told.complaints) == (False, {})
