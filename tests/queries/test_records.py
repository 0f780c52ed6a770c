"""Records made from rows are the dataclass's own: as if its constructor had made them."""

import copy
import dataclasses
import importlib
import pickle
import pkgutil
from dataclasses import dataclass, field
from typing import Any

import pytest

from tenantstore import repositories
from tenantstore.queries import CATALOG
from tenantstore.queries.records import maker


@dataclass(frozen=True, slots=True)
class Login:
    name: str
    password: str = field(repr=False)
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Single:
    name: str


@dataclass(frozen=True)
class WithDict:
    name: str
    tries: int


@dataclass
class Mutable:
    name: str
    tries: int


@dataclass(frozen=True, slots=True)
class Checked:
    name: str
    tries: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name.upper())


@dataclass(frozen=True, slots=True)
class Heir(Single):
    tries: int


@dataclass(frozen=True, slots=True)
class Last:
    name: str
    tries: int

    def __init_subclass__(cls) -> None:
        raise TypeError("nothing derives from it")


@dataclass(frozen=True, slots=True)
class Picky:
    name: str
    tries: int

    def __new__(cls, name: str, tries: int) -> "Picky":
        assert tries
        return object.__new__(cls)


@pytest.mark.parametrize(
    ("record", "row"),
    [
        (Login, ("ada", "secret", 1)),
        (Single, ("ada",)),
        (WithDict, ("ada", 1)),
        (Mutable, ("ada", 1)),
        (Checked, ("ada", 1)),
        (Heir, ("ada", 1)),
        (Last, ("ada", 1)),
        (Picky, ("ada", 1)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_row_becomes_what_the_constructor_makes_of_it(record: type, row: tuple[Any, ...]) -> None:
    made, constructed = maker(record)(row), record(*row)

    assert type(made) is record
    assert (made, repr(made)) == (constructed, repr(constructed))


def test_a_record_is_equal_hashed_copied_pickled_and_replaced_as_one_that_was_constructed() -> None:
    made, constructed = maker(Login)(("ada", "secret", 1)), Login("ada", "secret", 1)

    assert {made, constructed} == {constructed}
    assert [copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made)), dataclasses.replace(made)] == [
        constructed
    ] * 4


def test_a_record_is_frozen_and_keeps_its_secrets_to_itself() -> None:
    made = maker(Login)(("ada", "secret", 1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.name = "bob"

    assert (repr(made), hasattr(made, "__dict__")) == ("Login(name='ada', tries=1)", False)


def test_a_row_of_another_length_makes_nothing() -> None:
    with pytest.raises(ValueError, match="not enough values to unpack"):
        maker(Login)(("ada", "secret"))


def test_no_secret_of_the_library_shows_in_a_repr() -> None:
    for module in pkgutil.iter_modules(repositories.__path__, "tenantstore.repositories."):
        importlib.import_module(module.name)
    records = {query.record for query in CATALOG.declared.values() if query.fields}
    secret = ("password", "token", "hash")

    assert [
        f"{record.__name__}.{each.name}"
        for record in records
        for each in dataclasses.fields(record)
        if each.repr and any(word in each.name for word in secret)
    ] == []
