"""A service's tests, in a folder of their own, run as its developer runs them."""

import os
import re
import subprocess
import sys
from pathlib import Path

INI = """
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""

# One test for each thing that the plugin gives, and both plugins that run async tests.
USES = """
import asyncio

import pytest

from tenantstore.errors import CustomerNotActive, NotFound
from tenantstore.repositories import customers, devices


def test_store(ts_store, ts_tenants):
    ada, bob = ts_tenants.ada, ts_tenants.bob
    assert [len(who.scope.run(devices.list_by_customer(who.id))) for who in (ada, bob)] == [2, 3]


def test_async_store(ts_async_store):
    assert asyncio.run(ts_async_store.operator().run(customers.create("Ada", "ada@example.org"))).name == "Ada"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async_store_under_anyio(ts_async_store, anyio_backend):
    assert (await ts_async_store.operator().run(customers.create("Ada", "ada@example.org"))).name == "Ada"


@pytest.mark.asyncio
async def test_async_store_under_pytest_asyncio(ts_async_store):
    assert (await ts_async_store.operator().run(customers.create("Ada", "ada@example.org"))).name == "Ada"


def test_admin(ts_admin, ts_store):
    ts_store.operator().run(customers.create("Ada", "ada@example.org"))
    assert ts_admin.execute("SELECT name FROM customers").fetchall() == [("Ada",)]


def test_tx(ts_tx, ts_tenants):
    ada, bob = ts_tenants.ada, ts_tenants.bob
    with pytest.raises(NotFound):
        bob.scope.run(devices.update_name_description_for_customer(ada.devices[1].id, bob.id, name="", description=""))
    ts_tx.operator().run(customers.update_active(ada.id, active=False))
    with pytest.raises(CustomerNotActive):
        ada.scope.run(devices.list_by_customer(ada.id))


def test_tx_leaves_nothing(ts_tx):
    assert ts_tx.operator().run(customers.list_all()) == []
"""

FAILS = """
import pytest
from tenantstore.repositories import customers

@pytest.mark.parametrize("name", ["Ada", "Bob"])
def test_fails(ts_store, name):
    ts_store.operator().run(customers.create(name, "ada@example.org"))
    assert name == "Bob"
"""


class Project:
    """A folder with tests in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "PYTEST"))}
        self.write("pytest.ini", INI)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text)

    def configure(self, text: str) -> None:
        self.write("pytest.ini", INI + text)

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run the tests to their end."""
        return subprocess.run(
            self.command(*options),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )


def summary(done: "subprocess.CompletedProcess[str]") -> str:
    """The last line of a run without its time: ``2 passed``."""
    found = re.search(r"^=* ?(.*?) in [\d.]+s", done.stdout.splitlines()[-1]) if done.stdout else None
    return found[1] if found else done.stdout + done.stderr


def header(done: "subprocess.CompletedProcess[str]") -> str:
    """What the run says of its server, without what differs each time; '' where it says nothing."""
    (line,) = re.findall(r"^tenantstore: .*$", done.stdout, re.MULTILINE) or [""]
    return re.sub(r" in /.*?/data| in \d+ ms", " in …", str(line))
