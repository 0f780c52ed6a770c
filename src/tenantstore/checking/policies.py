"""The policies, one by one, against those that the model expects; a text that differs is a finding, wider or not."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import OPERATOR, PUBLIC, TABLES, TENANT, Policy
from tenantstore.checking.others import Other
from tenantstore.checking.texts import in_table, plain


class Written(NamedTuple):
    """A policy as the catalogs have it."""

    table: str
    name: str
    permissive: bool
    command: str
    roles: tuple[str, ...]
    using: str | None
    check: str | None


# On the model's tables and their partitions, and on whatever else is beside them.
_POLICIES = """
SELECT
    p.polrelid::regclass::text,
    quote_ident(p.polname),
    p.polpermissive,
    CASE p.polcmd
        WHEN 'r' THEN 'SELECT'
        WHEN 'a' THEN 'INSERT'
        WHEN 'w' THEN 'UPDATE'
        WHEN 'd' THEN 'DELETE'
        ELSE 'ALL'
    END,
    ARRAY(
        SELECT coalesce(quote_ident(r.rolname), 'PUBLIC')
        FROM unnest(p.polroles) AS o (oid)
        LEFT JOIN pg_roles AS r ON r.oid = o.oid
        ORDER BY 1
    ),
    pg_get_expr(p.polqual, p.polrelid, true),
    pg_get_expr(p.polwithcheck, p.polrelid, true)
FROM pg_policy AS p
INNER JOIN pg_class AS c ON c.oid = p.polrelid
LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid
WHERE
    c.relnamespace = quote_ident(current_schema())::regnamespace
    OR i.inhparent IN (
        SELECT k.oid FROM pg_class AS k WHERE k.relnamespace = quote_ident(current_schema())::regnamespace
    )
ORDER BY 1, 2
"""


# Those of which each half may depend on who asks: by a sub-query, whose tables have policies too, by a name or setting
# of the session, by a function of the service's own. What the server's other functions give is the same for everybody.
_ASKING = """
SELECT p.polrelid::regclass::text, quote_ident(p.polname)
FROM pg_policy AS p
CROSS JOIN LATERAL (
    SELECT
        h.tree::text ~ '[{](SUBLINK|SQLVALUEFUNCTION) ' OR EXISTS (
            SELECT
            FROM regexp_matches(h.tree::text, ':(?:op)?funcid (\\d+)', 'g') AS m (oids)
            INNER JOIN pg_proc AS f ON f.oid = m.oids[1]::oid
            WHERE f.oid >= 16384 OR f.provolatile <> 'i'
        ) AS asks
    FROM (VALUES (p.polqual), (p.polwithcheck)) AS h (tree)
    WHERE pg_get_expr(h.tree, p.polrelid) <> 'false'
) AS a
GROUP BY 1, 2
HAVING bool_and(a.asks)
"""


def judge(look: Look, others: Sequence[Other]) -> Iterator[Finding]:
    """What is missing, what is too much, what says something else."""
    rows = [
        Written(table, name, permissive, command, tuple(roles), using and plain(using), check and plain(check))
        for table, name, permissive, command, roles, using, check in look.execute(_POLICIES)
    ]
    found = {(row.table, row.name): row for row in rows}
    expected = {(row.table, row.name): row for row in _expected()}
    for key, want in expected.items():
        if key not in found:
            yield Finding(
                "policy-missing",
                want.table,
                f"has no policy {want.name}: {_reach(want)} is refused or left to others",
                _create(want),
            )
    known = set(TABLES)
    # Of what the service's own model knows, more is proven than that.
    holding = {each.name for each in others if each.holds and not each.owned}
    asking = set(look.execute(_ASKING))
    held = {
        (row.table, row.command)
        for key, row in found.items()
        if not row.permissive and key in asking and {TENANT, PUBLIC} & set(row.roles)
    }
    for key, row in found.items():
        wanted = expected.get(key)
        is_held = bool(held & {(row.table, row.command), (row.table, "ALL")})
        same = row.table in holding and key not in asking and not is_held
        verdict = _compare(row, wanted) if wanted else _unexpected(row, row.table in known, same)
        if verdict:
            code, problem = verdict
            drop = f"DROP POLICY {row.name} ON {row.table};"
            yield Finding(
                code, f"policy {row.name} on {row.table}", problem, f"{drop} {_create(wanted)}" if wanted else drop
            )


def _expected() -> Iterator[Written]:
    for name, table in TABLES.items():
        yield Written(name, f"{name}_operator", True, "ALL", (OPERATOR,), "true", "true")
        for command, policy in table.policies.items():
            using, check = _texts(policy, name)
            yield Written(name, f"{name}_tenant_{command.lower()}", True, command, (TENANT,), using, check)


def _texts(policy: Policy, table: str) -> tuple[str | None, str | None]:
    return policy.using and in_table(policy.using, table), policy.check and in_table(policy.check, table)


def _compare(row: Written, want: Written) -> tuple[str, str] | None:
    if row == want:
        return None
    if row.command == "ALL" != want.command:
        return "policy-for-all", f"is FOR ALL: whoever may see a row may change it; the model says FOR {want.command}"
    if row.roles != want.roles or row.command != want.command:
        return "policy-differs", f"is for {_reach(row)}, the model says for {_reach(want)}"
    if not row.permissive:
        return "policy-differs", "is restrictive: it allows nothing"
    if want.check and not row.check:
        return "policy-no-check", "has no WITH CHECK: which rows may be left behind is not said by itself"
    if "true" in (row.using, row.check) and "true" not in (want.using, want.check):
        return "policy-wide", "is true for every row"
    which, is_, should = (
        ("USING", row.using, want.using) if row.using != want.using else ("WITH CHECK", row.check, want.check)
    )
    return "policy-differs", f"says {which} {_bracketed(is_)}, the model says {_bracketed(should)}"


def _unexpected(row: Written, known: bool, same: bool) -> tuple[str, str] | None:
    """On a table of the model every policy more is one too many; on others those that are made for an accident.

    ``same``: on a table that holds customers' rows, it is the same whoever asks, and so is all that narrows it.
    """
    tenants = bool({TENANT, PUBLIC} & set(row.roles))
    if row.permissive and tenants and row.command == "ALL":
        return "policy-for-all", "is FOR ALL: whoever may see a row may change it"
    if known and row.permissive and "true" in (row.using, row.check):
        return "policy-wide", f"is not the model's, and true for every row, for {_reach(row)}"
    if known:
        return "policy-extra", f"is not the model's: it {'opens' if row.permissive else 'hides'} rows for {_reach(row)}"
    if same and tenants and row.permissive and {row.using, row.check} - {None, "false"}:
        return "policy-wide", f"lets every customer at the same rows, whosever they are, for {_reach(row)}"
    if tenants and row.command == "UPDATE" and row.check is None:
        return "policy-no-check", "has no WITH CHECK: which rows may be left behind is not said by itself"
    return None


def _reach(row: Written) -> str:
    return f"{row.command} by {', '.join(row.roles)}"


def _bracketed(text: str | None) -> str:
    return "nothing" if text is None else f"({text})"


def _create(want: Written) -> str:
    using = f" USING ({want.using})" if want.using else ""
    check = f" WITH CHECK ({want.check})" if want.check else ""
    return f"CREATE POLICY {want.name} ON {want.table} FOR {want.command} TO {', '.join(want.roles)}{using}{check};"
