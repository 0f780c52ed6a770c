"""A real PgBouncer in transaction mode, where a session is nobody's own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tenantstore.testing.process import free_port

Pool = Callable[[str, int], str]

_SETTINGS = """
[databases]
* = host={host} port={port} user={user}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
ignore_startup_parameters = extra_float_digits
"""


@pytest.fixture
def pooled_by() -> Iterator[Pool]:
    """A DSN that leads to a database by way of a pooler which has so many connections to give."""
    with ExitStack() as stack:
        yield lambda dsn, size: stack.enter_context(_pooler(dsn, size))


@contextmanager
def _pooler(dsn: str, size: int) -> Iterator[str]:
    program, listen, direct = _program(), free_port(), conninfo_to_dict(dsn)
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "pgbouncer.ini"
        where = {name: direct[name] for name in ("host", "port", "user")}
        settings.write_text(_SETTINGS.format(**where, listen=listen, size=size))
        Path(folder).chmod(0o755)
        # PgBouncer does not run as root.
        user = "nobody" if os.geteuid() == 0 else None
        with subprocess.Popen([program, "-q", settings], user=user, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield _listening(process, f"postgresql://{direct['user']}@127.0.0.1:{listen}/{direct['dbname']}")
            finally:
                process.terminate()
                process.communicate()


def _program() -> str:
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("there is no pgbouncer on this machine: apt-get install pgbouncer")
    return found


def _listening(process: "subprocess.Popen[str]", dsn: str) -> str:
    deadline = time.monotonic() + 10
    while True:
        try:
            with psycopg.connect(dsn):
                return dsn
        except psycopg.OperationalError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "pgbouncer does not answer"
            time.sleep(0.02)
