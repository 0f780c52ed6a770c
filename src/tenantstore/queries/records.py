"""Rows into records.

A frozen dataclass's own constructor sets each field through ``object.__setattr__``: on 27 fields CPython 3.11 needs
2.6 µs for it, against 0.4 µs for a mutable slotted class. So a row fills a twin, a subclass whose slots can be set,
which is then given the frozen class. Equality, hash and repr are those of the record, since it is one.
"""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

_UNFROZEN = {name: getattr(object, name) for name in ("__init__", "__setattr__", "__delattr__")}


def fields_of(record: type) -> tuple[str, ...]:
    """The record's field names in order; none for a plain type, which stands for one column of any name."""
    return tuple(f.name for f in dataclasses.fields(record)) if dataclasses.is_dataclass(record) else ()


@cache
def maker(record: type) -> Callable[[Sequence[Any]], Any]:
    """A function from a row to a record, or from a row of one column to its value for a plain type."""
    if not dataclasses.is_dataclass(record):
        return _first
    if not _has_twin(record):
        return lambda row: record(*row)
    names = fields_of(record)
    # Of a subclass that adds no slot, CPython sees at once that its objects may change class: 0.05 µs less for each.
    twin = type(record.__name__, (record,), {"__slots__": (), **_UNFROZEN})
    targets = ", ".join(f"self.{name}" for name in names) + "," * (len(names) == 1)
    code = f"def make(row):\n self = twin()\n {targets} = row\n self.__class__ = record\n return self"
    scope: dict[str, Any] = {"twin": twin, "record": record}
    exec(code, scope)  # noqa: S102  the names are identifiers: they are a dataclass's fields
    make: Callable[[Sequence[Any]], Any] = scope["make"]
    return make


def _first(row: Sequence[Any]) -> Any:
    return row[0]


def _has_twin(record: type) -> bool:
    """Whether filling slots is all that the record's constructor does."""
    slots = record.__dict__.get("__slots__")
    return (
        record.__bases__ == (object,)
        and isinstance(slots, tuple)
        and slots == fields_of(record)
        and all(f.init for f in dataclasses.fields(record))
        and not record.__dict__.keys() & {"__new__", "__post_init__", "__init_subclass__"}
    )
