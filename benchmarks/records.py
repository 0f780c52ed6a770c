"""A row into a frozen record of 27 fields, beside the dataclass's own constructor and a mutable one."""

from collections.abc import Callable
from dataclasses import make_dataclass
from timeit import repeat
from typing import Any

from tenantstore.queries.records import maker

FIELDS = [f"field_{number}" for number in range(27)]
ROW = tuple(range(27))
CALLS = 20_000


def microseconds(make: Callable[[tuple[Any, ...]], Any]) -> float:
    """The best of many tries, since all else is the machine's noise."""
    return min(repeat(lambda: make(ROW), number=CALLS, repeat=15)) / CALLS * 1e6


def main() -> None:
    frozen: Any = make_dataclass("Frozen", FIELDS, frozen=True, slots=True)
    mutable: Any = make_dataclass("Mutable", FIELDS, slots=True)
    figures = {
        "mutable slotted, its constructor": microseconds(lambda row: mutable(*row)),
        "frozen slotted, its constructor": microseconds(lambda row: frozen(*row)),
        "frozen slotted, made from a row": microseconds(maker(frozen)),
    }
    ours = figures["frozen slotted, made from a row"]
    print("a row of 27 values into a record")
    for name, each in figures.items():
        print(f"  {name:<34} {each:5.2f} µs   ours / this = {ours / each:.2f}")


if __name__ == "__main__":
    main()
