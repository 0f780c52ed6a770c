"""A real PgBouncer in transaction mode, where a session is nobody's own."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tenantstore.testing.process import free_port

Pool = Callable[[str, int], str]
_TRIES = 5

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
    program, direct = _program(), conninfo_to_dict(dsn)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        # Somebody else may be given the port before PgBouncer has it, which then ends.
        for _ in range(_TRIES):
            listen = free_port()
            settings = Path(folder) / "pgbouncer.ini"
            where = {name: direct[name] for name in ("host", "port", "user")}
            settings.write_text(_SETTINGS.format(**where, listen=listen, size=size))
            with _running(program, settings) as process:
                pooled = f"postgresql://{direct['user']}@127.0.0.1:{listen}/{direct['dbname']}"
                ended = _until_listening(process, pooled)
                if ended is None:
                    yield pooled
                    return
    raise AssertionError(f"pgbouncer ended: {ended}")


@contextmanager
def _running(program: str, settings: Path) -> "Iterator[subprocess.Popen[str]]":
    # PgBouncer does not run as root.
    user = "nobody" if os.geteuid() == 0 else None
    with subprocess.Popen([program, "-q", settings], user=user, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


def _program() -> str:
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("there is no pgbouncer on this machine: apt-get install pgbouncer")
    return found


def _until_listening(process: "subprocess.Popen[str]", dsn: str) -> str | None:
    """None when it answers; when it has ended, what it said."""
    deadline = time.monotonic() + 10
    while process.poll() is None:
        with suppress(psycopg.OperationalError), psycopg.connect(dsn, connect_timeout=2):
            return None
        assert time.monotonic() < deadline, "pgbouncer does not answer"
        time.sleep(0.02)
    assert process.stderr is not None
    return process.stderr.read()
