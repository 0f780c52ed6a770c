"""What a query's own function makes of the arguments that its caller may leave out.

The function is called, which only describes a statement, with two sets of arguments that it must have: what is the same
in both statements depends on none of them.
"""

import inspect
import types
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from tenantstore.queries import Query, Statement

_SAMPLES: dict[Any, Sequence[Any]] = {
    UUID: (UUID(int=1), UUID(int=2)),
    str: ("a" * 32, "b" * 32),
    bool: (False, True),
    int: (1, 2),
    float: (1.5, 2.5),
    datetime: (datetime(2000, 1, 1, tzinfo=UTC), datetime(2000, 1, 2, tzinfo=UTC)),
    date: (date(2000, 1, 1), date(2000, 1, 2)),
    timedelta: (timedelta(1), timedelta(2)),
}


def defaults(query: Query[Any]) -> dict[str, Any]:
    """By parameter; empty where there is no function, or none that takes such arguments."""
    for call in query.declared.calls if query.declared else ():
        function = query.declared.namespace.get(call.function) if query.declared else None
        if inspect.isfunction(function):
            try:
                one, other = (_told(function, number) for number in (0, 1))
            # It is somebody's code, and was not written for this.
            except Exception:
                return {}
            needed = _needed(function)
            return {name: value for name, value in one.items() if name not in needed and other.get(name, one) == value}
    return {}


def _needed(function: types.FunctionType) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.default is each.empty]


def _told(function: types.FunctionType, number: int) -> dict[str, Any]:
    hints = get_type_hints(function)
    statement = function(**{name: _sample(hints[name], number) for name in _needed(function)})
    assert isinstance(statement, Statement), "a repository's function describes"
    # It is not to be run, and need not warn of that.
    statement.hand_over()
    return dict(statement.parameters)


def _sample(hint: Any, number: int) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return _sample(next(each for each in get_args(hint) if each is not type(None)), number)
    if inspect.isclass(origin := get_origin(hint)) and issubclass(origin, Iterable):
        return [_sample(get_args(hint)[0], number)]
    return _SAMPLES[hint][number]
