"""Databases of other kinds: old ones, ones with wide policies, ones that the check cannot work on."""

from pathlib import Path

import psycopg
import pytest

from tenantstore.checking.query.check import check, check_offline
from tenantstore.checking.query.project import Project, find, project
from tenantstore.migrate.errors import Misconfigured
from tenantstore.testing import Server

SHOWN = Path(__file__).parents[1] / "shown"


@pytest.fixture
def ours() -> Project:
    """As ``pyproject.toml`` has it, with the snapshot that is committed."""
    found = find(Path(__file__))
    assert found is not None
    return found


def test_15_says_of_our_queries_what_the_snapshot_says(ours: Project, server15: Server) -> None:
    assert (ours.snapshot.exists(), check(ours, scratch_dsn=server15.dsn()).findings) == (True, ())


def test_our_snapshot_is_enough_without_a_database(ours: Project) -> None:
    assert check_offline(ours).findings == ()


def test_a_policy_that_is_too_wide_is_found_with_and_without_the_database(
    ours: Project, migrated: str, tmp_path: Path
) -> None:
    with psycopg.connect(migrated) as admin:
        admin.execute("CREATE POLICY also ON ip_history FOR SELECT TO tenantstore_tenant USING (true)")
    here = project(ours.modules, ours.model, ours.migrations, tmp_path)
    live = check(here, migrated, update=True).findings

    assert [f"{each}\n" for each in live] == [(SHOWN / "policy-wide.txt").read_text()]
    assert (check_offline(here).findings, check(here, migrated).findings) == (live, live)


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        (
            "REVOKE TEMPORARY ON DATABASE {0} FROM PUBLIC",
            'permission denied to create temporary tables in database "{0}"',
        ),
        (
            "ALTER DATABASE {0} SET default_transaction_read_only = on",
            "cannot execute CREATE FUNCTION in a read-only transaction",
        ),
    ],
)
def test_a_database_that_the_check_cannot_work_on_is_one_error(
    ours: Project, migrated: str, setting: str, problem: str
) -> None:
    name = str(psycopg.conninfo.conninfo_to_dict(migrated)["dbname"])
    with psycopg.connect(migrated, autocommit=True) as admin:
        admin.execute("DO $$ BEGIN CREATE ROLE checks LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        admin.execute(setting.format(name).encode())
    with pytest.raises(Misconfigured) as refused:
        check(ours, psycopg.conninfo.make_conninfo(migrated, user="checks"))

    assert refused.value.problem == problem.format(name)
