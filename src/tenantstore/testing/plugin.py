"""The pytest plugin. It is loaded by every run, so it costs nothing: the driver is imported when a fixture is used."""

import pytest

pytest_plugins: list[str] = ["tenantstore.testing.fixtures.databases", "tenantstore.testing.fixtures.queries"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tenantstore", "PostgreSQL for tests")
    group.addoption("--ts-provider", metavar="NAME", help="where the server is from")
