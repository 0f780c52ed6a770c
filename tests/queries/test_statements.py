"""A statement is a value: immutable, quiet about what it holds, and loud when nobody runs it."""

import gc
import warnings
from pathlib import Path

import pytest

from tenantstore import Catalog
from tenantstore.queries import Query


@pytest.fixture
def query(tmp_path: Path) -> Query[int]:
    (tmp_path / "log_in.sql").write_text("-- scope: operator\nSELECT :name::text = :password AS same;\n")
    return Catalog(tmp_path).scalar(int, "log_in")


def test_a_statement_shows_its_query_and_parameters_and_cannot_be_changed(query: Query[int]) -> None:
    statement = query(password="secret", name="ada")
    statement.hand_over()
    for change in (
        lambda: setattr(statement, "query", None),
        lambda: setattr(statement, "extra", 1),
        lambda: statement.parameters.update(name="bob"),  # type: ignore[attr-defined]
    ):
        with pytest.raises(AttributeError):
            change()

    assert (statement.query, dict(statement.parameters), repr(statement)) == (
        query,
        {"name": "ada", "password": "secret"},
        "<Statement log_in(name, password)>",
    )


def test_a_statement_that_is_dropped_without_being_run_warns(query: Query[int]) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        query(name="ada", password="secret")
        gc.collect()

    assert [(each.category, str(each.message)) for each in heard] == [
        (RuntimeWarning, "statement log_in was never run")
    ]
