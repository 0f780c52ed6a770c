"""Rules of a database that many customers share, asked of the catalogs when every file is applied.

A table is a tenant's when it has a column ``customer_id``. A finding names the statement that made what it is about.
"""

from collections.abc import Iterator

from tenantstore.migrate.connect import Connection
from tenantstore.migrate.lint.finding import Found
from tenantstore.migrate.lint.walk import Birth, Walk

UNFORCED, UNCHECKED, UNSCOPED = "row-security", "policy-check", "unique-customer"

# An id that the database or a random generator makes is chosen by nobody: that it is taken already tells nothing.
_QUERY = """
WITH tenant_tables AS (
    SELECT c.oid, c.relispartition, c.relrowsecurity, c.relforcerowsecurity, a.attnum, c.oid::regclass::text AS name
    FROM pg_catalog.pg_class AS c
    INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'customer_id' AND NOT a.attisdropped
    INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'
)

SELECT 'customer column', t.oid, t.name
FROM tenant_tables AS t
WHERE NOT (t.relrowsecurity AND t.relforcerowsecurity)
UNION ALL
SELECT 'policy', p.oid, quote_ident(p.polname) || ' on ' || p.polrelid::regclass
FROM pg_catalog.pg_policy AS p
WHERE p.polcmd IN ('a', 'w', '*') AND p.polwithcheck IS NULL
UNION ALL
SELECT 'unique index', i.indexrelid, i.indexrelid::regclass || ' on ' || t.name
FROM pg_catalog.pg_index AS i
INNER JOIN tenant_tables AS t ON t.oid = i.indrelid
WHERE
    i.indisunique
    AND NOT t.relispartition
    AND NOT t.attnum = ANY (i.indkey)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE
            a.attrelid = t.oid
            AND a.attnum = ANY (i.indkey)
            AND (a.atttypid = 'uuid'::regtype OR a.attidentity <> '')
    )
ORDER BY 1, 3
"""
_FOUND = {
    "customer column": (
        UNFORCED,
        "{} has a customer_id, and its rows are open to whoever may read the table",
        "ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, and a policy for each command.",
    ),
    "policy": (
        UNCHECKED,
        "policy {} has no WITH CHECK",
        "Say which rows may be written: else those that may be seen decide, and whoever widens USING widens both.",
    ),
    "unique index": (
        UNSCOPED,
        "unique index {} ignores the customer",
        "Put customer_id first: a value that is refused because another customer has it tells of that customer.",
    ),
}


def judge(connection: Connection, walk: Walk) -> Iterator[Found]:
    """What is wrong in the end, at the statement that began it."""
    for what, oid, name in connection.execute(_QUERY):
        code, text, advice = _FOUND[what]
        # What a new database has from its template is nobody's here.
        if born := walk.births.get(Birth(what, oid)):
            yield Found(code, born.script, born.statement, born.statement.offset, text.format(name), advice)
