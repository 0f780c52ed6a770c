"""The library's own workload: a fleet of ten thousand phones, and what its customers could ask of it."""

from pathlib import Path

from tenantstore.checking.plans.workload import Workload
from tenantstore.queries import Scope

_PHONE = "SELECT id FROM devices WHERE customer_id = %(customer_id)s ORDER BY base_port"
_OWN = "WHERE customer_id = %(customer_id)s ORDER BY id LIMIT 1"

FLEET = Workload(
    data=Path(__file__).with_name("fleet.sql"),
    customers={
        "huge": "SELECT id FROM customers WHERE name = 'Customer 1'",
        "tiny": "SELECT id FROM customers WHERE name = 'Customer 2'",
    },
    parameters={
        "device_id": f"{_PHONE} LIMIT 1",
        "to_device_id": f"{_PHONE} OFFSET 1 LIMIT 1",
        "reassign_device_id": f"{_PHONE} OFFSET 2 LIMIT 1",
        "shared_with": "SELECT shared_with FROM device_shares WHERE owner_id = %(customer_id)s ORDER BY id LIMIT 1",
        "share_id": "SELECT id FROM device_shares WHERE owner_id = %(customer_id)s ORDER BY id LIMIT 1",
        "connection_id": f"SELECT id FROM proxy_connections {_OWN}",
        "username": f"SELECT username FROM proxy_connections {_OWN}",
        "pairing_code_id": f"SELECT id FROM pairing_codes {_OWN}",
        "code": f"SELECT code FROM pairing_codes {_OWN}",
        "link_id": f"SELECT id FROM rotation_links WHERE device_id IN ({_PHONE}) ORDER BY token LIMIT 1",
        "token": f"SELECT token FROM rotation_links WHERE device_id IN ({_PHONE}) ORDER BY token LIMIT 1",
        "command_id": f"SELECT id FROM device_commands WHERE device_id IN ({_PHONE}) ORDER BY id LIMIT 1",
        "token_id": f"SELECT id FROM customer_auth_tokens {_OWN}",
        "token_hash": f"SELECT token_hash FROM customer_auth_tokens {_OWN}",
        "email": "SELECT email FROM customers WHERE id = %(customer_id)s",
        "users/get_by_email:email": "SELECT email FROM users ORDER BY email LIMIT 1",
        "google_id": "SELECT 'google-1'",
        "android_id": f"SELECT android_id FROM devices WHERE id = ({_PHONE} LIMIT 1)",
        "devices/get_by_name:name": f"SELECT name FROM devices WHERE id = ({_PHONE} LIMIT 1)",
        "user_id": "SELECT id FROM users ORDER BY email LIMIT 1",
        "relay_server_id": "SELECT id FROM relay_servers ORDER BY ip LIMIT 1",
        "type": "SELECT 'rotate_ip'",
        "customer_auth_tokens/delete_by_customer_and_type:type": "SELECT 'password_reset'",
        "after_name": "SELECT ''",
        "after_id": "SELECT '00000000-0000-0000-0000-000000000000'",
        "limit": "SELECT 50",
        "threshold": "SELECT interval '2 minutes'",
        # A day in the middle of a partition's month.
        "since": "SELECT min(interval_start) + interval '5 days' FROM bandwidth_logs",
        "until": "SELECT min(interval_start) + interval '6 days' FROM bandwidth_logs",
        "at": "SELECT now() - interval '20 days'",
    },
    enter={
        Scope.TENANT: "SELECT set_config('role', 'tenantstore_tenant', true),"
        " set_config('tenantstore.customer_id', %(customer_id)s::text, true)",
        Scope.OPERATOR: "SELECT set_config('role', 'tenantstore_operator', true)",
    },
)
