"""Grants on tables, columns, sequences and our views: what each role has, what the model gives it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import EVERY, OPERATOR, PUBLIC, SEQUENCES, TABLES, TENANT, VIEWS, Table
from tenantstore.checking.others import Other

# A privilege, and the column it is on, or '*' for all that there are and will be.
Privileges = set[tuple[str, str]]

_HELD_BY_POLICIES = ("SELECT", "INSERT", "UPDATE", "DELETE")

# Partitions too, wherever they are. An owner's own privileges are no grants.
_GRANTS = """
WITH RECURSIVE known AS (
    SELECT c.oid
    FROM pg_class AS c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relname = ANY (%s)
    UNION
    SELECT i.inhrelid FROM known AS k INNER JOIN pg_inherits AS i ON i.inhparent = k.oid
),

granted AS (
    SELECT c.oid, c.relowner, g.grantee, g.privilege_type, '*' AS column_name
    FROM pg_class AS c
    CROSS JOIN aclexplode(c.relacl) AS g
    UNION ALL
    SELECT c.oid, c.relowner, g.grantee, g.privilege_type, quote_ident(a.attname)
    FROM pg_class AS c
    INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
    CROSS JOIN aclexplode(a.attacl) AS g
)

SELECT g.oid::regclass::text, coalesce(r.oid::regrole::text, 'PUBLIC'), g.privilege_type, g.column_name
FROM granted AS g
INNER JOIN known AS k ON k.oid = g.oid
LEFT JOIN pg_roles AS r ON r.oid = g.grantee
WHERE g.grantee <> g.relowner
ORDER BY 1, 2, 3, 4
"""

# What a later table would be open to without anybody saying so.
_DEFAULTS = """
SELECT
    coalesce(r.oid::regrole::text, 'PUBLIC'),
    string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type),
    ' FOR ROLE ' || d.defaclrole::regrole || coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '')
FROM pg_default_acl AS d
CROSS JOIN aclexplode(d.defaclacl) AS g
LEFT JOIN pg_roles AS r ON r.oid = g.grantee
LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
WHERE
    d.defaclobjtype = 'r'
    AND (n.nspname IS NULL OR n.nspname = current_schema())
    AND (g.grantee = 0 OR r.rolname = %s)
GROUP BY 1, 3
ORDER BY 1, 3
"""


def judge(look: Look, others: Sequence[Other]) -> Iterator[Finding]:
    """What is granted and should not be, and what should be and is not."""
    expected = dict(_expected())
    found: dict[tuple[str, str], Privileges] = defaultdict(set)
    for thing, role, privilege, column in look.execute(
        _GRANTS, ([*TABLES, *VIEWS, *SEQUENCES, *(each.bare for each in others)],)
    ):
        found[thing, role].add((privilege, column))
    theirs = {each.name: each for each in others}
    for (thing, role), has in found.items():
        if thing in theirs:
            more = _beyond_of_others(has, theirs[thing], role)
        else:
            more = _beyond(has, expected.get((thing, role), set()))
        if more:
            what = _listed(more)
            yield Finding(_code(role), thing, f"{role} may {what}", f"REVOKE {what} ON {thing} FROM {role};")
    for role, privilege, things in look.execute(_DEFAULTS, (TENANT,)):
        yield Finding(
            "grant-default",
            f"default privileges{things}",
            f"{role} may {privilege} whatever is created from now on",
            f"ALTER DEFAULT PRIVILEGES{things} REVOKE {privilege} ON TABLES FROM {role};",
        )
    for (thing, role), should in expected.items():
        less = _beyond(should, found.get((thing, role), set()))
        if less:
            what = _listed(less)
            yield Finding("grant-missing", thing, f"{role} may not {what}", f"GRANT {what} ON {thing} TO {role};")


def _expected() -> Iterator[tuple[tuple[str, str], Privileges]]:
    for name, table in TABLES.items():
        yield (name, OPERATOR), {(command, "*") for command in ("SELECT", "INSERT", "UPDATE", "DELETE")}
        yield (name, TENANT), _of_tenant(table)
    for name, privilege in SEQUENCES.items():
        yield (name, OPERATOR), {(privilege, "*")}
    for name, view in VIEWS.items():
        yield (name, view.read_by), {("SELECT", *EVERY)}


def _of_tenant(table: Table) -> Privileges:
    return {(command, each) for command, columns in table.tenant.items() for each in columns}


def _beyond_of_others(has: Privileges, other: Other, role: str) -> Privileges:
    """On a service's table: what its model does not give the tenant; without one, what no policy holds."""
    if role == TENANT and other.foreign and other.holds:
        return has
    if role == TENANT and other.owned:
        return _beyond(has, _of_tenant(Table(other.owned)))
    if role == TENANT:
        return {each for each in has if each[0] not in _HELD_BY_POLICIES}
    return has if other.holds and role != OPERATOR else set()


def _beyond(has: Privileges, should: Privileges) -> Privileges:
    """What is not covered: a privilege on the table covers its columns."""
    return {(privilege, column) for privilege, column in has - should if (privilege, "*") not in should}


def _code(role: str) -> str:
    return {TENANT: "grant-wide", OPERATOR: "grant-wide", PUBLIC: "grant-public"}.get(role, "grant-stray")


def _listed(privileges: Iterable[tuple[str, str]]) -> str:
    """As GRANT and REVOKE take it: ``DELETE, SELECT (a, b)``."""
    columns: dict[str, list[str]] = defaultdict(list)
    for privilege, column in sorted(privileges):
        columns[privilege].append(column)
    return ", ".join(
        privilege if "*" in names else f"{privilege} ({', '.join(names)})" for privilege, names in columns.items()
    )
