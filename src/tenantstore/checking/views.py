"""Views that read a customer's rows: as whoever asks, but for those of the model."""

import re
from collections.abc import Iterator, Sequence

from tenantstore.checking.finding import Finding, Look
from tenantstore.checking.model import OPERATOR, TABLES, VIEWS, View
from tenantstore.checking.others import Other
from tenantstore.checking.texts import plain

# Also views of views, and in whatever schema they are.
_VIEWS = """
WITH RECURSIVE reading AS (
    SELECT c.oid
    FROM pg_class AS c
    WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relname = ANY (%s)
    UNION
    SELECT w.ev_class
    FROM reading AS r
    INNER JOIN pg_depend AS d
        ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.classid = 'pg_rewrite'::regclass
    INNER JOIN pg_rewrite AS w ON w.oid = d.objid
)

SELECT
    c.oid::regclass::text,
    c.relkind = 'm',
    c.relowner::regrole::text,
    coalesce(o.invoker, false),
    coalesce(o.barrier, false),
    pg_get_viewdef(c.oid, true)
FROM pg_class AS c
CROSS JOIN LATERAL (
    SELECT
        bool_or(t.option_value::boolean) FILTER (WHERE t.option_name = 'security_invoker') AS invoker,
        bool_or(t.option_value::boolean) FILTER (WHERE t.option_name = 'security_barrier') AS barrier
    FROM pg_options_to_table(c.reloptions) AS t
    WHERE t.option_name IN ('security_invoker', 'security_barrier')
) AS o
WHERE c.oid IN (SELECT r.oid FROM reading AS r) AND c.relkind IN ('v', 'm')
ORDER BY 1
"""


def judge(look: Look, others: Sequence[Other]) -> Iterator[Finding]:
    """Every view over tables that hold what is a customer's."""
    holding = [*TABLES, *(each.bare for each in others if each.holds)]
    missing = set(VIEWS)
    for name, materialized, owner, invoker, barrier, text in look.execute(_VIEWS, (holding,)):
        if name in VIEWS:
            missing.remove(name)
            yield from _judge_ours(name, VIEWS[name], owner, barrier, plain(text))
        elif materialized:
            yield Finding(
                "view-materialized",
                name,
                "is a copy of customers' rows, and a copy has no policies",
                f"DROP MATERIALIZED VIEW {name}; or a table with policies of its own in its place.",
            )
        elif not invoker:
            yield Finding(
                "view-definer",
                name,
                f"reads as {owner}, not as who asks",
                f"ALTER VIEW {name} SET (security_invoker = true);",
            )
    for name in sorted(missing):
        yield Finding("view-missing", name, "is not there", "tenantstore migrate status says what is applied.")


def _judge_ours(name: str, view: View, owner: str, barrier: bool, text: str) -> Iterator[Finding]:
    if owner != OPERATOR:
        yield Finding(
            "view-owner",
            name,
            f"belongs to {owner} and reads as that",
            f"ALTER VIEW {name} OWNER TO {OPERATOR};",
        )
    if not barrier:
        yield Finding(
            "view-barrier",
            name,
            "is no security barrier: a condition of the caller's may run on rows that are not theirs",
            f"ALTER VIEW {name} SET (security_barrier = true);",
        )
    if _unprefixed(text) != _unprefixed(view.text):
        yield Finding(
            "view-differs",
            name,
            f"is ({text}), the model says ({view.text})",
            f"CREATE OR REPLACE VIEW {name} WITH (security_barrier) AS {view.text};",
        )


def _unprefixed(text: str) -> str:
    """Before 16 a column is printed with its table, also where there is only one."""
    return re.sub(r"\bc\.", "", text)
