"""What a database holds and how it is made, for tests to compare."""

from typing import Any, LiteralString, TypeAlias

import psycopg
from psycopg.sql import SQL, Identifier

Admin: TypeAlias = psycopg.Connection[tuple[Any, ...]]

TABLES = (
    "users",
    "customers",
    "devices",
    "proxy_connections",
    "ip_history",
    "bandwidth_logs",
    "device_commands",
    "rotation_links",
    "pairing_codes",
    "device_status_logs",
    "relay_servers",
    "customer_auth_tokens",
)
"""What there is at 011."""

_COLUMNS: LiteralString = """
SELECT
    c.oid::regclass::text,
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid)
FROM pg_class AS c
INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'tenantstore_migrations'
ORDER BY c.oid::regclass::text, a.attnum
"""


def connect(dsn: str) -> Admin:
    """Autocommit."""
    return psycopg.connect(dsn, autocommit=True)


def rows(admin: Admin) -> dict[str, list[str]]:
    """Every value of every row of the tables of 011, as text, in the order of the columns."""
    return {
        table: [
            text
            for (text,) in admin.execute(SQL("SELECT t::text FROM {} AS t ORDER BY t::text").format(Identifier(table)))
        ]
        for table in TABLES
    }


def columns(admin: Admin) -> list[tuple[Any, ...]]:
    """Every column of every table."""
    return admin.execute(_COLUMNS).fetchall()


def ask(admin: Admin, query: LiteralString) -> dict[Any, Any]:
    """A query of two columns, the first one a key."""
    return dict(admin.execute(query).fetchall())
