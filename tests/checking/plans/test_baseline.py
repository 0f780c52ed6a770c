"""Baselines as files: what is written, and what of them is noticed when it changes."""

from dataclasses import replace
from pathlib import Path

import pytest

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.plans.baseline import compare, text_of, update
from tenantstore.checking.plans.planner import Plan
from tenantstore.checking.plans.shape import Step

UPDATE = "`tenantstore check --plans --update` writes it anew; review its diff."
SCAN = Step("Seq Scan", "notes", "", "", "", (), "n", "(id = :id)")
INDEX = Step("Index Scan", "notes", "notes_pkey", "(id = :id)", "", (), "n", "")
PLANS = [
    Plan("generic", "huge", Step("Sort", "", "", "", "", (INDEX,), "", "")),
    Plan("custom", "huge", SCAN),
    Plan("generic", "tiny", Step("Sort", "", "", "", "", (INDEX,), "", "")),
    Plan("custom", "tiny", INDEX),
]
TEXT = """\
PostgreSQL 18

# generic plan for huge and tiny
Sort
  Index Scan using notes_pkey on notes n
      by (id = :id)

# custom plan for huge
Seq Scan on notes n

# custom plan for tiny
Index Scan using notes_pkey on notes n
    by (id = :id)
"""


def test_a_baseline_has_each_different_plan_once() -> None:
    assert text_of(PLANS, 18) == TEXT


def test_what_was_written_compares_equal_also_with_another_systems_line_ends(tmp_path: Path) -> None:
    update(tmp_path, {"notes/get": TEXT})
    (tmp_path / "notes/get.plan").write_bytes(TEXT.replace("\n", "\r\n").encode())

    assert compare(tmp_path, {"notes/get": TEXT}) == {}


def test_update_touches_only_what_differs(tmp_path: Path) -> None:
    update(tmp_path, {"notes/get": TEXT, "notes/list": TEXT, "notes/gone": TEXT})
    touched = update(tmp_path, {"notes/get": TEXT, "notes/list": "other\n", "notes/new": TEXT})

    assert [path.relative_to(tmp_path).as_posix() for path in touched] == [
        "notes/list.plan",
        "notes/new.plan",
        "notes/gone.plan",
    ]
    assert compare(tmp_path, {"notes/get": TEXT, "notes/list": "other\n", "notes/new": TEXT}) == {}


def test_each_pair_of_plans_is_a_complaint_of_its_own(tmp_path: Path) -> None:
    update(tmp_path, {"notes/get": TEXT})
    now = [replace(PLANS[0], root=SCAN), PLANS[1], replace(PLANS[2], root=SCAN), replace(PLANS[3], root=SCAN)]
    path = tmp_path / "notes/get.plan"

    assert compare(tmp_path, {"notes/get": text_of(now, 18)}) == {
        "notes/get": [
            Complaint(
                "plan-changed",
                f"another generic plan for huge and tiny than in {path}",
                UPDATE,
                detail="""\
-Sort
-  Index Scan using notes_pkey on notes n
-      by (id = :id)
+Seq Scan on notes n""",
            ),
            Complaint(
                "plan-changed",
                f"another custom plan for tiny than in {path}",
                UPDATE,
                detail="""\
-Index Scan using notes_pkey on notes n
-    by (id = :id)
+Seq Scan on notes n""",
            ),
        ]
    }


def test_a_baseline_of_what_could_not_be_planned_is_left_alone(tmp_path: Path) -> None:
    update(tmp_path, {"notes/get": TEXT})

    assert (update(tmp_path, {}, ["notes/get"]), compare(tmp_path, {}, ["notes/get"])) == ([], {})


@pytest.mark.parametrize(
    ("there", "texts", "complaint"),
    [
        ({}, {"notes/get": TEXT}, Complaint("plan-new", "there is no baseline {}/notes/get.plan", UPDATE)),
        ({"notes/get": TEXT}, {}, Complaint("plan-stale", "{}/notes/get.plan is the baseline of no query", UPDATE)),
        (
            {"notes/get": TEXT.replace("18", "17")},
            {"notes/get": TEXT},
            Complaint("plan-changed", "{}/notes/get.plan says the same in other words", UPDATE),
        ),
    ],
    ids=["no baseline", "no query", "another head"],
)
def test_a_file_that_is_not_as_it_should_be(
    tmp_path: Path, there: dict[str, str], texts: dict[str, str], complaint: Complaint
) -> None:
    update(tmp_path, there)

    assert compare(tmp_path, texts) == {"notes/get": [replace(complaint, problem=complaint.problem.format(tmp_path))]}
