"""What a test's stores ran: which queries, how often, in how many round trips, and from where.

A :class:`Recorder` is an observer of stores. The fixture ``ts_queries`` is one, on every store that the plugin opens;
``Store.open(dsn, observer=ts_queries)`` adds another store to it.
"""

import sys
from collections import Counter
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from tenantstore.observe import Event, StatementRan, TransactionEnded

# Between the caller and the recorder there are only these.
_BETWEEN = {"tenantstore", "psycopg", "psycopg_pool", "contextlib", "asyncio"}


class Place(NamedTuple):
    """A line of the caller's."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        path = Path(self.file)
        near = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        return f"{near}:{self.line} in {self.function}"


class Ran(NamedTuple):
    """A statement that a store ran, and the line that had it run; for a stream, the one that ended it."""

    event: StatementRan
    place: Place


class Recorder:
    """Keeps what it is told. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._statements: list[Ran] = []
        self._ends: list[TransactionEnded] = []
        # How many of each are forgotten. They stay in the lists, so that a budget still counts what came before.
        self._forgotten = 0, 0
        self._unused: set[Budget] = set()

    def __call__(self, event: Event, /) -> None:
        """Take an event, as an observer does."""
        if isinstance(event, StatementRan):
            ran = Ran(event, _place())
            with self._lock:
                self._statements.append(ran)
        elif isinstance(event, TransactionEnded):
            with self._lock:
                self._ends.append(event)

    @property
    def statements(self) -> list[Ran]:
        """All that ran, in the order in which they ended."""
        with self._lock:
            return self._statements[self._forgotten[0] :]

    @property
    def names(self) -> list[str]:
        """The queries' names, in that order, each as often as it ran."""
        return [ran.event.query for ran in self.statements]

    @property
    def counts(self) -> Counter[str]:
        """How often each query ran, by name."""
        return Counter(self.names)

    @property
    def round_trips(self) -> int:
        """How often the stores went to the server and back, with those that begin and end transactions."""
        with self._lock:
            return _count_round_trips(self._statements[self._forgotten[0] :], self._ends[self._forgotten[1] :])

    @property
    def lengths(self) -> tuple[int, int]:
        """How many statements, and ends of transactions, there were, also those that are forgotten."""
        with self._lock:
            return len(self._statements), len(self._ends)

    def since(self, statements: int, ends: int) -> tuple[list[Ran], list[TransactionEnded]]:
        """What came after so many of each."""
        with self._lock:
            return self._statements[statements:], self._ends[ends:]

    def clear(self) -> None:
        """Forget everything so far."""
        self._forgotten = self.lengths

    def at_most(self, statements: int, *, round_trips: int | None = None) -> "Budget":
        """A budget for a ``with`` block, which raises ``AssertionError`` at its end when more ran in it."""
        budget = Budget(self, statements, round_trips)
        self._unused.add(budget)
        return budget

    def use(self, budget: "Budget") -> None:
        """Know that a budget's block has begun."""
        self._unused.discard(budget)

    def close(self) -> None:
        """:raises AssertionError: when there is a budget without a block, which would never fail."""
        if self._unused:
            raise AssertionError("a budget that no block was held to: write `with ts_queries.at_most(…):`")


class Budget:
    """A block with a limit; see :meth:`Recorder.at_most`."""

    def __init__(self, recorder: Recorder, statements: int, round_trips: int | None) -> None:
        self._recorder = recorder
        self._statements = statements
        self._round_trips = round_trips

    def __enter__(self) -> None:
        self._recorder.use(self)
        self._before = self._recorder.lengths

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """:raises AssertionError: when more ran; it lists what ran how often, and from where."""
        __tracebackhide__ = True
        if kind is not None:
            return
        ran, ends = self._recorder.since(*self._before)
        over = _excess("statement", len(ran), self._statements)
        if self._round_trips is not None:
            over += _excess("round trip", _count_round_trips(ran, ends), self._round_trips)
        if over:
            raise AssertionError("\n".join([", ".join(over), *_listing(ran)]))


def _place() -> Place:
    frame = sys._getframe(2)
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in _BETWEEN:
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _count_round_trips(statements: list[Ran], ends: list[TransactionEnded]) -> int:
    batches = {ran.event.batch: ran.event.round_trips for ran in statements}
    return sum(batches.values()) + sum(end.round_trips for end in ends)


def _excess(what: str, number: int, limit: int) -> list[str]:
    if number <= limit:
        return []
    return [f"{number} {what}{'s' * (number != 1)} where at most {limit} {'are' if limit != 1 else 'is'} allowed"]


def _listing(statements: list[Ran]) -> list[str]:
    lines, repeated = [], False
    for name, times in Counter(ran.event.query for ran in statements).most_common():
        lines.append(f"{times:>5} x {name}")
        ran = [each for each in statements if each.event.query == name]
        for place, here in Counter(each.place for each in ran).most_common():
            # Together in one round trip, they are no loop.
            repeated |= here > 1 and len({each.event.batch for each in ran if each.place == place}) > 1
            lines.append(f"          {here} x {place}")
    if repeated:
        lines.append("One line ran one query again and again: ask for all at once, by a list, or by run_all.")
    return lines
