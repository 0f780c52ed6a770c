"""What the database runs by itself: functions with more rights than their caller, triggers that guard, constraints."""

import re
from collections.abc import Iterator, Mapping

from tenantstore import resources
from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import (
    BODIES,
    CONSTRAINTS,
    FUNCTIONS,
    OPERATOR,
    OWNER,
    PUBLIC,
    TENANT,
    TRIGGERS,
    Function,
)
from tenantstore.checking.texts import in_table, plain

# The model's, and every SECURITY DEFINER function that no extension brought. A path is fixed where it ends in pg_temp:
# else the caller's temporary tables come first.
_FUNCTIONS = """
SELECT
    p.oid::regprocedure::text,
    p.prosecdef,
    p.proowner::regrole::text,
    o.rolsuper,
    p.proowner = (SELECT c.relowner FROM pg_class AS c WHERE c.oid = 'device_shares'::regclass),
    coalesce((SELECT bool_or(s ~ '^search_path=.*\\mpg_temp$') FROM unnest(p.proconfig) AS s), false),
    ARRAY(
        SELECT coalesce(quote_ident(r.rolname), 'PUBLIC')
        FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS g
        LEFT JOIN pg_roles AS r ON r.oid = g.grantee
        WHERE g.grantee <> p.proowner
        ORDER BY 1
    ),
    coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
FROM pg_proc AS p
INNER JOIN pg_roles AS o ON o.oid = p.proowner
INNER JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE
    (n.nspname = current_schema() AND p.oid::regprocedure::text = ANY (%s))
    OR (
        p.prosecdef
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        AND NOT EXISTS (
            SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        )
    )
ORDER BY 1
"""

# In a migration; one whose body is not between dollars must not run on into the next.
_BODY = re.compile(
    r"^CREATE (?:OR REPLACE )?FUNCTION (\w+)\((?:(?!^CREATE ).)*?^AS \$\$(.*?)\$\$", re.DOTALL | re.MULTILINE
)

_TRIGGERS = """
SELECT t.tgrelid::regclass::text, t.tgname, t.tgenabled, pg_get_triggerdef(t.oid, true)
FROM pg_trigger AS t
INNER JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND NOT t.tgisinternal
"""

# From 18 on a constraint can be there and not be enforced; its definition says so.
_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid, true)
FROM pg_constraint AS c
INNER JOIN pg_class AS t ON t.oid = c.conrelid
WHERE t.relnamespace = quote_ident(current_schema())::regnamespace
"""

_APPLIED = "tenantstore migrate status says what is applied."


def judge_functions(look: Look) -> Iterator[Finding]:
    """The model's as it says; others so that they can do no harm."""
    seen = set()
    bodies = _bodies()
    for name, definer, owner, superuser, owns_tables, fixed, executed_by, body in look.execute(
        _FUNCTIONS, (list(FUNCTIONS),)
    ):
        seen.add(name)
        of = f"function {name}"
        expected = FUNCTIONS.get(name)
        if definer and not fixed:
            yield Finding(
                "function-search-path",
                of,
                f"runs as {owner} and finds its tables by the caller's search_path",
                f"ALTER FUNCTION {name} SET search_path = …, pg_temp;",
            )
        if expected is None:
            yield from _judge_unknown(name, owner, superuser, executed_by)
            continue
        if plain(body) != bodies[name.partition("(")[0]]:
            yield Finding("function-differs", of, "does something else than the migrations say", _APPLIED)
        yield from _judge_rights(name, expected, owner if definer else None, owns_tables)
        for role in sorted(set(executed_by) - set(expected.executed_by)):
            yield Finding(
                "function-execute", of, f"{role} may call it", f"REVOKE EXECUTE ON FUNCTION {name} FROM {role};"
            )
        for role in sorted(set(expected.executed_by) - set(executed_by)):
            yield Finding(
                "function-execute", of, f"{role} may not call it", f"GRANT EXECUTE ON FUNCTION {name} TO {role};"
            )
    for name in sorted(FUNCTIONS.keys() - seen):
        yield Finding("function-missing", f"function {name}", "is not there", _APPLIED)


def _bodies() -> Mapping[str, str]:
    """What each function does, by name, as the newest migration has it."""
    bodies = {name.partition("(")[0]: body for name, body in BODIES.items()}
    for file in sorted(resources.folder("migrations").glob("*.up.sql")):
        bodies |= {name: plain(body) for name, body in _BODY.findall(file.read_text(encoding="utf-8"))}
    return bodies


def _judge_rights(name: str, expected: Function, runs_as: str | None, owns_tables: bool) -> Iterator[Finding]:
    if runs_as == expected.definer or (runs_as and expected.definer == OWNER and owns_tables):
        return
    if expected.definer is None:
        yield Finding(
            "function-rights",
            f"function {name}",
            f"runs as {runs_as}, the model says as its caller",
            f"ALTER FUNCTION {name} SECURITY INVOKER;",
        )
    else:
        yield Finding(
            "function-rights",
            f"function {name}",
            f"runs as {runs_as or 'its caller'}, the model says as {expected.definer}",
            f"ALTER FUNCTION {name} SECURITY DEFINER; ALTER FUNCTION {name} OWNER TO "
            f"{'…' if expected.definer == OWNER else expected.definer};",
        )


def _judge_unknown(name: str, owner: str, superuser: bool, executed_by: list[str]) -> Iterator[Finding]:
    if superuser:
        yield Finding(
            "function-superuser",
            f"function {name}",
            f"runs as {owner}, a superuser, to whom no policy applies",
            f"ALTER FUNCTION {name} OWNER TO {OPERATOR}; or SECURITY INVOKER",
        )
    for role in sorted({PUBLIC, TENANT} & set(executed_by)):
        yield Finding(
            "function-execute",
            f"function {name}",
            f"{role} may call it, it runs as {owner}, and the model does not know it",
            f"REVOKE EXECUTE ON FUNCTION {name} FROM {role};",
        )


def judge_triggers(look: Look) -> Iterator[Finding]:
    """Those that guard, and those that keep what policies read."""
    found = {(table, name): (enabled, plain(text)) for table, name, enabled, text in look.execute(_TRIGGERS)}
    for (table, name), rest in TRIGGERS.items():
        text = f"CREATE TRIGGER {name} {in_table(rest, table)}"
        of = f"trigger {name} on {table}"
        enabled, is_ = found.get((table, name), (None, ""))
        if enabled is None:
            yield Finding("trigger-missing", of, "is not there", f"{text};")
        elif is_ != text:
            yield Finding("trigger-differs", of, f"is {is_}", f"DROP TRIGGER {name} ON {table}; {text};")
        elif enabled not in ("O", "A"):
            yield Finding("trigger-disabled", of, "does not fire", f"ALTER TABLE {table} ENABLE TRIGGER {name};")


def judge_constraints(look: Look) -> Iterator[Finding]:
    """Those that stop a row of one customer from naming another's. Whether old rows were looked at is no matter."""
    found = {(table, name): plain(text) for table, name, text in look.execute(_CONSTRAINTS)}
    for (table, name), text in CONSTRAINTS.items():
        of = f"constraint {name} on {table}"
        add = f"ALTER TABLE {table} ADD CONSTRAINT {name} {text.removesuffix(' NOT VALID')} NOT VALID;"
        is_ = found.get((table, name))
        if is_ is None:
            yield Finding("constraint-missing", of, "is not there", add)
        elif is_.removesuffix(" NOT VALID") != text.removesuffix(" NOT VALID"):
            yield Finding("constraint-differs", of, f"is {is_}", f"ALTER TABLE {table} DROP CONSTRAINT {name}; {add}")
