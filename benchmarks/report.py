"""What is made of figures: a table for the terminal, JSON for machines."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.frame import Measured, Ratio
from benchmarks.machine import BUSY


def lines(row: Measured) -> Iterator[str]:
    """A row as text: the medians, then the ratios, those with a target first and marked."""
    yield f"{row.name}: {row.title}"
    width = max(map(len, row.medians))
    for name, value in row.medians.items():
        yield f"  {name:<{width}}  {value:>12,.{2 if value < 10 else 1}f} {row.unit}"
    for ratio in row.ratios:
        yield f"  {verdict(ratio):<6}  {spread(ratio):<22}  {said(ratio)}"
    if row.note:
        yield f"  {row.note}"
    if row.others is not None:
        yield f"  Others used {row.others:.0%} of the processors, {row.stolen:.0%} were stolen{', BUSY' * busy(row)}."


def busy(row: Measured) -> bool:
    """Whether so much went on beside it that its figures are for looking only."""
    return max(row.others or 0, row.stolen or 0) >= BUSY


def verdict(ratio: Ratio) -> str:
    return {None: "", True: "met", False: "MISSED"}[ratio.met]


def spread(ratio: Ratio) -> str:
    """The ratio with its quartiles."""
    return f"{ratio.value:.2f} ({ratio.quartiles[0]:.2f} to {ratio.quartiles[1]:.2f})"


def said(ratio: Ratio) -> str:
    """``a / b``, and what is asked of it."""
    asked = f"  ≤ {ratio.at_most:g}" if ratio.at_most is not None else ""
    asked = f"  ≥ {ratio.at_least:g}" if ratio.at_least is not None else asked
    return f"{ratio.over} / {ratio.under}{asked}"


def to_json(machine: dict[str, str], rows: Sequence[Measured]) -> str:
    document = {"machine": machine, "rows": [{**asdict(row), "ratios": list(map(_ratio, row.ratios))} for row in rows]}
    return json.dumps(document, indent=1, ensure_ascii=False, default=list) + "\n"


def _ratio(ratio: Ratio) -> dict[str, Any]:
    shown = {**asdict(ratio), "value": round(ratio.value, 3), "quartiles": [round(each, 3) for each in ratio.quartiles]}
    return {**{name: value for name, value in shown.items() if value is not None}, "met": ratio.met}


def read(path: Path) -> tuple[dict[str, str], list[Measured]]:
    """What :func:`to_json` wrote: the machine, the rows."""
    document = json.loads(path.read_text())
    return document["machine"], [_measured(row) for row in document["rows"]]


def _measured(row: dict[str, Any]) -> Measured:
    ratios = [
        Ratio(**{**{k: v for k, v in each.items() if k != "met"}, "quartiles": tuple(each["quartiles"])})
        for each in row["ratios"]
    ]
    return Measured(**{**row, "ratios": ratios})
