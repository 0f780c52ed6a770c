"""What a failed test shows of an error of the library: the test's own line, and nothing below it."""

from pathlib import Path

from tests.testing.project import Project

FAILS = """
from uuid import uuid4

from tenantstore.repositories import customers


def rename(scope):
    scope.run(customers.update_active(uuid4(), active=False))


def test_it(ts_tx):
    rename(ts_tx.operator())


def test_its_own(ts_tx):
    assert ts_tx.operator().run(customers.list_all()) == [1]
"""


def test_an_error_is_shown_where_the_library_was_called_unless_all_is_asked_for(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("test_shown.py", FAILS)
    short, full = (project.run("--ts-provider", "embedded", *more).stdout for more in ((), ("--full-trace",)))

    assert [("test_shown.py:8: NotFound" in text, "store/core.py" in text) for text in (short, full)] == [
        (True, False),
        (False, True),
    ]
    assert "E       assert [] == [1]" in short
