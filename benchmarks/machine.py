"""What a run was made on, and what else went on there: nothing that tells whose machine it was."""

import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import sleep
from typing import NamedTuple, TypeVar

import psycopg

T = TypeVar("T")

#: From this share of the processors on, a row is said to have been measured beside something else.
BUSY = 0.1
_LOOK_SECONDS = 0.5
_STAT = Path("/proc/stat")
_PACKAGES = ("tenantstore", "psycopg", "psycopg-pool", "asyncpg", "SQLAlchemy", "aiosql")


def machine(dsn: str) -> dict[str, str]:
    """Cores, processor, kernel, Python, PostgreSQL and packages; the load before the run."""
    with psycopg.connect(dsn) as connection:
        server = str(connection.execute("SHOW server_version").fetchall()[0][0])
        how = connection.execute("SELECT current_setting('shared_buffers'), current_setting('fsync')").fetchall()[0]
    return {
        "cores": str(os.cpu_count()),
        "processor": _processor(),
        "kernel": f"{platform.system()} {platform.release().partition('-')[0]}",
        "python": f"{platform.python_implementation()} {sys.version.split()[0]}",
        "postgresql": f"{server}, Unix socket, shared_buffers {how[0]}, fsync {how[1]}",
        "psycopg implementation": psycopg.pq.__impl__,
        "load before": " ".join(f"{each:.1f}" for each in os.getloadavg()),
        **{name: _version(name) for name in _PACKAGES},
    }


class Beside(NamedTuple):
    """Shares of the processors: what ``others`` used of them, and what the host had ``stolen`` for its other guests."""

    others: float
    stolen: float


def beside(measure: Callable[[], T]) -> tuple[T, Beside | None]:
    """What ``measure`` gives, and what went on beside it; None where the kernel does not say.

    Others are looked for just before and just after it, while nothing here runs.
    """
    if not _STAT.exists():
        return measure(), None
    begun, before = _ticks(), _others()
    result = measure()
    others = max(before, _others())
    spent = _since(begun)
    return result, Beside(round(others, 3), round(spent[_STOLEN] / sum(spent), 3))


def _others() -> float:
    begun = _ticks()
    sleep(_LOOK_SECONDS)
    spent = _since(begun)
    return 1 - (spent[_IDLE] + spent[_WAITING]) / sum(spent)


# Of the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; what guests used is in user.
_IDLE, _WAITING, _STOLEN, _COUNTED = 3, 4, 7, 8


def _ticks() -> list[int]:
    return [int(each) for each in _STAT.read_text().split("\n", 1)[0].split()[1:][:_COUNTED]]


def _since(begun: list[int]) -> list[int]:
    return [now - before for before, now in zip(begun, _ticks(), strict=True)]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
