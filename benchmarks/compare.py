"""Which ratios have become worse: ``python -m benchmarks.compare NEW.json [COMMITTED.json] [--tolerance 0.15]``.

Ratios, never times: another machine has other times. One is worse when it is away from the committed one, on the bad
side, by more than the tolerance, 15 % unless told otherwise, and its better quartile is so too: what swings that far
within one run says nothing. A ratio that had a target and is measured no more is worse as well. The good side is what a
target says; without one, less of ours over another's is better.

Exit code 0 when nothing is worse, 1 when something is, 2 when the files are none that can be compared.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.frame import Measured, Ratio
from benchmarks.report import read

COMMITTED = Path(__file__).parent / "results" / "latest.json"
TOLERANCE = 0.15


def regressions(new: Sequence[Measured], old: Sequence[Measured], tolerance: float = TOLERANCE) -> Iterator[str]:
    """A line for each ratio that is worse; rows that are not in ``new`` were not asked for."""
    found = {row.name: {(each.over, each.under): each for each in row.ratios} for row in new}
    for row in old:
        for before in row.ratios if row.name in found else ():
            now = found[row.name].get((before.over, before.under))
            what = f"{row.name}: {before.over} / {before.under}"
            if now is None:
                if before.met is not None:
                    yield f"{what} was {before.value:.2f} and is not measured any more"
            elif is_worse(now, before, tolerance):
                change = now.value / before.value - 1
                yield f"{what} was {before.value:.2f} and is {now.value:.2f} ({change:+.0%}, tolerance {tolerance:.0%})"


def is_worse(now: Ratio, before: Ratio, tolerance: float) -> bool:
    """Whether it is beyond the tolerance on the bad side, with its better quartile."""
    if before.at_least is not None:
        return max(now.value, now.quartiles[1]) < before.value * (1 - tolerance)
    return min(now.value, now.quartiles[0]) > before.value * (1 + tolerance)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__.partition("\n")[0])
    parser.add_argument("new", type=Path, help="what `python -m benchmarks --json` wrote")
    parser.add_argument("committed", type=Path, nargs="?", default=COMMITTED, help="default: %(default)s")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="how much worse is no news (%(default)s)")
    options = parser.parse_args(arguments)
    if not options.tolerance >= 0:
        parser.error(f"a tolerance is not negative: {options.tolerance}")
    try:
        (made_on, new), (_, old) = read(options.new), read(options.committed)
    except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
        print(f"cannot compare: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    if "busy during" in made_on:
        print(f"the machine was busy with something else during {made_on['busy during']}", file=sys.stderr)
    shared = {row.name for row in new} & {row.name for row in old}
    if not shared:
        print("cannot compare: no row is in both files", file=sys.stderr)
        return 2
    worse = list(regressions(new, old, options.tolerance))
    for line in worse:
        print(line)
    print(f"{len(worse)} worse in {len(shared)} rows")
    return int(bool(worse))


if __name__ == "__main__":
    sys.exit(main())
