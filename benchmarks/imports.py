"""What importing costs, in a process of its own, its start not counted.

All are read from bytecode, as what pip has installed is: from a checkout, where Python may be told to write none, the
library would be compiled each time, and the others not.
"""

import os
import subprocess
import sys
from tempfile import TemporaryDirectory

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
    with TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}

        def timed(code: str) -> float:
            command = [sys.executable, "-c", _TIMED.format(code=code)]
            return float(subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout)

        times: dict[str, list[float]] = {name: [] for name in _CODE}
        for turn in range(-1, size.of(40, 6)):
            for name in list(_CODE)[turn % 4 :] + list(_CODE)[: turn % 4]:
                times[name].append(timed(_CODE[name]))
        # The first turn wrote the bytecode.
        return {name: each[1:] for name, each in times.items()}


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
