"""Rows that are spoken of, and what stands for a value in one of them."""

from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from tenantstore.checking.analysis import Node, Relation

#: Something that has one value for one row that comes out: a column of a row, a parameter, a constant, the customer.
Term: TypeAlias = tuple[Any, ...]
CUSTOMER: Term = ("customer",)
TRUE: Term = ("constant", True)
FALSE: Term = ("constant", False)
NULL: Term = ("null",)

_numbers = count(1)


@dataclass(eq=False, slots=True)
class Row:
    """One row that an entry gives: of a relation, or of a sub-query. ``entry`` is None for one that is only known of.

    ``fresh`` is one that a statement makes: no other row is it, whatever its keys.
    """

    number: int
    relation: Relation | None
    entry: Node | None = None
    fresh: bool = False

    def column(self, number: int) -> Term:
        return ("column", self.number, number)


def new_row(relation: Relation | None, entry: Node | None = None, fresh: bool = False) -> Row:
    return Row(next(_numbers), relation, entry, fresh)
