"""Many customers at once on a server that loses connections, with phones shared, revoked, suspended and given away.

Every read is what the model of its island says, every change has the outcome that the model has, and one whose answer
was lost was made or was not. In ``make soak`` for ten minutes, with the latencies over time; in ``make test`` for as
many steps as meet each kind of loss.
"""

import logging
import os
import threading
from array import array
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from random import Random
from statistics import quantiles
from time import monotonic, perf_counter

import psycopg
import pytest

from tenantstore import Store
from tenantstore.repositories import bandwidth
from tenantstore.testing.faults import Faults, Place
from tests.isolation.fleet import HOUR
from tests.load.island import PHONES, Island
from tests.store.conftest import make_login_role

SOAK = "TENANTSTORE_SOAK" in os.environ
SECONDS = int(os.environ.get("TENANTSTORE_LOAD_SECONDS", 600))
World = tuple[list[Island], Faults, psycopg.Connection]

ISLANDS, STEPS, SLICES = 6 if SOAK else 4, 15, 10
PLACES: list[Place] = ["now", "reply lost", "after Bind", "after the first row", "in mid-row"]
_END = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE usename = 'app' AND application_name <> 'calm' AND datname = current_database() ORDER BY random() LIMIT 1"
)


class Watch:
    """How long calls took, slice of time by slice of time, and the memory at the end of each."""

    def __init__(self, seconds: float) -> None:
        self._begun, self._length = monotonic(), seconds / SLICES
        self.times: list[dict[str, array[float]]] = [{} for _ in range(SLICES)]
        self.megabytes: list[float] = [0.0] * SLICES

    @property
    def slice(self) -> int:
        return int((monotonic() - self._begun) / self._length)

    def time(self, what: str, call: Callable[[], None]) -> None:
        number, begun = min(self.slice, SLICES - 1), perf_counter()
        call()
        self.times[number].setdefault(what, array("d")).append((perf_counter() - begun) * 1000)
        self.megabytes[number] = _resident()

    def lines(self) -> Iterator[str]:
        yield f"{'slice':>5} {'MB':>7}  " + "  ".join(f"{what:>8}s {'p50':>7} {'p95':>7} {'p99':>7}" for what in WHATS)
        for number, found in enumerate(self.times):
            cells = []
            for what in WHATS:
                cuts = quantiles(found.get(what, [0.0, 0.0]), n=100)
                cells.append(f"{len(found.get(what, [])):>9} {cuts[49]:>7.1f} {cuts[94]:>7.1f} {cuts[98]:>7.1f}")
            yield f"{number:>5} {self.megabytes[number]:>7.1f}  " + "  ".join(cells)


WHATS = ("change", "read")


@pytest.fixture
def islands(migrated: str, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """Islands whose stores are behind a proxy, which loses connections, and the superuser's connection."""
    # The pool warns of each connection that was lost, and what is captured keeps it.
    caplog.set_level(logging.ERROR, "psycopg.pool")
    app = psycopg.conninfo.make_conninfo(migrated, user="app")
    with ExitStack() as stack:
        admin = stack.enter_context(psycopg.connect(migrated, autocommit=True))
        make_login_role(admin)
        faults = stack.enter_context(Faults(app))
        calm = stack.enter_context(Store.open(f"{app} application_name=calm", max_size=ISLANDS))
        calm.operator().run(bandwidth.ensure_partition(HOUR.date()))
        crowded = stack.enter_context(Store.open(faults.dsn, max_size=ISLANDS // 2, timeout=60.0))
        made = []
        for number in range(ISLANDS):
            name = f"island-{number}"
            own = psycopg.conninfo.make_conninfo(faults.dsn, application_name=name)
            store = stack.enter_context(Store.open(own, max_size=1, timeout=60.0))
            looking = stack.enter_context(psycopg.connect(migrated, autocommit=True))
            made.append(Island(name, 30000 + 4 * PHONES * number, store, crowded, calm, looking))
        yield made, faults, admin


def trouble(faults: Faults, admin: psycopg.Connection, over: threading.Event, seconds: float) -> int:
    """Lose connections, one way after another, until it is over; how often."""
    random = Random(seconds)
    for done, place in enumerate(cycle([*PLACES, None])):
        if over.wait(seconds * random.uniform(0.5, 1.5)):
            return done
        if place is None:
            admin.execute(_END)
        else:
            faults.cut(place)
    raise AssertionError("a cycle has no end")


def live(island: Island, others: list[Island], watch: Watch, goes_on: Callable[[int], bool]) -> None:
    """A change and two reads, again and again."""
    step = 0
    while goes_on(step):
        step += 1
        watch.time("change", island.change)
        for _ in range(2):
            strange = island.random.choice(island.random.choice(others).phones)
            watch.time("read", lambda phone=strange: island.ask(phone))  # type: ignore[misc]


def test_nobody_sees_what_is_not_theirs_however_busy_and_however_often_connections_are_lost(
    islands: World, capsys: pytest.CaptureFixture[str]
) -> None:
    everybody, faults, admin = islands
    watch, over = Watch(SECONDS if SOAK else 60), threading.Event()

    def goes_on(step: int) -> bool:
        if SOAK:
            return watch.slice < SLICES
        # Few are enough, once everything has happened that is to be survived.
        return step < STEPS or (step < 20 * STEPS and not all(told(everybody).values()))

    with ThreadPoolExecutor(ISLANDS + 1) as threads:
        losing = threads.submit(trouble, faults, admin, over, 0.5 if SOAK else 0.05)
        lives = [
            threads.submit(live, each, [o for o in everybody if o is not each], watch, goes_on) for each in everybody
        ]
        try:
            for each in lives:
                each.result()
        finally:
            over.set()
    losing.result()
    for _ in range(2 * ISLANDS):
        # The last loss that was asked for is to strike as well.
        everybody[0].ask(everybody[1].phones[0])
    if SOAK:
        with capsys.disabled():
            print("", *watch.lines(), f"{told(everybody)}, {losing.result()} connections lost on purpose", sep="\n")
        # The first slice fills caches and pools; what grows from then on grows for ever.
        assert watch.megabytes[-1] < watch.megabytes[1] * 1.3 + 8
    assert all(told(everybody).values()), told(everybody)


def told(islands: list[Island]) -> dict[str, int]:
    """How much of everything there was."""
    counted = ("changes", "refusals", "answers", "losses", "unknown")
    return {what: sum(getattr(each, what) for each in islands) for what in counted}


def _resident() -> float:
    """What the process has in memory, in MB; 0 where the kernel does not say."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 if status.exists() else 0.0
