"""The tables of a service beside ours, in one schema: which hold what is a customer's, and what is wrong with them.

Whose their rows are, the service's own model says, where there is one. Without it a table is taken for customers' by a
column's name or by its foreign keys, and only what is wrong whosever the rows are is found.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import TABLES, TENANT
from tenantstore.checking.query.gather import Gatherer
from tenantstore.checking.tenancy import Table, TenantModel

# In the schema of ours, without ours and their partitions, without the histories of migrations, what migration 012
# notes for its down file, and what extensions brought.
_OTHERS = """
WITH RECURSIVE ours AS (
    SELECT c.oid, c.relname = ANY (%(owned)s) AS holds
    FROM pg_class AS c
    WHERE
        c.relnamespace = quote_ident(current_schema())::regnamespace
        AND c.relkind IN ('r', 'p')
        AND c.relname = ANY (%(tables)s)
    UNION
    SELECT i.inhrelid, o.holds FROM ours AS o INNER JOIN pg_inherits AS i ON i.inhparent = o.oid
),

holding AS (
    SELECT o.oid FROM ours AS o WHERE o.holds
    UNION
    SELECT a.attrelid
    FROM pg_attribute AS a
    WHERE a.attname IN ('customer_id', 'device_id', 'connection_id') AND NOT a.attisdropped
    UNION
    SELECT k.conrelid
    FROM holding AS h
    INNER JOIN pg_constraint AS k ON k.confrelid = h.oid AND k.contype = 'f'
)

SELECT
    c.relname,
    c.oid::regclass::text,
    c.oid IN (SELECT h.oid FROM holding AS h),
    c.relkind = 'f',
    EXISTS (
        SELECT FROM (
            SELECT c.relacl
            UNION ALL
            SELECT a.attacl FROM pg_attribute AS a WHERE a.attrelid = c.oid AND NOT a.attisdropped
        ) AS l (acl)
        CROSS JOIN aclexplode(l.acl) AS g
        WHERE g.grantee = 0 OR g.grantee = (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = %(tenant)s)
    )
FROM pg_class AS c
WHERE
    c.relnamespace = quote_ident(current_schema())::regnamespace
    AND c.relkind IN ('r', 'p', 'f')
    AND c.oid NOT IN (SELECT o.oid FROM ours AS o)
    AND c.relname !~ '^(tenantstore_migrations|migration_history(_\\d+)?|tenant_isolation_changes)$'
    AND NOT EXISTS (
        SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
ORDER BY 2
"""

_WIDE = " is too wide for "
# By what looks at all tables, and at our own policies.
_TOLD_ELSEWHERE = ("rls-off", "rls-not-forced", "policy-wide")


@dataclass(frozen=True, slots=True)
class Other:
    """A table. It ``holds`` customers' rows, or is ``open`` to the tenant's role or to everybody; ``name`` is quoted.

    ``owned`` is what the service's model says of it. One that is ``foreign`` can have no row-level security.
    """

    bare: str
    name: str
    holds: bool
    foreign: bool
    open: bool
    owned: Table | None


def others(look: Look, model: TenantModel | None) -> Sequence[Other]:
    """All of them, by name. What the model gives to customers holds what is theirs."""
    known: Mapping[str, Table] = model.tables if model else {}
    owned = [name for name, table in TABLES.items() if table.owned.rules]
    names = {"tables": list(TABLES), "owned": owned, "tenant": TENANT}
    return [
        Other(bare, name, holds or bool(name in known and known[name].rules), foreign, is_open, known.get(name))
        for bare, name, holds, foreign, is_open in look.execute(_OTHERS, names)
    ]


def judge_policies(look: Look, found: Sequence[Other], model: TenantModel | None) -> Iterator[Finding]:
    """What policies let through that the service's model does not."""
    names = {each.name for each in found if each.owned}
    if model is None or not names:
        return
    for complaint in Gatherer(look, model).policies():
        # A policy may be called anything, also that.
        table = next((each for each in names if f" on {each}{_WIDE}" in complaint.problem), None)
        if table:
            of, _, rest = complaint.problem.partition(f" on {table}{_WIDE}")
            yield Finding(complaint.code, f"{of} on {table}", f"is too wide for {rest}", complaint.advice)
        elif complaint.code not in _TOLD_ELSEWHERE:
            yield Finding(complaint.code, "policies", complaint.problem, complaint.advice)
