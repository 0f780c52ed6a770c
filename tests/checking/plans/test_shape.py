"""What of the server's plan is kept: the same steps give the same text, whatever month, value or number they carry."""

from typing import Any

import pytest

from tenantstore.checking.plans.shape import Shorthand, shape

SHORTHAND = Shorthand(
    {
        "logs_2026_10": "logs",
        "logs_2026_11": "logs",
        "logs_2026_10_at_idx": "logs_at_idx",
        "logs_2026_11_at_idx": "logs_at_idx",
    },
    {
        "$1": ":device_id",
        "'6f1e'": ":device_id",
        "$2": ":since",
        "'2026-10-01 00:00:00+00'": ":since",
        "4711": ":number",
        "(NULLIF(current_setting('me'::text, true), ''::text))::uuid": "me()",
    },
)


def scan(month: str, number: int, condition: str) -> dict[str, Any]:
    """A partition's scan, with a sub-plan, as EXPLAIN gives it."""
    below = {
        "Node Type": "Seq Scan",
        "Relation Name": "kinds",
        "Alias": f"k_{number}",
        "Subplan Name": f"SubPlan {number}",
    }
    names = {"Relation Name": f"logs_{month}", "Alias": f"l_{number}", "Index Name": f"logs_{month}_at_idx"}
    return {"Node Type": "Index Scan", "Scan Direction": "Forward", **names, "Index Cond": condition, "Plans": [below]}


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "partitions": (
        {"Node Type": "Append", "Plans": [scan("2026_10", 1, "(at > l_1.at)"), scan("2026_11", 2, "(at > l_2.at)")]},
        """\
Append
  Index Scan using logs_at_idx on logs l
      by (at > l.at)
    SubPlan:
      Seq Scan on kinds k""",
    ),
    "partitions in order": (
        {"Node Type": "Merge Append", "Plans": [scan("2026_10", 1, "(at > 1)"), scan("2026_11", 2, "(at > 1)")]},
        """\
Merge Append
  Index Scan using logs_at_idx on logs l
      by (at > 1)
    SubPlan:
      Seq Scan on kinds k""",
    ),
    "members that differ": (
        {"Node Type": "Append", "Plans": [scan("2026_10", 1, "(at > 1)"), {"Node Type": "Result"}]},
        """\
Append
  Index Scan using logs_at_idx on logs l
      by (at > 1)
    SubPlan:
      Seq Scan on kinds k
  Result""",
    ),
    "joins": (
        {
            "Node Type": "Hash Join",
            "Join Type": "Left",
            "Plans": [
                {"Node Type": "Nested Loop", "Join Type": "Inner"},
                {"Node Type": "Merge Join", "Join Type": "Anti"},
                {"Node Type": "Nested Loop", "Join Type": "Semi"},
            ],
        },
        """\
Hash Left Join
  Nested Loop
  Merge Anti Join
  Nested Loop Semi Join""",
    ),
    "a write": (
        {
            "Node Type": "ModifyTable",
            "Operation": "Update",
            "Relation Name": "logs",
            "Alias": "logs",
            "Plans": [
                {"Node Type": "CTE Scan", "CTE Name": "page", "Alias": "p_1"},
                {"Node Type": "Aggregate", "Strategy": "Hashed", "Subplan Name": "CTE page"},
                {"Node Type": "Aggregate", "Strategy": "Plain", "Subplan Name": "InitPlan 2 (returns $1)"},
                {"Node Type": "Bitmap Heap Scan", "Relation Name": "kinds", "Alias": "k"},
                {
                    "Node Type": "Bitmap Index Scan",
                    "Index Name": "kinds_pkey",
                    "Index Cond": "(id = (InitPlan 2).col1)",
                },
                {"Node Type": "Function Scan", "Function Name": "generate_series", "Alias": "n"},
                {"Node Type": "Index Only Scan", "Scan Direction": "Backward", "Index Name": "i", "Relation Name": "t"},
            ],
        },
        """\
Update on logs
  CTE Scan on page p
  CTE page:
    HashAggregate
  InitPlan:
    Aggregate
  Bitmap Heap Scan on kinds k
  Bitmap Index Scan on kinds_pkey
      by (id = (InitPlan).col1)
  Function Scan on generate_series n
  Index Only Scan Backward using i on t""",
    ),
}
CONDITIONS = {
    "(id = $1)": "(id = :device_id)",
    "(id = '6f1e'::uuid)": "(id = :device_id)",
    "((id = '6f1e'::uuid) AND (at >= '2026-10-01 00:00:00+00'::timestamp with time zone) AND (n = 4711))": (
        "((id = :device_id) AND (at >= :since) AND (n = :number))"
    ),
    "(id = ANY ('{6f1e}'::uuid[]))": "(id = ANY ('{6f1e}'::uuid[]))",
    "(id = $12)": "(id = $12)",
    "(n = 14711)": "(n = 14711)",
    "(owner = (NULLIF(current_setting('me'::text, true), ''::text))::uuid)": "(owner = me())",
    "((d_2.id = $0) AND (x = 'd_2'::text))": "((d.id = $0) AND (x = 'd_2'::text))",
}


@pytest.mark.parametrize(("plan", "text"), CASES.values(), ids=CASES)
def test_a_plan_is_told_by_its_shape(plan: dict[str, Any], text: str) -> None:
    assert "\n".join(shape(plan, SHORTHAND).lines()) == text


@pytest.mark.parametrize(("condition", "told"), CONDITIONS.items())
def test_a_condition_is_told_by_names(condition: str, told: str) -> None:
    assert SHORTHAND.condition(condition) == told
