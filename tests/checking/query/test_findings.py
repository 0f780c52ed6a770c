"""Each kind of finding as it is shown: place, line, caret, the other half, what to do."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tenantstore.checking.query.check import check
from tests.checking.query.cases import CASES, CLAIMED, Case
from tests.checking.query.conftest import Checked, Service

RENDERED = Path(__file__).parent / "rendered"


def files(case: Case) -> dict[str, str]:
    return {"orders/list": f"-- Rows.\n-- scope: {case.scope}\n{case.sql};\n"}


@pytest.mark.parametrize("name", CASES)
def test_a_finding_is_shown(checked: Checked, name: str) -> None:
    report = checked(files(CASES[name]), CASES[name].python)

    assert "\n\n".join(map(str, report.findings)) + "\n" == (RENDERED / f"{name}.txt").read_text()


@pytest.mark.parametrize("case", CLAIMED.values(), ids=CLAIMED.keys())
def test_what_is_claimed_with_a_reason_is_no_finding(checked: Checked, case: Case) -> None:
    assert checked(files(case), case.python).findings == ()


def test_each_rendering_is_of_a_case() -> None:
    assert sorted(path.stem for path in RENDERED.iterdir()) == sorted(CASES)


def test_a_proof_that_fails_on_a_statement_says_so_and_the_others_go_on(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise KeyError("varno")

    monkeypatch.setattr("tenantstore.checking.query.gather.nullability.columns", lost)
    monkeypatch.setattr("tenantstore.checking.query.gather.tenancy.prove", lost)
    monkeypatch.setattr("tenantstore.checking.query.gather.tenancy.prove_policies", lost)
    case = CASES["tenant"]
    report = checked(files(case), case.python)

    assert {each.problem for each in report.findings if each.code == "unproven"} == {
        f"the proof of {proof} does not get through: KeyError: 'varno'"
        for proof in ("nulls", "the tenant", "the policies")
    }


def test_a_tree_that_cannot_be_read_is_told_and_the_check_goes_on(
    checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange(_: str) -> None:
        raise ValueError("more than one value")

    monkeypatch.setattr("tenantstore.checking.analysis.statement.read", strange)
    case = CASES["tenant"]
    report = checked(files(case), case.python)

    assert [(each.code, each.problem) for each in report.findings] == [
        ("unproven", "the analysis does not get through: ValueError: more than one value")
    ]


def test_without_a_model_a_query_of_a_tenant_is_not_proven(service: Service, with_types: str) -> None:
    case = CASES["tenant"]
    of_a_model = service(files(case), case.python)
    report = check(replace(of_a_model, model=None), with_types)

    assert [(each.code, each.problem) for each in report.findings] == [
        ("no-model", "there is no tenant model: nothing is proven of what queries of scope tenant reach")
    ]


def test_a_file_that_nothing_declares_is_found(checked: Checked) -> None:
    case = CASES["refused"]
    report = checked({**files(case), "orders/old": "-- scope: operator\nSELECT 1;\n"}, case.python)

    assert str(report.findings[-1]) == (
        "sql/orders/old.sql:1:1: unused-file: no module declares it\n"
        "  1 | -- scope: operator\n"
        "    | ^\n"
        "Declare it, or delete it."
    )


def test_a_file_that_is_declared_twice_has_what_is_wrong_with_its_text_once(checked: Checked) -> None:
    case = CASES["star"]
    report = checked(
        files(case),
        case.python + '\n\n_AGAIN = catalog.many(Row, "orders/list")\n\n\ndef again():\n    return _AGAIN()\n',
    )

    assert [each.code for each in report.findings] == ["star"]


def test_a_catalog_a_module_and_its_name_are_ways_to_say_the_same(service: Service, with_types: str) -> None:
    case = CASES["star"]
    by_catalog = service(files(case), case.python)
    found = [
        check(replace(by_catalog, modules=(each,)), with_types).findings
        for each in (*by_catalog.modules, sys.modules["orders"], "orders")
    ]

    assert ([each.code for each in found[0]], found[1:]) == (["star"], [found[0], found[0]])
