"""The two roles that do the work, and the roles that services log in with."""

from collections.abc import Iterator, Sequence

from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import OPERATOR, TABLES, TENANT
from tenantstore.checking.others import Other

# What each attribute of pg_roles lets a role do, and how to take it away.
_EXEMPT = {
    "superuser": ("is a superuser, to whom no policy and no grant applies", "NOSUPERUSER"),
    "bypassrls": ("is exempt from row-level security", "NOBYPASSRLS"),
    "createrole": ("may create roles, and so let itself become others", "NOCREATEROLE"),
    "replication": ("may copy the whole server by replication", "NOREPLICATION"),
}

_ROLES = """
SELECT
    w.role,
    r.oid IS NOT NULL,
    coalesce(r.rolcanlogin, false),
    ARRAY(
        SELECT e.what
        FROM (
            VALUES
            ('superuser', r.rolsuper),
            ('bypassrls', r.rolbypassrls),
            ('createrole', r.rolcreaterole),
            ('replication', r.rolreplication)
        ) AS e (what, has)
        WHERE e.has
    ),
    ARRAY(SELECT m.roleid::regrole::text FROM pg_auth_members AS m WHERE m.member = r.oid ORDER BY 1),
    ARRAY(
        SELECT c.oid::regclass::text
        FROM pg_class AS c
        WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p', 'm', 'f')
        ORDER BY 1
    )
FROM unnest(%s::text[]) AS w (role)
LEFT JOIN pg_roles AS r ON r.rolname = w.role
"""

# Whoever logs in here now, and every other role that a service could log in with: it may become a tenant and owns no
# table. Before 16, to be a member is to be allowed to SET ROLE.
_LOGINS = """
WITH things AS (
    SELECT c.oid, c.relowner, c.relname = ANY (%(ours)s) AS ours
    FROM pg_class AS c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relname = ANY (%(ours)s || %(others)s)
),

named AS (
    SELECT
        (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = %(tenant)s) AS tenant,
        (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = %(operator)s) AS operator,
        CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END AS enter
)

SELECT
    r.oid::regrole::text,
    ARRAY(
        SELECT e.what
        FROM (
            VALUES
            ('superuser', r.rolsuper),
            ('bypassrls', r.rolbypassrls),
            ('createrole', r.rolcreaterole),
            ('replication', r.rolreplication)
        ) AS e (what, has)
        WHERE e.has
    ),
    ARRAY(
        SELECT t.oid::regclass::text FROM things AS t WHERE t.relowner = r.oid
        UNION ALL
        SELECT 'schema ' || quote_ident(s.nspname)
        FROM pg_namespace AS s
        WHERE s.nspowner = r.oid AND s.nspname = current_schema()
        UNION ALL
        SELECT 'database ' || quote_ident(b.datname)
        FROM pg_database AS b
        WHERE b.datdba = r.oid AND b.datname = current_database()
        ORDER BY 1
    ),
    ARRAY(
        SELECT m.oid::regrole::text
        FROM pg_roles AS m
        WHERE
            m.oid <> r.oid
            AND pg_has_role(r.oid, m.oid, 'USAGE')
            AND EXISTS (
                SELECT FROM things AS t
                WHERE
                    has_any_column_privilege(m.oid, t.oid, 'SELECT, INSERT, UPDATE')
                    OR has_table_privilege(m.oid, t.oid, 'DELETE, TRUNCATE')
            )
        ORDER BY 1
    ),
    ARRAY(
        SELECT m.oid::regrole::text
        FROM pg_roles AS m
        WHERE
            m.oid NOT IN (r.oid, n.tenant, n.operator)
            AND pg_has_role(r.oid, m.oid, n.enter)
            AND (m.rolsuper OR m.rolbypassrls OR EXISTS (SELECT FROM things AS t WHERE t.relowner = m.oid))
        ORDER BY 1
    ),
    ARRAY(
        SELECT w.oid::regrole::text
        FROM unnest(ARRAY[n.tenant, n.operator]) AS w (oid)
        WHERE NOT pg_has_role(r.oid, w.oid, n.enter)
        ORDER BY 1
    )
FROM pg_roles AS r
CROSS JOIN named AS n
WHERE
    r.rolname = session_user
    OR (
        r.rolcanlogin
        AND r.oid NOT IN (n.tenant, n.operator)
        AND NOT r.rolsuper
        AND pg_has_role(r.oid, n.tenant, n.enter)
        AND NOT EXISTS (SELECT FROM things AS t WHERE t.relowner = r.oid AND t.ours)
    )
ORDER BY 1
"""


def judge(look: Look) -> Iterator[Finding]:
    """The tenant's role and the operator's: there, and without any power but what they are granted."""
    for role, exists, can_login, exempt, members_of, owned in look.execute(_ROLES, ([TENANT, OPERATOR],)):
        if not exists:
            yield Finding("role-missing", role, "is not there", f"CREATE ROLE {role} NOLOGIN; then migrate again.")
            continue
        if can_login:
            yield Finding("role-login", role, "may log in", f"ALTER ROLE {role} NOLOGIN;")
        for what in exempt:
            problem, without = _EXEMPT[what]
            yield Finding(f"role-{what}", role, problem, f"ALTER ROLE {role} {without};")
        for other in members_of:
            yield Finding(
                "role-member", role, f"is a member of {other}, and may do what that may", f"REVOKE {other} FROM {role};"
            )
        if owned:
            advice = " ".join(f"ALTER TABLE {thing} OWNER TO …;" for thing in owned)
            yield Finding("role-owner", role, f"owns {', '.join(owned)}, and may change what guards it", advice)


def judge_logins(look: Look, others: Sequence[Other]) -> Iterator[Finding]:
    """Roles that log in: members of both, and by themselves nobody."""
    holding = [each.bare for each in others if each.holds]
    names = {"ours": list(TABLES), "others": holding, "tenant": TENANT, "operator": OPERATOR}
    logins = list(look.execute(_LOGINS, names))
    # As `tenantstore db up` makes one.
    fit = [role for role, *faults in logins if not any(faults)]
    make = f"CREATE ROLE app LOGIN NOINHERIT; GRANT {TENANT}, {OPERATOR} TO app;"
    for role, exempt, owned, inherited, beyond, lacking in logins:
        if "superuser" in exempt:
            yield Finding(
                "login-superuser",
                role,
                _EXEMPT["superuser"][0],
                "Run this as the role that the service logs in with. If that is the one: "
                f"{f'let it log in as {fit[0]}, who is there.' if fit else make}",
            )
            continue
        for what in exempt:
            problem, without = _EXEMPT[what]
            yield Finding(f"login-{what}", role, problem, f"ALTER ROLE {role} {without};")
        if owned:
            problem = f"owns {', '.join(owned)}, and may change what guards it"
            yield Finding("login-owner", role, problem, "Let services log in as another role.")
        for other in inherited:
            yield Finding(
                "login-inherits",
                role,
                f"may do what {other} may without entering a scope",
                f"ALTER ROLE {role} NOINHERIT; from PostgreSQL 16 on also GRANT {other} TO {role} WITH INHERIT FALSE;",
            )
        for other in beyond:
            yield Finding(
                "login-becomes", role, f"may become {other}, whom no policy stops", f"REVOKE {other} FROM {role};"
            )
        for other in lacking:
            yield Finding("login-not-member", role, f"may not become {other}", f"GRANT {other} TO {role};")
