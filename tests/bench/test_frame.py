"""The figures that are made of samples, and how they are shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.frame import Measured, Ratio, Row, Samples, Size, Target, measured, take_turns
from benchmarks.machine import beside

ROW = Row(
    "name",
    "a title",
    "µs",
    lambda _dsn, _size: {},
    [Target("ours", "bare", at_most=1.2), Target("slow", "ours", at_least=10)],
    ours="ours",
    note="A note.",
)
SAMPLES: Samples = {
    "ours": [1.0, 2.0, 30.0],
    "bare": [1.0, 1.0, 20.0],
    "slow": [10.0, 18.0, 270.0],
    "other": [4, 4, 60],
}
MEASURED = Measured(
    "name",
    "a title",
    "µs",
    "A note.",
    {"ours": 2.0, "bare": 1.0, "slow": 18.0, "other": 4.0},
    [
        # Turn by turn: what slowed one turn down falls on both.
        Ratio("ours", "bare", 1.5, (1.0, 2.0), at_most=1.2),
        Ratio("slow", "ours", 9.0, (9.0, 10.0), at_least=10),
        Ratio("ours", "slow", 2.0 / 18.0, (0.1, 30.0 / 270.0)),
        Ratio("ours", "other", 0.5, (0.25, 0.5)),
    ],
)


def test_a_ratio_is_the_median_of_those_of_the_turns() -> None:
    assert measured(ROW, SAMPLES) == MEASURED


def test_one_turn_is_its_own_quartiles() -> None:
    found = measured(ROW, {name: each[:1] for name, each in SAMPLES.items()})

    assert found.ratios[0] == Ratio("ours", "bare", 1.0, (1.0, 1.0), at_most=1.2)


def test_everybody_has_as_many_turns_and_follows_everybody() -> None:
    order: list[str] = []
    calls = {name: (lambda name=name: order.append(name)) for name in "abc"}
    times = take_turns(calls, turns=40, warm_up=1)
    turns = ["".join(order[n : n + 6]) for n in range(3, len(order), 6)]

    assert {name: len(each) for name, each in times.items()} == {"a": 40, "b": 40, "c": 40}
    # Unmeasured first, then measured.
    assert set(turns) == {"aabbcc", "aaccbb", "bbaacc", "bbccaa", "ccaabb", "ccbbaa"}


def test_a_row_is_shown_with_what_was_asked_of_it() -> None:
    assert list(report.lines(MEASURED)) == [
        "name: a title",
        "  ours           2.00 µs",
        "  bare           1.00 µs",
        "  slow           18.0 µs",
        "  other          4.00 µs",
        "  MISSED  1.50 (1.00 to 2.00)     ours / bare  ≤ 1.2",
        "  MISSED  9.00 (9.00 to 10.00)    slow / ours  ≥ 10",
        "          0.11 (0.10 to 0.11)     ours / slow",
        "          0.50 (0.25 to 0.50)     ours / other",
        "  A note.",
    ]


@pytest.mark.parametrize(
    ("others", "stolen", "said"),
    [
        (0.04, 0.0, "  Others used 4% of the processors, 0% were stolen."),
        (0.35, 0.0, "  Others used 35% of the processors, 0% were stolen, BUSY."),
        (0.0, 0.1, "  Others used 0% of the processors, 10% were stolen, BUSY."),
    ],
)
def test_a_row_says_what_went_on_beside_it(others: float, stolen: float, said: str) -> None:
    assert list(report.lines(replace(MEASURED, others=others, stolen=stolen)))[-1] == said


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="the kernel does not say what its processors do")
def test_what_goes_on_beside_a_measurement_is_looked_for_around_it() -> None:
    result, went_on = beside(lambda: "samples")

    assert result == "samples"
    assert went_on is not None
    assert [0 <= each <= 1 for each in went_on] == [True, True]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["lists", "nosuch"], "no such row: nosuch; --list shows them"),
        (["--json", "/nowhere/x"], "/nowhere/x cannot be written: it is a folder, or is in none"),
        (["--plot", "/"], "/ cannot be written: it is a folder, or is in none"),
    ],
)
def test_what_could_not_end_well_is_not_begun(
    capsys: pytest.CaptureFixture[str], arguments: list[str], why: str
) -> None:
    with pytest.raises(SystemExit, match=r"^2$"):
        main(arguments)

    assert capsys.readouterr().err.splitlines()[-1] == f"python -m benchmarks: error: {why}"


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(report.to_json({"cores": "2"}, [MEASURED]))
    machine, (row,) = report.read(path)
    rounded = [ratio.value for ratio in row.ratios]

    assert (machine, row.medians, rounded) == ({"cores": "2"}, MEASURED.medians, [1.5, 9.0, 0.111, 0.5])
    assert [ratio.met for ratio in row.ratios] == [False, False, None, None]


def test_a_quick_run_takes_less() -> None:
    assert [Size(turns=1, quick=quick).of(40, 6) for quick in (False, True)] == [40, 6]
