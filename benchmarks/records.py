"""A row into a frozen record of 27 fields, beside the dataclass's own constructor and a mutable one."""

from collections.abc import Callable
from dataclasses import make_dataclass
from typing import Any

from benchmarks.frame import Row, Samples, Size, take_turns
from tenantstore.queries.records import maker

FIELDS = [f"field_{number}" for number in range(27)]
ROW = tuple(range(27))
CALLS = 1000
OURS, MUTABLE, FROZEN = "frozen, made from a row", "mutable, its constructor", "frozen, its constructor"


def measure(_dsn: str, size: Size) -> Samples:
    frozen: Any = make_dataclass("Frozen", FIELDS, frozen=True, slots=True)
    mutable: Any = make_dataclass("Mutable", FIELDS, slots=True)
    makers = {OURS: maker(frozen), MUTABLE: lambda row: mutable(*row), FROZEN: lambda row: frozen(*row)}
    times = take_turns({name: _often(make) for name, make in makers.items()}, size.turns)
    return {name: [each / CALLS for each in found] for name, found in times.items()}


def _often(make: Callable[[tuple[Any, ...]], Any]) -> Callable[[], Any]:
    def call() -> None:
        for _ in range(CALLS):
            make(ROW)

    return call


ROWS = [
    Row(
        "records",
        "a row of 27 values into a record with slots",
        "µs",
        measure,
        ours=OURS,
    )
]
