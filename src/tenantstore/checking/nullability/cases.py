"""What is known where a row comes out: facts, in cases of which one holds.

A fact is a tuple. ``("var", scope, relation, column)`` is not null and ``("old", …)`` was not before the change;
``("param", number)`` and ``("expr", key)`` are not null; ``("true", key)`` and ``("false", key)`` tell of a condition;
``("side", scope, join, which)`` took part in an outer join. A case is a set of facts that hold together; of several
cases one holds, so what is to be proven is proven in each.
"""

from collections.abc import Iterable
from itertools import product
from typing import Any, TypeAlias

Fact: TypeAlias = tuple[Any, ...]
Case: TypeAlias = frozenset[Fact]
Cases: TypeAlias = tuple[Case, ...]

#: Facts that name the number of a scope.
SCOPED = ("var", "old", "side")
NO_FACT: Case = frozenset()
#: Nothing is known.
ALWAYS: Cases = (NO_FACT,)
# More cases than these become one, of what they have in common.
_MOST = 16


def known(*facts: Fact) -> Cases:
    return (frozenset(facts),)


def all_of(parts: Iterable[Cases]) -> Cases:
    """The cases when every part holds."""
    found: Cases = ALWAYS
    for part in parts:
        found = few(one | other for one, other in product(found, part))
    return found


def any_of(parts: Iterable[Cases]) -> Cases:
    """The cases when at least one part holds."""
    return few(case for part in parts for case in part)


def few(cases: Iterable[Case]) -> Cases:
    """The same without those that another one covers, or what they have in common when they are many."""
    found: list[Case] = []
    for case in sorted(set(cases), key=len):
        if not any(other <= case for other in found):
            found.append(case)
    if len(found) > _MOST:
        return (frozenset.intersection(*found),)
    return tuple(found)
