"""The kinds of findings that more than one file makes, as they are shown, word for word; the documentation has them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tenantstore.checking.query.check import check
from tenantstore.checking.query.project import Project, find
from tenantstore.testing import Server
from tests.checking.service.conftest import forget, replace

SHOWN = Path(__file__).parents[1] / "shown"
TABLES, GET = "migrations/1_tables.up.sql", "library/sql/books/get.sql"
INDEX = "CREATE INDEX loans_book_id_idx ON loans (book_id);\n"
ENTERED = "    enter={Scope.TENANT: \"SELECT set_config('role', 'pg_monitor', true)\"},\n"
LOANS = "INSERT INTO loans (id, book_id, borrower, due_on)\n"

Fault = Callable[[Path, Server], object]


def project(folder: Path) -> Project:
    forget()
    found = find(folder)
    assert found is not None
    return found


def in_file(name: str, old: str, new: str) -> Fault:
    return lambda folder, _: replace(folder / name, old, new)


def beside(name: str, text: str) -> Fault:
    return lambda folder, _: (folder / name).write_text(text)


def no_rows(folder: Path, _: Server) -> None:
    replace(folder / "library/workload.sql", LOANS, "")
    replace(folder / "library/workload.py", "l.id FROM loans AS l ORDER BY l.id LIMIT 1", "md5('loan')::uuid")


def refused(folder: Path, _: Server) -> None:
    workload = folder / "library/workload.py"
    replace(workload, "    parameters={\n", f"{ENTERED}    parameters={{\n")
    workload.write_text(
        f"{workload.read_text()}\n".replace("\n\nWORK", "\nfrom tenantstore.queries import Scope\n\nWORK")
    )


def stale(folder: Path, server: Server) -> None:
    check(project(folder), scratch_dsn=server.dsn(), update=True)
    replace(folder / GET, "b.subtitle", "nullif(b.subtitle, '') AS subtitle")


FAULTS: dict[str, Fault] = {
    "declaration": in_file(GET, "-- scope: tenant\n", ""),
    "no-model": in_file("pyproject.toml", 'model = "library.tenancy:MODEL"\n', ""),
    "plan-changed": in_file(TABLES, INDEX, ""),
    "plan-new": lambda folder, _: (folder / "plans/books/get.plan").unlink(),
    "plan-no-rows": no_rows,
    "plan-refused": refused,
    "plan-scan": in_file(TABLES, INDEX, ""),
    "plan-stale": beside("plans/books/gone.plan", "PostgreSQL 18\n"),
    "stale-snapshot": stale,
    "unused-file": beside("library/sql/books/list_old.sql", "-- scope: operator\nSELECT 1 AS one;\n"),
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_finding_is_shown(copy: Path, server: Server, code: str) -> None:
    FAULTS[code](copy, server)
    report = check(project(copy), scratch_dsn=server.dsn(), plans=code.startswith("plan-"))
    first = next(str(each) for each in report.findings if each.code == code)

    assert f"{first}\n".replace(f"{copy}/", "") == (SHOWN / f"{code}.txt").read_text()
