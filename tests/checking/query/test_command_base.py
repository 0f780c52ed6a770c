"""``tenantstore check --base``: the queries of an older release of a service, on the migrations since."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tenantstore.cli import main
from tenantstore.testing import Server

# The fixtures of the service that is not ours.
from tests.checking.service.conftest import copy as copy
from tests.checking.service.conftest import replace

Run = Callable[..., tuple[int, str, str]]

DROP = "-- Prices are kept elsewhere.\n-- irreversible: they are gone\nALTER TABLE books DROP COLUMN price;\n"
ADD = "-- Books have pages.\nALTER TABLE books ADD COLUMN pages integer NOT NULL DEFAULT 1;\n"
UNDO = "-- Loses the numbers of pages.\nALTER TABLE books DROP COLUMN pages;\n"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], server: Server, copy: Path) -> Run:
    """The command on a service, of which an older checkout lies in ``released``."""
    for name in ("library", "migrations"):
        shutil.copytree(copy / name, copy / "released" / name, ignore=shutil.ignore_patterns("__pycache__"))

    def run(*arguments: str) -> tuple[int, str, str]:
        return main(["check", "--base", "released", "--scratch-dsn", server.dsn(), *arguments]), *capsys.readouterr()

    return run


def test_without_migrations_since_there_is_nothing_to_find(run: Run) -> None:
    assert run() == (0, "no findings in 7 queries, nor in those of released on the 0 migrations since\n", "")


def test_what_a_migration_breaks_is_4(run: Run, copy: Path) -> None:
    (copy / "migrations/2_price.up.sql").write_text(DROP)
    replace(copy / "library/books.py", "    price: Decimal | None\n", "")
    replace(copy / "library/books.py", "from decimal import Decimal\n", "")
    for name in ("get", "list_by_keywords"):
        replace(copy / f"library/sql/books/{name}.sql", ",\n    b.price\n", "\n")
    code, out, _ = run()

    assert (code, out.partition("\n\n")[0]) == (
        4,
        """\
migrations/2_price.up.sql:3:1: release-refused: books/get of released is refused from here on: column b.price does not \
exist [42703]
  3 | ALTER TABLE books DROP COLUMN price;
    | ^
"""
        f"{copy}/released/library/sql/books/get.sql:10:5:"
        """
  10 |     b.price
     |     ^
Code of that release still runs while this is deployed. Release code that does without it first, and change the schema \
in a migration after that.""",
    )


def test_the_audit_lists_what_waits_for_a_migration(run: Run, copy: Path) -> None:
    (copy / "migrations/2_pages.up.sql").write_text(ADD)
    (copy / "migrations/2_pages.down.sql").write_text(UNDO)
    replace(copy / "library/sql/books/count.sql", "FROM books AS b", "FROM books AS b\nWHERE b.pages > 0")
    code, out, _ = run("--audit")
    told = out.partition("Hold from a migration")[2]

    assert (code, told.partition("\n\n")[0]) == (
        0,
        " on that the base has not seen: 1\n"
        "migrations/2_pages.up.sql:1: books/count holds from here on\n"
        "    no more after 2_pages.down.sql",
    )


def test_a_base_that_is_none_is_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    code, out, err = run("--json", "--base", "v1")

    assert (code, json.loads(out)["error"]["kind"], "not a git repository" in err) == (2, "Misconfigured", True)


def test_a_released_migration_that_was_edited_is_2(run: Run, copy: Path) -> None:
    replace(copy / "migrations/1_tables.up.sql", "floor integer NOT NULL", "floor smallint NOT NULL")
    (copy / "migrations/2_pages.up.sql").write_text(f"-- irreversible: a test\n{ADD}")
    code, _, err = run()

    assert (code, "1_tables.up.sql: changed since it was applied" in err) == (2, True)
