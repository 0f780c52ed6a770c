"""What importing costs, in a process of its own, its start not counted."""

import subprocess
import sys
from collections.abc import Callable

from benchmarks.frame import Row, Samples, Size, Target

_DRIVER = "psycopg, psycopg_pool"
_LAZY, _STORES, _USED = "tenantstore", "tenantstore's stores", "tenantstore's stores and repositories.devices"
_CODE = {
    _DRIVER: "import psycopg, psycopg_pool",
    _LAZY: "import tenantstore",
    _STORES: "from tenantstore import Store, AsyncStore, Catalog",
    _USED: "from tenantstore import Store, AsyncStore, Catalog; from tenantstore.repositories import devices",
}
_TIMED = "from time import perf_counter as now\nbegun = now()\n{code}\nprint((now() - begun) * 1000)"


def measure(_dsn: str, size: Size) -> Samples:
    def timed(code: str) -> Callable[[], float]:
        command = [sys.executable, "-c", _TIMED.format(code=code)]
        return lambda: float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    calls = {name: timed(code) for name, code in _CODE.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(size.of(40, 6)):
        for name in list(calls)[turn % 4 :] + list(calls)[: turn % 4]:
            times[name].append(calls[name]())
    return times


ROWS = [
    Row(
        "imports",
        "an import",
        "ms",
        measure,
        [Target(_LAZY, _DRIVER, at_most=1.3), Target(_STORES, _DRIVER, at_most=1.3)],
        ours=_USED,
        note="tenantstore imports its parts when they are asked for; a repository reads and checks its queries then.",
    )
]
