"""Real servers, and a database of its own for each test that asks for one."""

import hashlib
import os
import signal
from collections.abc import Iterator
from itertools import count

import pytest

from tenantstore.resources import folder
from tenantstore.testing import NoProvider, Server, launch

_numbers = count(1)


@pytest.fixture(scope="session", autouse=True)
def no_libpq_environment() -> Iterator[None]:
    """The caller's PGHOST, PGUSER and the like are not the tests' business."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("PG")]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def sigint_as_at_a_terminal() -> None:
    """A shell starts what it runs in the background with SIGINT ignored, and children of ours would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The newest PostgreSQL that is supported: 18."""
    with launch("embedded") as server:
        yield server


@pytest.fixture(scope="session")
def server15() -> Iterator[Server]:
    """The oldest PostgreSQL that is supported, from the machine."""
    try:
        server = launch("local", version=15)
    except NoProvider as error:
        pytest.skip(str(error))
    with server:
        yield server


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """An empty database, as the superuser."""
    name = f"test_{next(_numbers)}"
    server.create_database(name)
    yield server.dsn(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def migrated_template(server: Server) -> str:
    """The name of a database that is migrated to the newest version; nobody connects to it."""
    from tenantstore import migrate

    texts = hashlib.sha256(str(server.version).encode())
    for path in sorted(folder("migrations").glob("*.sql")):
        texts.update(path.name.encode() + b"\0" + path.read_bytes())
    name = f"migrated_{texts.hexdigest()[:16]}"
    server.create_database(name)
    migrate.up(server.dsn(name))
    return name


@pytest.fixture
def migrated(server: Server, migrated_template: str) -> Iterator[str]:
    """A database at the newest version, as the superuser."""
    name = f"test_{next(_numbers)}"
    server.create_database(name, migrated_template)
    yield server.dsn(name)
    server.drop_database(name)
