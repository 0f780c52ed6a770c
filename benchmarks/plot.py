"""The figures as a picture: a panel a row, a bar a thing, what has a target in another colour, its ratios below.

SVG by matplotlib, without a date and with its text as text, so that two runs differ by their figures alone.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.frame import Measured
from benchmarks.report import busy, said, spread, verdict

_OURS, _OTHERS, _BAR_INCHES = "#1f6feb", "#b8c0cc", 0.27


def write(path: Path, machine: dict[str, str], rows: Sequence[Measured]) -> None:
    """Draw the rows one below the other."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tenantstore", "font.size": 9})
    heights = [_BAR_INCHES * (len(row.medians) + 1.2 * len(_targets(row)) + 2.5) for row in rows]
    figure = Figure(figsize=(10, sum(heights) + 0.8), layout="constrained")
    panels = figure.subplots(len(rows), 1, squeeze=False, height_ratios=heights)
    for axes, row in zip(panels[:, 0], rows, strict=True):
        _panel(axes, row)
    shown = ("processor", "cores", "python", "postgresql", "psycopg", "load before")
    figure.suptitle("\n".join(_wrapped([f"{name} {machine[name]}" for name in shown if name in machine])), fontsize=8)
    figure.savefig(path, format="svg", metadata={"Date": None})


def _panel(axes: Axes, row: Measured) -> None:
    names, values = list(row.medians), list(row.medians.values())
    # What is asked to be many times as fast stands below, unless the unit itself is a speed.
    below = "/s" not in row.unit
    ours = {r.under if below and r.at_least is not None else r.over for r in row.ratios if r.met is not None}
    bars = axes.barh(names, values, color=[_OURS if name in ours else _OTHERS for name in names])
    axes.bar_label(bars, [f"{value:,.{2 if value < 10 else 0}f}" for value in values], padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.set_title(f"{row.title}, {row.unit}{', BUSY' * busy(row)}", loc="left", fontsize=10, fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("\n".join(_targets(row)), loc="left", fontsize=8)


def _targets(row: Measured) -> list[str]:
    return [f"{verdict(ratio)}: {spread(ratio)} = {said(ratio)}" for ratio in row.ratios if ratio.met is not None]


def _wrapped(parts: list[str]) -> list[str]:
    return [", ".join(parts[:3]), ", ".join(parts[3:])]
