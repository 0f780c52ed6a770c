"""A customer's reads find their rows by index, also under row-level security and with a plan made for any customer.

Policies keep conditions that could leak off the indexes, and a plan made for unknown values cannot leave out what a
null would switch off: either would turn a page of fifty into a walk over everybody's devices.
"""

import re
from uuid import UUID

import pytest

from tenantstore.queries import CATALOG
from tenantstore.store import TenantScope
from tests.fix_fleet import Admin

READS = {
    "devices/list_by_customer": "devices_customer_id_name_id_idx",
    "devices/get_by_id_for_customer": "devices_(pkey|id_customer_id_key)",
    "devices/permissions_for_customer": "devices_(pkey|id_customer_id_key)",
    "connections/list_by_customer": "proxy_connections_customer_id_created_at_id_idx",
    "connections/list_by_device_for_customer": "proxy_connections_device_id_idx",
    "connections/get_by_id_for_customer": "proxy_connections_pkey",
    "device_shares/list_by_customer": "device_shares_owner_id_idx",
    "device_shares/list_by_device_for_customer": "device_shares_device_id_shared_with_key",
    "device_shares/get_by_id_for_customer": "device_shares_pkey",
    "device_shares/get_by_device_and_customer": "device_shares_device_id_shared_with_key",
    "customers/get_for_customer": "customers_pkey",
    "customers/get_stats_for_customer": "devices_customer_id_name_id_idx",
    "pairing_codes/list_by_customer": "pairing_codes_customer_id_idx",
    "rotation_links/list_by_device_for_customer": "rotation_links_device_id_idx",
    "device_commands/list_by_device_for_customer": "device_commands_device_id_created_at_idx",
    "ip_history/list_by_device_for_customer": "ip_history_device_id_created_at_idx",
    "status_logs/list_by_device_for_customer": "device_status_logs_device_id_changed_at_idx",
    # The span is null here, so these show no partition: what is shown is that the device comes first.
    "bandwidth/device_total_for_customer": "devices_(pkey|id_customer_id_key)",
    "bandwidth/device_hourly_for_customer": "devices_(pkey|id_customer_id_key)",
}
FILL = """
INSERT INTO customers (name, email) SELECT n, n || '@example.org' FROM generate_series(1, 1000) AS n;

WITH c AS (SELECT array_agg(id ORDER BY id) AS ids FROM customers),
d AS (
    INSERT INTO devices (android_id, base_port, http_port, socks5_port, udp_relay_port, ovpn_port, name, customer_id)
    SELECT 'many-' || n, 100000 + n, 1, 1, 1, 1, md5(n::text), c.ids[1 + n % 1000]
    FROM c, generate_series(1, 2000) AS n
    RETURNING id, customer_id
)
INSERT INTO proxy_connections (device_id, customer_id, username, password_hash)
SELECT d.id, d.customer_id, 'ann', 'hash' FROM d, generate_series(1, 2);

WITH c AS (SELECT array_agg(id ORDER BY id) AS ids FROM customers)
INSERT INTO device_shares (device_id, owner_id, shared_with)
SELECT d.id, d.customer_id, c.ids[array_position(c.ids, d.customer_id) % 1000 + 1] FROM c, devices AS d;

INSERT INTO pairing_codes (code, device_auth_token, expires_at, customer_id)
SELECT row_number() OVER (), 'token', now(), c.id FROM customers AS c, generate_series(1, 5);

INSERT INTO rotation_links (device_id, token)
SELECT d.id, d.android_id || n FROM devices AS d, generate_series(1, 3) AS n;

INSERT INTO device_commands (device_id, type, created_at)
SELECT d.id, 'reboot', now() - n * interval '1 h' FROM devices AS d, generate_series(1, 10) AS n;

INSERT INTO ip_history (device_id, ip, created_at)
SELECT d.id, '192.0.2.1', now() - n * interval '1 h' FROM devices AS d, generate_series(1, 10) AS n;

INSERT INTO device_status_logs (device_id, status, previous_status, changed_at)
SELECT d.id, 'online', 'offline', now() - n * interval '1 h' FROM devices AS d, generate_series(1, 10) AS n;

ANALYZE;
"""
RECEIVE = """
INSERT INTO device_shares (device_id, owner_id, shared_with)
SELECT d.id, d.customer_id, %(me)s FROM devices AS d WHERE d.customer_id <> %(me)s ORDER BY d.android_id LIMIT 400
ON CONFLICT DO NOTHING
"""


@pytest.fixture
def many(admin: Admin, ada: TenantScope) -> Admin:
    """Two thousand devices of a thousand customers, each shared with the next."""
    admin.execute(FILL)
    return admin


def plan(admin: Admin, name: str, customer_id: UUID, role: str = "tenantstore_tenant") -> str:
    source = CATALOG.source(name)
    nulls = ", ".join(["NULL"] * len(source.parameters))
    with admin.transaction(force_rollback=True):
        admin.execute("SELECT set_config('tenantstore.customer_id', %s, true)", [str(customer_id)])
        admin.execute("SELECT set_config('role', %s, true)", [role])
        admin.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        admin.pgconn.prepare(b"the_read", source.sql.encode())
        rows = admin.execute(f"EXPLAIN (COSTS OFF) EXECUTE the_read ({nulls})".encode()).fetchall()
        admin.execute("DEALLOCATE the_read")
    return "\n".join(line for (line,) in rows)


def test_a_customers_reads_walk_over_no_table(many: Admin, ada: TenantScope) -> None:
    plans = {name: plan(many, name, ada.customer_id) for name in READS}
    walks = re.compile(r"Seq Scan on (?!relay_servers)\w+")

    assert {name: walks.findall(text) for name, text in plans.items()} == {name: [] for name in READS}
    assert [name for name, index in READS.items() if not re.search(rf"\b{index}\b", plans[name])] == []


def test_a_list_does_not_walk_through_all_names(many: Admin, ada: TenantScope) -> None:
    # Of a limit that it does not know, the planner takes a tenth: a walk in the order of names would end soon.
    many.execute(RECEIVE, {"me": ada.customer_id})
    many.execute("ANALYZE")
    roles = ("tenantstore_tenant", "tenantstore_operator")
    plans = {role: plan(many, "devices/list_by_customer", ada.customer_id, role) for role in roles}

    assert {role: re.findall(r"using devices_name_id_idx", text) for role, text in plans.items()} == {
        role: [] for role in roles
    }


def test_a_page_begins_where_the_one_before_it_ended(many: Admin, ada: TenantScope) -> None:
    conditions = re.findall(r"Index Cond: (.*)", plan(many, "devices/list_by_customer", ada.customer_id))

    assert "((customer_id = $1) AND (ROW((name)::text, id) > ROW($2, $3)))" in conditions
