"""The tables: there, one owner, row-level security enabled and forced on each that holds what is a customer's."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import OPERATOR, TABLES, TENANT
from tenantstore.checking.others import Other

# Those of the model, their partitions wherever they are, and the service's that the doctor looks at.
_TABLES = """
WITH RECURSIVE known AS (
    SELECT c.oid
    FROM pg_class AS c
    WHERE
        c.relnamespace = quote_ident(current_schema())::regnamespace
        AND c.relkind IN ('r', 'p')
        AND c.relname = ANY (%s)
    UNION
    SELECT i.inhrelid FROM known AS k INNER JOIN pg_inherits AS i ON i.inhparent = k.oid
)

SELECT
    c.oid::regclass::text,
    c.relowner::regrole::text,
    c.relrowsecurity,
    c.relforcerowsecurity,
    EXISTS (SELECT FROM pg_policy AS p WHERE p.polrelid = c.oid),
    c.relispartition
FROM pg_class AS c
WHERE c.oid IN (SELECT k.oid FROM known AS k)
ORDER BY 1
"""

_CREATORS = """
SELECT DISTINCT coalesce(quote_ident(r.rolname), 'PUBLIC'), quote_ident(n.nspname)
FROM pg_namespace AS n
CROSS JOIN aclexplode(n.nspacl) AS g
LEFT JOIN pg_roles AS r ON r.oid = g.grantee
WHERE
    n.nspname = current_schema()
    AND g.privilege_type = 'CREATE'
    AND (g.grantee = 0 OR r.rolname = ANY (%s) OR pg_has_role(session_user, g.grantee, 'USAGE'))
    AND g.grantee <> n.nspowner
ORDER BY 1
"""


def judge(look: Look, others: Sequence[Other]) -> Iterator[Finding]:
    """Each table; and that nobody who serves customers may put things of their own beside them."""
    more = [each.bare for each in others if each.holds or each.open]
    rows = look.execute(_TABLES, ([*TABLES, *more],)).fetchall()
    for name in TABLES.keys() - {name for name, *_ in rows}:
        yield Finding("table-missing", name, "is not there", "tenantstore migrate status says what is applied.")
    owners = Counter(owner for _, owner, *_ in rows)
    usual = owners.most_common(1)[0][0]
    for name, owner, enabled, forced, has_policies, is_partition in rows:
        if owner != usual:
            yield Finding(
                "owner-differs",
                name,
                f"belongs to {owner}, the other tables to {usual}",
                f"ALTER TABLE {name} OWNER TO {usual};",
            )
        if not enabled:
            yield _open(name, has_policies, is_partition)
        elif not forced:
            yield Finding(
                "rls-not-forced",
                name,
                f"does not hold {owner}, its owner, to its policies",
                f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY;",
            )
    for role, schema in look.execute(_CREATORS, ([TENANT, OPERATOR],)):
        yield Finding(
            "schema-create",
            f"schema {schema}",
            f"lets {role} create things that are found before others' or beside them",
            f"REVOKE CREATE ON SCHEMA {schema} FROM {role};",
        )


def _open(name: str, has_policies: bool, is_partition: bool) -> Finding:
    problem = "has no row-level security: its policies are not in force"
    advice = f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
    if not has_policies:
        problem = "has no row-level security and no policy: whoever may read it reads every row"
    if not has_policies and not is_partition:
        advice += (
            "\nThen a policy for each command that a role is granted, or that role has none of the rows: "
            f"CREATE POLICY … ON {name} FOR SELECT TO {TENANT} USING (customer_id = tenantstore_customer_id()); "
            f"CREATE POLICY … ON {name} TO {OPERATOR} USING (true);"
        )
    return Finding("rls-off", name, problem, advice)
