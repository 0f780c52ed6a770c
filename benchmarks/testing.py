"""What a test with a database of its own costs, beside pytest-postgresql: ``python -m benchmarks.testing [JSON]``.

Every figure is of real pytest runs, in turns. A test connects, asks one question of a migrated database and goes; its
cost is the time from the first test's end to the last one's, divided by their number, so what a thread does meanwhile
is in it; what the first one has to start is part of the start. pytest-postgresql has the same server, a template of the
same migrations, and its own way to copy it. All have their bytecode, as installed packages do.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from unittest import mock

import psycopg

from benchmarks.machine import machine
from tenantstore import migrate
from tenantstore.testing import Server, launch, launcher
from tenantstore.testing.cluster import Seed

TESTS = 200
ROUNDS = 3
STARTS = 5

CONFTEST = """
import json, os, time
import pytest

begun, phases, starts = [], {"setup": [], "call": [], "teardown": []}, []

def pytest_runtest_logstart():
    begun.append(time.perf_counter())

def pytest_runtest_logreport(report):
    phases[report.when].append(report.duration)
    begun.append(time.perf_counter())

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_finish():
    start = time.perf_counter()
    yield
    starts.append(time.perf_counter() - start)

def pytest_sessionfinish():
    first, rest = phases["setup"][0], sorted(phases["setup"])[len(phases["setup"]) // 2]
    told = {"whole": begun[-1] - begun[3], "teardown": phases["teardown"], "start": starts[0] + first - rest}
    open(os.environ["BENCH_OUT"], "w").write(json.dumps(told))
"""

PEER = """
import os
from pytest_postgresql import factories
from tenantstore import migrate

def load(host, port, user, dbname, password, **_):
    migrate.up(f"host={host} port={port} user={user} dbname={dbname}")

postgresql_noproc = factories.postgresql_noproc(
    host=os.environ["BENCH_HOST"], port=5432, user="postgres", dbname=f"peer{os.getpid()}", load=[load]
)
postgresql = factories.postgresql("postgresql_noproc")
"""

QUESTION = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
HEAD = "import psycopg, pytest\nfrom psycopg_pool import ConnectionPool\n"
PEER_CONNECTS, PEER_OPENS = "pytest-postgresql", "pytest-postgresql, a store on it"
EMPTY = "def test():\n    pass\n"
BODIES = {
    "empty": EMPTY.replace("test()", "test(n)"),
    "ts_db, connect": f"def test(n, ts_db):\n    with psycopg.connect(ts_db) as c:\n        c.execute({QUESTION!r})\n",
    "ts_store": "from tenantstore.repositories import devices\n"
    "def test(n, ts_store):\n    ts_store.operator().run(devices.list_all())\n",
    "ts_tx": "from tenantstore.repositories import devices\n"
    "def test(n, ts_tx):\n    ts_tx.operator().run(devices.list_all())\n",
    PEER_CONNECTS: f"def test(n, postgresql):\n    postgresql.execute({QUESTION!r})\n",
    PEER_OPENS: "from tenantstore import Store\nfrom tenantstore.repositories import devices\n"
    "def test(n, postgresql):\n    with Store.open(postgresql.info.dsn) as store:\n"
    "        store.operator().run(devices.list_all())\n",
    "a pool of four": "def test(n, ts_db):\n    with ConnectionPool(ts_db, min_size=4) as pool:\n        pool.wait()\n",
}
# Each asks the same of a database of its own.
PEERS = {"ts_db, connect": PEER_CONNECTS, "ts_store": PEER_OPENS, "ts_tx": PEER_OPENS}
COST_MS, BY_HAND_MS, START_S, EMPTY_S = 12.0, 17.0, 0.6, 0.34


@dataclass(frozen=True)
class Row:
    """A figure, and the bound that it is to keep: at most that, or at least, where it is a ratio."""

    what: str
    figure: float
    unit: str
    bound: float | None = None

    def __str__(self) -> str:
        shown = f"  {self.what:<62} {self.figure:8.2f} {self.unit:<5}"
        if self.bound is None:
            return shown.rstrip()
        least = self.unit == "times"
        kept = self.figure >= self.bound if least else self.figure <= self.bound
        return f"{shown}  {'≥' if least else '≤'} {self.bound:<5.3g} {'met' if kept else 'MISSED'}"


class Runs:
    """Pytest runs in a folder of their own."""

    def __init__(self, folder: Path, host: str) -> None:
        self._folder = folder
        self._environment = {**os.environ, "BENCH_OUT": str(folder / "out"), "BENCH_HOST": host}
        for name in ("TENANTSTORE_TEST_DSN", "PYTHONDONTWRITEBYTECODE"):
            self._environment.pop(name, None)

    def run(self, body: str, tests: int = TESTS, environment: Mapping[str, str] | None = None) -> dict[str, object]:
        """What the run's conftest has measured, in seconds."""
        (self._folder / "pytest.ini").write_text("[pytest]\n")
        (self._folder / "conftest.py").write_text(CONFTEST + (PEER if "postgresql" in body else ""))
        mark = f"@pytest.mark.parametrize('n', range({tests}))\n"
        (self._folder / "test_bench.py").write_text(HEAD + body.replace("def test(", f"{mark}def test("))
        self._pytest("-p", "no:postgresql" if "postgresql" not in body else "no:faulthandler", more=environment or {})
        told: dict[str, object] = json.loads((self._folder / "out").read_text())
        return told

    def seconds(self, *options: str) -> float:
        """How long a run of one empty test takes."""
        (self._folder / "conftest.py").unlink(missing_ok=True)
        (self._folder / "test_bench.py").write_text(EMPTY)
        start = time.perf_counter()
        self._pytest(*options, more={})
        return time.perf_counter() - start

    def _pytest(self, *options: str, more: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(self._folder)]
        done = subprocess.run(
            command, env={**self._environment, **more}, cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stdout + done.stderr)


def main() -> None:
    """Measure, print, and write what was measured where the first argument says."""
    with tempfile.TemporaryDirectory() as folder, launch("embedded") as server:
        Path(folder).chmod(0o755)
        told = machine(server.dsn())
        runs = Runs(Path(folder), str(server.parameters["host"]))
        rows = []
        for row in (*costs(runs, server), *starts(runs, Path(folder)), *imports(runs)):
            print(row, flush=True)
            rows.append(asdict(row))
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps({"machine": told, "rows": rows}, indent=1, ensure_ascii=False) + "\n")


def costs(runs: Runs, server: Server) -> Iterator[Row]:
    """Milliseconds a test, and its teardown."""
    server.create_database("model")
    migrate.up(server.dsn("model"))
    whole: dict[str, list[float]] = {name: [] for name in BODIES}
    teardowns: list[float] = []
    by_hand: list[float] = []
    for _ in range(ROUNDS):
        by_hand += (copied(server) for _ in range(TESTS // 4))
        for name, body in BODIES.items():
            told = runs.run(body)
            whole[name].append(float(str(told["whole"])) / (TESTS - 1) * 1000)
            if name == "a pool of four":
                teardowns += told["teardown"]  # type: ignore[arg-type]
    cost = {name: median(figures) for name, figures in whole.items()}
    bounds = {"ts_db, connect": COST_MS}
    for name, figure in cost.items():
        yield Row(f"a test: {name}", figure, "ms", bounds.get(name))
    yield Row("CREATE DATABASE from a template, connect, DROP, one after the other", median(by_hand) * 1000, "ms")
    yield Row(
        "the same / ts_db, connect", median(by_hand) * 1000 / cost["ts_db, connect"], "times", BY_HAND_MS / COST_MS
    )
    yield Row("ts_tx beyond an empty test", cost["ts_tx"] - cost["empty"], "ms", 1.0)
    for name, peer in PEERS.items():
        yield Row(f"{peer} / {name}", cost[peer] / cost[name], "times", 2.5)
    yield Row("teardown after a pool of four, median", median(teardowns) * 1000, "ms")
    yield Row("teardown after a pool of four, p95", quantiles(teardowns, n=20)[-1] * 1000, "ms", 15.0)


def copied(server: Server) -> float:
    """Seconds of a copy of the template, a connection that asks one question of it, and its end."""
    start, admin = time.perf_counter(), server.connection()
    admin.execute("CREATE DATABASE copy TEMPLATE model STRATEGY file_copy")
    with psycopg.connect(server.dsn("copy")) as connection:
        connection.execute(QUESTION.encode())
    server.wait_until_left("copy")
    admin.execute("DROP DATABASE copy")
    return time.perf_counter() - start


def starts(runs: Runs, folder: Path) -> Iterator[Row]:
    """Seconds from the end of the collection to the first test's database, and of the server alone.

    The test's module imports the driver, as those of a service do; the server is begun before.
    """
    empty: dict[str, list[float]] = {"nothing cached": [], "its data folder cached": []}
    kinds: dict[str, list[float]] = {"nothing cached": [], "the template to be built": [], "warm": []}
    for number in range(STARTS):
        cache = folder / f"cache{number}"
        environment = {"XDG_CACHE_HOME": str(cache)}
        for kind, figures in kinds.items():
            if kind == "the template to be built":
                for path in (cache / "tenantstore").glob("seeded-*.tar"):
                    path.unlink()
            figures.append(float(str(runs.run(BODIES["ts_db, connect"], 11, environment)["start"])))
        empty["nothing cached"].append(launched(folder / f"other{number}"))
        empty["its data folder cached"].append(launched(cache))
    for kind, figures in empty.items():
        yield Row(f"an empty server alone, {kind}", median(figures), "s")
    for kind, figures in kinds.items():
        bound = 0.2 if kind == "warm" else START_S
        yield Row(f"until the first test has its database, {kind}", median(figures), "s", bound)
    alone, whole = median(empty["nothing cached"]), median(kinds["nothing cached"])
    yield Row("an empty server alone / until then, nothing cached", alone / whole, "times", EMPTY_S / START_S)


def launched(cache: Path) -> float:
    """Seconds until an empty server is there."""
    with mock.patch.dict(os.environ, XDG_CACHE_HOME=str(cache)):
        start = time.perf_counter()
        # With a seed that nobody has kept, nothing is put into the cache on the way.
        with launcher.start("embedded", seed=Seed("none")).server:
            return time.perf_counter() - start


def imports(runs: Runs) -> Iterator[Row]:
    """Milliseconds that the plugin adds to a run that does not use it."""
    without, with_it = [], []
    for _ in range(3 * STARTS):
        without.append(runs.seconds("-p", "no:tenantstore"))
        with_it.append(runs.seconds())
    yield Row("a run of one empty test, without the plugin", median(without) * 1000, "ms")
    added = median(b - a for a, b in zip(without, with_it, strict=True)) * 1000
    yield Row("the plugin adds to it, unused", added, "ms", 30.0)


if __name__ == "__main__":
    main()
