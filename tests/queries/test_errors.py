"""Every error of the library goes through pickle, as it must to come back from a worker process."""

import importlib
import pickle
import pkgutil
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import tenantstore
from tenantstore.errors import TenantstoreError

# What a parameter of an error's constructor is given, by its type; a sequence has two of them, a tuple one of each.
SAMPLES: dict[Any, Any] = {str: "a", int: 1, float: 1.5, bool: True}


def errors(parent: type[TenantstoreError]) -> Iterator[type[TenantstoreError]]:
    yield parent
    for child in parent.__subclasses__():
        yield from errors(child)


def sample(error: type[TenantstoreError]) -> TenantstoreError:
    """One of this class; what it takes is read from its constructor."""
    if error.__init__ is Exception.__init__:
        return error("a", "b")
    return error(**arguments(error.__init__))


def arguments(constructor: Any) -> dict[str, Any]:
    """A value for each parameter, or for each field of a record."""
    hints = get_type_hints(constructor)
    return {name: value(hint) for name, hint in hints.items() if name != "return"}


def value(hint: Any) -> Any:
    if get_origin(hint) is Sequence:
        return (value(get_args(hint)[0]),) * 2
    if get_origin(hint) is UnionType:
        return value(get_args(hint)[0])
    if hint in SAMPLES:
        return SAMPLES[hint]
    return hint(**arguments(hint))


def test_every_error_pickles_and_says_the_same_afterwards() -> None:
    for module in pkgutil.walk_packages(tenantstore.__path__, "tenantstore."):
        if "pytest" not in module.name and "__main__" not in module.name:
            importlib.import_module(module.name)
    made = [sample(error) for error in errors(TenantstoreError)]
    back = [pickle.loads(pickle.dumps(error)) for error in made]

    assert len(made) > 20
    assert [(type(error), str(error), vars(error)) for error in back] == [
        (type(error), str(error), vars(error)) for error in made
    ]
