"""Tests that any service imports, and its queries are proven with all its others::

    from tenantstore.checking.pytest import test_queries

``test_plans`` is there as well, for a service that has a workload. What is checked is what the nearest
``pyproject.toml`` says in ``[tool.tenantstore.check]``, as for ``tenantstore check``. The scratch database is on a
server that is launched for it, or on the one that ``TENANTSTORE_SCRATCH_DSN`` names.
"""

import os
from pathlib import Path

import pytest

from tenantstore.checking.query.check import check
from tenantstore.checking.query.project import find
from tenantstore.migrate.errors import MigrationError

__all__ = ["test_plans", "test_queries"]


def test_queries(request: pytest.FixtureRequest) -> None:
    """Every query passes every proof but that of its plans, and the snapshot, if there is one, is of them."""
    if told := _told(request.path, plans=False):
        pytest.fail(told, pytrace=False)


def test_plans(request: pytest.FixtureRequest) -> None:
    """Every query passes every proof, and its plans are those that are committed."""
    if told := _told(request.path, plans=True):
        pytest.fail(told, pytrace=False)


def _told(path: Path, plans: bool) -> str:
    """What is wrong, as text; empty when nothing is."""
    try:
        project = find(path.parent)
        if project is None:
            return f"no pyproject.toml above {path} has a table [tool.tenantstore.check]"
        scratch_dsn = os.environ.get("TENANTSTORE_SCRATCH_DSN", "")
        findings = check(project, scratch_dsn=scratch_dsn, plans=plans).findings
    except MigrationError as error:
        return str(error)
    count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    return "\n\n".join((count, *map(str, findings))) if findings else ""
