"""How things are compared: what is compared takes turns in one run, and a ratio is taken turn by turn.

So the machine's moods fall on each alike. The figure of a thing is the median of its samples; the ratio of two things
is the median of the ratios of their samples, turn by turn, with the quartiles beside it.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any

#: One sample a turn, by the name of what was measured.
Samples = Mapping[str, Sequence[float]]
Calls = Mapping[str, Callable[[], Any]]


@dataclass(frozen=True)
class Target:
    """``over`` / ``under`` is to be at most, or at least, so much."""

    over: str
    under: str
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Size:
    """How long it may take. ``turns`` of a call that takes milliseconds; the others are in proportion."""

    turns: int
    quick: bool

    def of(self, whole: int, quick: int) -> int:
        return quick if self.quick else whole


WHOLE = Size(turns=150, quick=False)
QUICK = Size(turns=15, quick=True)


@dataclass(frozen=True)
class Row:
    """A row of the table: what is compared, in which unit, by what, and what it is to come to.

    ``measure`` is given the DSN of the superuser on a server with the fleet of :mod:`benchmarks.fleet`. Where ``ours``
    is named, the ratio of it to each other is shown.
    """

    name: str
    title: str
    unit: str
    measure: Callable[[str, Size], Samples]
    targets: Sequence[Target] = ()
    ours: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Ratio:
    """What a ratio came to: its median, its quartiles, what was asked of it."""

    over: str
    under: str
    value: float
    quartiles: tuple[float, float]
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it is what it is to be; None where nothing is asked."""
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None


@dataclass(frozen=True)
class Measured:
    """A row with its figures, and the shares of the processors that others used and that the host had stolen then."""

    name: str
    title: str
    unit: str
    note: str
    medians: dict[str, float] = field(default_factory=dict)
    ratios: list[Ratio] = field(default_factory=list)
    others: float | None = None
    stolen: float | None = None


def measured(row: Row, samples: Samples) -> Measured:
    """The medians, the ratios that are asked for, and those of ``ours`` to all others."""
    asked = [(each.over, each.under, each.at_most, each.at_least) for each in row.targets]
    pairs = {(over, under) for over, under, *_ in asked}
    others = [(row.ours, name, None, None) for name in samples if row.ours and name != row.ours]
    wanted = asked + [each for each in others if (each[0], each[1]) not in pairs]
    ratios = [_ratio(samples, over, under, at_most, at_least) for over, under, at_most, at_least in wanted]
    medians = {name: median(each) for name, each in samples.items()}
    return Measured(row.name, row.title, row.unit, row.note, medians, ratios)


def _ratio(samples: Samples, over: str, under: str, at_most: float | None, at_least: float | None) -> Ratio:
    turns = [one / other for one, other in zip(samples[over], samples[under], strict=True)]
    low, _, high = quantiles(turns, n=4) if len(turns) > 1 else turns * 3
    return Ratio(over, under, median(turns), (low, high), at_most, at_least)


def take_turns(calls: Calls, turns: int, warm_up: int = 8) -> dict[str, list[float]]:
    """The time of each call in each turn, in µs. Who follows whom changes from turn to turn, the same in each run.

    Each runs once unmeasured before it is measured: what is compared is not who finds the caches that another left.
    """
    for call in calls.values():
        for _ in range(warm_up):
            call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    with _settled():
        for turn in range(turns):
            for name in Random(turn).sample(names, len(names)):  # noqa: S311  an order, no secret
                call = calls[name]
                call()
                begun = perf_counter_ns()
                result = call()
                times[name].append((perf_counter_ns() - begun) / 1000)
                # Whoever made it does not pay for what the next one's garbage collection would look through.
                del result
    return times


@contextmanager
def _settled() -> Iterator[None]:
    """The collector runs, as in a service, but does not go through all that was imported."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def same(calls: Calls, plain: Callable[[Any], Any]) -> None:
    """:raises AssertionError: unless all calls give the same, as ``plain`` shows it."""
    found = {name: plain(call()) for name, call in calls.items()}
    first = next(iter(found.values()))
    different = [name for name, each in found.items() if each != first]
    assert not different, f"not the same as the first: {different}"
