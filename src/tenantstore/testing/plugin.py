"""The pytest plugin. Every pytest run of the environment loads it, so it imports next to nothing until it is wanted.

The server is started with the first module whose tests ask for one, before that is imported, or with the first test
that turns out to need one, while the others are collected; and met when all are, so that the header can say what is
running.
"""

import re
from collections.abc import Generator
from contextlib import nullcontext, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from tenantstore.testing.settings import IMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from tenantstore.testing.run import Run
    from tenantstore.testing.session import Session

# The default of ts_migrations, told from the same in a configuration by being this very list.
UNNAMED = ["tenantstore"]
_FIXTURES = ("databases", "stores", "tenants", "faults", "queries", "isolation")
_RUN = pytest.StashKey["Run"]()
_BEGUN = pytest.StashKey[bool]()
_NEEDS = "ts_session"
# Each fixture that needs a server, by name: other projects have parameters that begin like this too.
_ASKS = re.compile(
    rb"\bdef \w+\([^)]*\bts_(?:admin|async_store|database|db|faults|rolled_back|server|session|store|tenants|tx)\b"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tenantstore", "PostgreSQL for tests")
    group.addoption(
        "--ts-provider",
        choices=("dsn", "embedded", "local", "docker"),
        help="where the server is from; without it, the first of these that works (dsn: $TENANTSTORE_TEST_DSN)",
    )
    group.addoption("--ts-image", default=IMAGE, metavar="IMAGE", help=f"what docker starts ({IMAGE})")
    group.addoption(
        "--ts-keep",
        type=_minutes,
        default=10.0,
        metavar="MINUTES",
        help="how long a failed test's database stays after the run (10); 0 keeps none",
    )
    parser.addini(
        "ts_migrations",
        "folders of migrations in the order in which they are applied; 'tenantstore' is the library's own; left out,"
        " they are those that [tool.tenantstore.check] in the nearest pyproject.toml names",
        "linelist",
        UNNAMED,
    )
    parser.addini("ts_role", "the role that tests log in with, made where it is not there", "string", "ts_app")
    parser.addini("ts_settings", "settings of the server, name = value each", "linelist", [])


def _minutes(text: str) -> float:
    from argparse import ArgumentTypeError

    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    # So written, it is false of nan as well.
    if not minutes >= 0:
        raise ArgumentTypeError(f"{text!r} is not a number of minutes")
    return minutes


def pytest_configure(config: pytest.Config) -> None:
    for name in _FIXTURES:
        # By hand: for each name in ``pytest_plugins``, pytest reads the entry points of all that is installed.
        module = f"tenantstore.testing.fixtures.{name}"
        if not config.pluginmanager.has_plugin(module):
            config.pluginmanager.register(import_module(module), module)


def run_of(config: pytest.Config) -> "Run":
    """What the plugin keeps of this run."""
    if _RUN not in config.stash:
        from tenantstore.testing.run import Run

        config.stash[_RUN] = Run(config)
    return config.stash[_RUN]


def begin(config: pytest.Config) -> "Session":
    """The session, started at its first use.

    :raises UsageError: with what stands against it.
    """
    from tenantstore.errors import TenantstoreError

    try:
        import_module("tenantstore.driver")
        return run_of(config).session()
    except (TenantstoreError, ValueError) as error:
        raise pytest.UsageError(f"tenantstore: {error}") from None


def pytest_pycollect_makemodule(module_path: "Path", parent: pytest.Collector) -> None:
    # Importing it, and the service that it tests, may take longer than the server does.
    with suppress(OSError):
        if not any("::" in each for each in parent.config.args) and _ASKS.search(module_path.read_bytes()):
            _begin_early(parent.config)


def pytest_itemcollected(item: pytest.Item) -> None:
    if _NEEDS in _fixtures(item):
        _begin_early(item.config)


def _begin_early(config: pytest.Config) -> None:
    """Have the server started, where all that is collected is run. What stands against it is said after that."""
    if _BEGUN not in config.stash and not _only_shows(config) and not _selects(config):
        config.stash[_BEGUN] = True
        with suppress(pytest.UsageError, OSError):
            run_of(config).begin()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    if _only_shows(session.config) or not any(_NEEDS in _fixtures(item) for item in session.items):
        return
    # A worker of xdist that gives up here would only be missed: its first test says why.
    with suppress(pytest.UsageError) if hasattr(session.config, "workerinput") else nullcontext():
        begin(session.config)


def pytest_report_collectionfinish(config: pytest.Config) -> str | None:
    return run_of(config).header() if _RUN in config.stash else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.excinfo is not None and _RUN in item.config.stash:
        from tenantstore.testing.traceback import shorten

        shorten(item, call.excinfo)
    report = yield
    if report.failed and _RUN in item.config.stash:
        said = run_of(item.config).keep(item)
        if said:
            report.sections.append(("tenantstore", said))
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if _RUN in config.stash:
        for line in run_of(config).lines():
            terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    # Here, since xdist may not give a worker the time for what comes after.
    if _RUN in session.config.stash:
        run_of(session.config).finish()


def pytest_unconfigure(config: pytest.Config) -> None:
    if _RUN in config.stash:
        run_of(config).end()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of xdist where the run's processes meet."""
    node.workerinput["tenantstore"] = str(run_of(node.config).home.path)


def _fixtures(item: pytest.Item) -> list[str]:
    names: list[str] = getattr(item, "fixturenames", [])
    return names


def _only_shows(config: pytest.Config) -> bool:
    """Whether pytest was asked for what there is, and runs nothing."""
    asked = config.option
    return any((asked.collectonly, asked.showfixtures, asked.show_fixtures_per_test, asked.setupplan))


def _selects(config: pytest.Config) -> bool:
    """Whether some of the collected tests may be left out: those that use a server, perhaps."""
    return any(getattr(config.option, each, None) for each in ("keyword", "markexpr", "deselect", "lf", "stepwise"))
