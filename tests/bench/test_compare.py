"""What the comparison of two runs flags, on results that were made up."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.compare import main
from benchmarks.frame import Measured, Ratio

Compare = Callable[[list[Measured], list[Measured]], int]

LISTS = Measured(
    "lists",
    "a list",
    "µs",
    "",
    {"ours": 120.0, "bare": 100.0, "other": 300.0, "many": 10.0},
    [
        Ratio("ours", "bare", 1.2, (1.1, 1.3), at_most=1.15),
        Ratio("ours", "other", 0.4, (0.38, 0.42)),
        Ratio("ours", "many", 12.0, (11.0, 13.0), at_least=10),
    ],
)
PAGES = replace(LISTS, name="pages")


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """The exit code for a new run beside an old one."""

    def compare(new: list[Measured], old: list[Measured]) -> int:
        for name, rows in (("new", new), ("old", old)):
            (tmp_path / name).write_text(report.to_json({"cores": "2"}, rows))
        return main([str(tmp_path / "new"), str(tmp_path / "old"), "--tolerance", "0.1"])

    return compare


def changed(over: str, under: str, value: float, spread: float = 0.02) -> Measured:
    """The list with another value for one of its ratios; others' figures are left."""
    ratios = [
        replace(each, value=value, quartiles=(value * (1 - spread), value * (1 + spread)))
        if (each.over, each.under) == (over, under)
        else each
        for each in LISTS.ratios
    ]
    return replace(LISTS, ratios=ratios)


CASES: dict[str, tuple[list[Measured], int, str]] = {
    "the same": ([LISTS], 0, "0 worse in 1 rows"),
    "a little worse": ([changed("ours", "bare", 1.3)], 0, "0 worse in 1 rows"),
    "better": ([changed("ours", "bare", 0.5)], 0, "0 worse in 1 rows"),
    "worse": (
        [changed("ours", "bare", 1.5)],
        1,
        "lists: ours / bare was 1.20 and is 1.50 (+25%, tolerance 10%)\n1 worse in 1 rows",
    ),
    "worse, and swinging": ([changed("ours", "bare", 1.5, spread=0.3)], 0, "0 worse in 1 rows"),
    "worse without a target": (
        [changed("ours", "other", 0.8)],
        1,
        "lists: ours / other was 0.40 and is 0.80 (+100%, tolerance 10%)\n1 worse in 1 rows",
    ),
    "less often as fast": (
        [changed("ours", "many", 9.0)],
        1,
        "lists: ours / many was 12.00 and is 9.00 (-25%, tolerance 10%)\n1 worse in 1 rows",
    ),
    "more often as fast": ([changed("ours", "many", 20.0)], 0, "0 worse in 1 rows"),
    "a target that is measured no more": (
        [replace(LISTS, ratios=LISTS.ratios[1:])],
        1,
        "lists: ours / bare was 1.20 and is not measured any more\n1 worse in 1 rows",
    ),
    "another that is measured no more": ([replace(LISTS, ratios=LISTS.ratios[::2])], 0, "0 worse in 1 rows"),
    "a row more": ([LISTS, PAGES], 0, "0 worse in 1 rows"),
}


@pytest.mark.parametrize("what", CASES)
def test_a_ratio_that_has_become_worse_is_said(compare: Compare, capsys: pytest.CaptureFixture[str], what: str) -> None:
    new, code, said = CASES[what]

    assert (compare(new, [LISTS]), capsys.readouterr().out) == (code, said + "\n")


def test_a_row_that_was_not_asked_for_is_not_missed(compare: Compare) -> None:
    assert compare([LISTS], [LISTS, PAGES]) == 0


def test_runs_that_have_nothing_in_common_cannot_be_compared(
    compare: Compare, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (compare([PAGES], [LISTS]), capsys.readouterr().err) == (2, "cannot compare: no row is in both files\n")


def test_a_run_beside_something_else_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "results.json"
    path.write_text(report.to_json({"busy during": "lists"}, [LISTS]))

    assert (main([str(path), str(path)]), capsys.readouterr().err) == (
        0,
        "the machine was busy with something else during lists\n",
    )


@pytest.mark.parametrize("tolerance", ["-0.1", "nan"])
def test_a_tolerance_is_not_negative(capsys: pytest.CaptureFixture[str], tolerance: str) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["new", "old", "--tolerance", tolerance])

    assert "error: a tolerance is not negative" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"machine": {}, "rows": [{}]}', '{"machine": {}, "rows": [1]}'])
def test_what_is_no_run_cannot_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "new").write_text(text)

    assert main([str(tmp_path / "new"), str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err.startswith("cannot compare: ")


def test_the_committed_results_are_as_good_as_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    committed = Path(__file__).parents[2] / "benchmarks" / "results" / "latest.json"

    assert main([str(committed)]) == 0
