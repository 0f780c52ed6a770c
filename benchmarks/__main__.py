"""``make bench``, or ``python -m benchmarks [ROW …]``: every row of the table, side by side on a server of its own.

``--quick`` takes a minute or two and is for looking. Only a whole run on a quiet machine is for ``benchmarks/results``.
"""

import argparse
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from benchmarks import bulk, crowd, decode, fleet, imports, lists, pages, records, report, scope, stream, union
from benchmarks.frame import QUICK, WHOLE, Measured, Row, Size, measured
from benchmarks.machine import beside, machine

ROWS: list[Row] = [
    row for module in (records, decode, scope, lists, union, pages, crowd, bulk, stream, imports) for row in module.ROWS
]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    if options.list:
        for row in ROWS:
            print(f"{row.name:<14} {row.title}")
        return 0
    # It needs matplotlib, and is to be missed now rather than after the run.
    plot = import_module("benchmarks.plot") if options.plot else None
    size, found, code = QUICK if options.quick else WHOLE, list[Measured](), 0
    try:
        with fleet.fleet() as dsn:
            made_on = {**machine(dsn), "run": "quick" if options.quick else "whole"}
            print("\n".join(f"{name}: {value}" for name, value in made_on.items()), flush=True)
            for row in ROWS:
                if not options.rows or row.name in options.rows:
                    code |= not _measure(row, dsn, size, found)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    if not found:
        return code
    if crowded := [row.name for row in found if report.busy(row)]:
        made_on["busy during"] = ", ".join(crowded)
        print(f"\nThe machine was busy with something else during {made_on['busy during']}: for looking only.")
    if options.json:
        options.json.write_text(report.to_json(made_on, found))
    if plot:
        plot.write(options.plot, made_on, found)
    return code


def _measure(row: Row, dsn: str, size: Size, found: list[Measured]) -> bool:
    """Measure a row and show it; False where that fails, which is shown and does not stop the others."""
    try:
        samples, went_on = beside(lambda: row.measure(dsn, size))
        found.append(replace(measured(row, samples), **went_on._asdict() if went_on else {}))
    except Exception:
        traceback.print_exc()
        print(f"\n{row.name}: FAILED, see above", flush=True)
        return False
    print("", *report.lines(found[-1]), sep="\n", flush=True)
    return True


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What this library costs, beside others.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows")
    parser.add_argument("--list", action="store_true", help="the rows that there are")
    parser.add_argument("--quick", action="store_true", help="a tenth of the turns, and a smaller fleet for the pages")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them there, as SVG")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.rows) - {row.name for row in ROWS}):
        parser.error(f"no such row: {', '.join(unknown)}; --list shows them")
    for path in (options.json, options.plot):
        if path and (path.is_dir() or not path.parent.is_dir()):
            parser.error(f"{path} cannot be written: it is a folder, or is in none")
    return options


if __name__ == "__main__":
    sys.exit(main())
