"""A million rows through ``stream``: the memory of a process of its own, which does nothing else, as it goes on.

The peak that the kernel keeps of it, in MB: after the first thousand rows, after 100,000, after all.
"""

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target
from tenantstore import Catalog, Store

ROWS_IN_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Phone:
    number: int
    id: UUID
    name: str
    created_at: datetime


_PHONES = Catalog(Path(__file__).parent / "sql").many(Phone, "phones")
_EARLY, _MIDDLE, _END = (f"after {number:,} rows" for number in (1000, 100_000, ROWS_IN_ALL))


def measure(dsn: str, size: Size) -> Samples:
    samples: dict[str, list[float]] = {}
    for _ in range(size.of(3, 1)):
        command = [sys.executable, "-m", "benchmarks.stream", fleet.app(dsn), str(size.of(ROWS_IN_ALL, 200_000))]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[1])
        for name, megabytes in json.loads(done.stdout).items():
            samples.setdefault(name, []).append(megabytes)
    return samples


def main(dsn: str, rows: int) -> None:
    """Stream, and print the peaks."""
    peaks = {}
    with Store.open(dsn) as store:
        for count, _ in enumerate(store.operator().stream(_PHONES(rows=rows)), 1):
            if count in (1000, 100_000, rows):
                peaks[{1000: _EARLY, 100_000: _MIDDLE}.get(count, _END)] = _peak()
    print(json.dumps(peaks))


def _peak() -> float:
    """In MB. The peak that ``getrusage`` tells begins with that of the process that forked this one."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


ROWS = [
    Row(
        "stream",
        "the peak memory of a process that streams 1,000,000 rows",
        "MB",
        measure,
        [Target(_END, _EARLY, at_most=1.1)],
        note="A quick run has 200,000 rows.",
    )
]

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
