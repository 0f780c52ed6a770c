"""The tables are exactly those of the fleet: at 012, and what later files add to them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import LiteralString

import psycopg
import pytest

from tenantstore import migrate
from tests.migrations.looking import Admin, columns, connect

# A line a column: name, type, `?` where it may be null, `= default`, what it refers to.
DOMAIN = {
    "users": """
        id uuid = gen_random_uuid()
        email varchar(255)
        password_hash varchar(255)
        name varchar(255)
        role varchar(50) = 'operator'
        created_at timestamptz = now()
        updated_at timestamptz = now()
        webhook_url text?
    """,
    "customers": """
        id uuid = gen_random_uuid()
        name varchar(255)
        email varchar(255)
        active boolean = true
        created_at timestamptz = now()
        updated_at timestamptz = now()
        password_hash varchar(255)?
        email_verified boolean = false
        google_id varchar(255)?
        google_email varchar(255)?
    """,
    "devices": """
        id uuid = gen_random_uuid()
        name varchar(255) = ''
        android_id varchar(255)
        status varchar(50) = 'offline'
        cellular_ip inet?
        wifi_ip inet?
        vpn_ip inet?
        carrier varchar(100)? = ''
        network_type varchar(20)? = ''
        battery_level integer? = 0
        battery_charging boolean? = false
        signal_strength integer? = 0
        base_port integer
        http_port integer
        socks5_port integer
        udp_relay_port integer
        ovpn_port integer
        last_heartbeat timestamptz?
        app_version varchar(50)? = ''
        device_model varchar(100)? = ''
        android_version varchar(20)? = ''
        created_at timestamptz = now()
        updated_at timestamptz = now()
        auth_token varchar(64)?
        description text = ''
        relay_server_id uuid?
        auto_rotate_minutes integer = 0
        last_offline_alert_at timestamptz?
        customer_id uuid?
    """,
    "proxy_connections": """
        id uuid = gen_random_uuid()
        device_id uuid
        customer_id uuid?
        username varchar(255)
        password_hash varchar(255)
        ip_whitelist text[]? = '{}'
        bandwidth_limit bigint? = 0
        bandwidth_used bigint? = 0
        active boolean = true
        expires_at timestamptz?
        created_at timestamptz = now()
        updated_at timestamptz = now()
        base_port integer?
        http_port integer?
        socks5_port integer?
        proxy_type text = 'http'
        password_plain text?
    """,
    "ip_history": """
        id uuid = gen_random_uuid()
        device_id uuid
        ip inet
        method varchar(50) = 'natural'
        created_at timestamptz = now()
    """,
    "bandwidth_logs": """
        id uuid = gen_random_uuid()
        device_id uuid
        connection_id uuid?
        bytes_in bigint = 0
        bytes_out bigint = 0
        interval_start timestamptz
        interval_end timestamptz
    """,
    "device_commands": """
        id uuid = gen_random_uuid()
        device_id uuid
        type varchar(50)
        status varchar(50) = 'pending'
        payload jsonb? = '{}'
        result jsonb? = '{}'
        created_at timestamptz = now()
        executed_at timestamptz?
    """,
    "rotation_links": """
        id uuid = gen_random_uuid()
        device_id uuid
        token varchar(64)
        name varchar(255) = ''
        created_at timestamptz = now()
        last_used_at timestamptz?
    """,
    "pairing_codes": """
        id uuid = gen_random_uuid()
        code varchar(8)
        device_auth_token varchar(64)
        claimed_by_device_id uuid?
        claimed_at timestamptz?
        expires_at timestamptz
        created_by uuid?
        created_at timestamptz = now()
        relay_server_id uuid?
        reassign_device_id uuid?
        customer_id uuid?
    """,
    "device_status_logs": """
        id uuid = gen_random_uuid()
        device_id uuid
        status varchar(20)
        previous_status varchar(20)
        changed_at timestamptz
        created_at timestamptz = now()
    """,
    "relay_servers": """
        id uuid = gen_random_uuid()
        name varchar(100)
        ip varchar(45)
        location varchar(100) = ''
        active boolean = true
        created_at timestamptz = now()
        updated_at timestamptz = now()
    """,
    "customer_auth_tokens": """
        id uuid = gen_random_uuid()
        customer_id uuid
        token_hash varchar(255)
        type varchar(50)
        expires_at timestamptz
        used_at timestamptz?
        created_at timestamptz = now()
    """,
    "device_shares": """
        id uuid = gen_random_uuid()
        device_id uuid
        owner_id uuid
        shared_with uuid
        can_rename boolean = false
        can_manage_ports boolean = false
        can_download_configs boolean = false
        can_rotate_ip boolean = false
        created_at timestamptz = now()
        updated_at timestamptz = now()
    """,
}
KEYS = {
    "users": {"PRIMARY KEY (id)", "UNIQUE (email)"},
    "customers": {"PRIMARY KEY (id)", "UNIQUE (email)", "UNIQUE (google_id)"},
    "devices": {
        "PRIMARY KEY (id)",
        "UNIQUE (android_id)",
        "UNIQUE (base_port)",
        "FOREIGN KEY (relay_server_id) REFERENCES relay_servers(id)",
        "FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE SET NULL",
    },
    "proxy_connections": {
        "PRIMARY KEY (id)",
        "UNIQUE (base_port)",
        "FOREIGN KEY (device_id) REFERENCES devices(id) ON DELETE CASCADE",
        "FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE SET NULL",
    },
    "ip_history": {"PRIMARY KEY (id)", "FOREIGN KEY (device_id) REFERENCES devices(id) ON DELETE CASCADE"},
    "bandwidth_logs": {"PRIMARY KEY (id, interval_start)"},
    "device_commands": {"PRIMARY KEY (id)", "FOREIGN KEY (device_id) REFERENCES devices(id) ON DELETE CASCADE"},
    "rotation_links": {
        "PRIMARY KEY (id)",
        "UNIQUE (token)",
        "FOREIGN KEY (device_id) REFERENCES devices(id) ON DELETE CASCADE",
    },
    "pairing_codes": {
        "PRIMARY KEY (id)",
        "UNIQUE (code)",
        "FOREIGN KEY (claimed_by_device_id) REFERENCES devices(id) ON DELETE SET NULL",
        "FOREIGN KEY (created_by) REFERENCES users(id)",
        "FOREIGN KEY (relay_server_id) REFERENCES relay_servers(id)",
        "FOREIGN KEY (reassign_device_id) REFERENCES devices(id) ON DELETE SET NULL",
        "FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE SET NULL",
    },
    "device_status_logs": {"PRIMARY KEY (id)", "FOREIGN KEY (device_id) REFERENCES devices(id) ON DELETE CASCADE"},
    "relay_servers": {"PRIMARY KEY (id)", "UNIQUE (ip)"},
    "customer_auth_tokens": {
        "PRIMARY KEY (id)",
        "UNIQUE (token_hash)",
        "FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE",
        "CHECK (((type)::text = ANY ((ARRAY['email_verify'::character varying, 'password_reset'::character varying])"
        "::text[])))",
    },
    "device_shares": {
        "PRIMARY KEY (id)",
        "UNIQUE (device_id, shared_with)",
        "FOREIGN KEY (device_id) REFERENCES devices(id) ON DELETE CASCADE",
        "FOREIGN KEY (owner_id) REFERENCES customers(id) ON DELETE CASCADE",
        "FOREIGN KEY (shared_with) REFERENCES customers(id) ON DELETE CASCADE",
    },
}
READS = {
    ("devices", "status"),
    ("devices", "customer_id"),
    ("proxy_connections", "device_id"),
    ("proxy_connections", "customer_id"),
    ("proxy_connections", "username"),
    ("ip_history", "device_id, created_at"),
    ("bandwidth_logs", "device_id, interval_start"),
    ("device_commands", "device_id, created_at) WHERE status = 'pending'"),
    ("device_shares", "shared_with"),
    ("device_shares", "device_id"),
    ("customer_auth_tokens", "customer_id, type"),
}
"""Tables, and what an index of each begins with."""

LATER = {
    "devices": ["viewers uuid[]?", "renamers uuid[]?", "rotators uuid[]?"],
    "device_shares": ["suspended boolean = false"],
}
_KEYS: LiteralString = """
SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f', 'c')
"""
_INDEXES: LiteralString = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass"


@pytest.fixture(scope="module", params=[12, None], ids=["at 012", "at the newest version"])
def version(request: pytest.FixtureRequest) -> int | None:
    found: int | None = request.param
    return found


@pytest.fixture
def admin(database: str, version: int | None) -> Iterator[Admin]:
    migrate.up(database, to=version)
    with connect(database) as connection:
        yield connection


def test_every_column_is_that_of_the_domain(admin: Admin, version: int | None) -> None:
    found: dict[str, list[str]] = {}
    for table, name, kind, not_null, default in columns(admin):
        if table in DOMAIN:
            found.setdefault(table, []).append(_line(name, kind, not_null, default))

    assert found == {
        table: [line.strip() for line in text.strip().splitlines()] + (LATER.get(table, []) if version is None else [])
        for table, text in DOMAIN.items()
    }


def _line(name: str, kind: str, not_null: bool, default: str | None) -> str:
    short = kind.replace("character varying", "varchar").replace("timestamp with time zone", "timestamptz")
    given = "" if default is None else f" = {_plain(default)}"
    return f"{name} {short}{'' if not_null else '?'}{given}"


def _plain(expression: str) -> str:
    """Without the casts that the server writes out."""
    return re.sub(r"::(character varying|text|jsonb)(\[\])?", "", expression)


def test_there_are_no_other_tables_but_the_months_and_what_012_remembers(admin: Admin) -> None:
    tables = {table for table, *_ in columns(admin)}

    assert {table for table in tables - set(DOMAIN) if not re.fullmatch(r"bandwidth_logs_\d{4}_\d{2}", table)} == {
        "tenant_isolation_changes"
    }


def test_keys_and_references_are_those_of_the_domain(database: str) -> None:
    migrate.up(database, to=12)
    with connect(database) as admin:
        found = {table: {text for (text,) in admin.execute(_KEYS, [table])} for table in KEYS}

    assert found == KEYS


def test_there_is_an_index_for_every_read(admin: Admin) -> None:
    found = {
        table: [_plain(text).split("(", 1)[1] for (text,) in admin.execute(_INDEXES, [table])]
        for table in {table for table, _ in READS}
    }

    assert [
        (table, wanted)
        for table, wanted in sorted(READS)
        if not any(re.sub(r"[()]", "", text).startswith(re.sub(r"[()]", "", wanted)) for text in found[table])
    ] == []


def test_nobody_is_seeded(admin: Admin) -> None:
    counts = {
        table: admin.execute(psycopg.sql.SQL("SELECT FROM {} LIMIT 1").format(psycopg.sql.Identifier(table))).rowcount
        for table in DOMAIN
    }

    assert counts == dict.fromkeys(DOMAIN, 0)


def test_a_fresh_database_has_partitions_for_the_month_before_and_two_after(admin: Admin) -> None:
    found = admin.execute(
        """
        SELECT i.inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid)
        FROM pg_inherits AS i
        INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'bandwidth_logs'::regclass
        ORDER BY 1
        """
    ).fetchall()
    this = datetime.now(UTC).date().replace(day=1)
    months = [_plus(this, step) for step in (-1, 0, 1, 2)]

    assert found == [
        (
            f"bandwidth_logs_{month:%Y_%m}",
            f"FOR VALUES FROM ('{month} 00:00:00+00') TO ('{_plus(month, 1)} 00:00:00+00')",
        )
        for month in months
    ]


def _plus(month: date, months: int) -> date:
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
