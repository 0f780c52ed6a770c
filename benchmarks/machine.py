"""What a run was made on: nothing that tells whose machine it was."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psycopg

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
