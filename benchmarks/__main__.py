"""``make bench``, or ``python -m benchmarks [ROW …]``: every row of the table, side by side on a server of its own.

``--quick`` takes a minute or two and is for looking. Only a whole run on a quiet machine is for ``benchmarks/results``.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import bulk, crowd, decode, fleet, imports, lists, pages, plot, records, report, scope, stream, union
from benchmarks.frame import QUICK, WHOLE, Row, measured
from benchmarks.machine import machine

ROWS: list[Row] = [
    row for module in (records, decode, scope, lists, union, pages, crowd, bulk, stream, imports) for row in module.ROWS
]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    if options.list:
        for row in ROWS:
            print(f"{row.name:<14} {row.title}")
        return 0
    unknown = set(options.rows) - {row.name for row in ROWS}
    if unknown:
        print(f"no such row: {', '.join(sorted(unknown))}; --list shows them", file=sys.stderr)
        return 2
    found = []
    with fleet.fleet() as dsn:
        made_on = {**machine(dsn), "run": "quick" if options.quick else "whole"}
        print("\n".join(f"{name}: {value}" for name, value in made_on.items()), flush=True)
        for row in ROWS:
            if not options.rows or row.name in options.rows:
                found.append(measured(row, row.measure(dsn, QUICK if options.quick else WHOLE)))
                print("", *report.lines(found[-1]), sep="\n", flush=True)
    if options.json:
        options.json.write_text(report.to_json(made_on, found))
    if options.plot:
        plot.write(options.plot, made_on, found)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What this library costs, beside others.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help="only these rows")
    parser.add_argument("--list", action="store_true", help="the rows that there are")
    parser.add_argument("--quick", action="store_true", help="a tenth of the turns, and a smaller fleet for the pages")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them there, as SVG")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
