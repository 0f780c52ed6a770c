"""A query level: its relations, and the outer joins that can null them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tenantstore.checking.analysis import Node
from tenantstore.checking.nullability.cases import ALWAYS, NO_FACT, Case, Cases, Fact


@dataclass(frozen=True, slots=True)
class Side:
    """The side of an outer join that can be missing from a row: ``fact`` says that it is there.

    ``cases`` is what is known then; ``partner`` and ``both`` are of a full join: what is known when its other side is
    there too.
    """

    fact: Fact
    kind: str
    relations: frozenset[int]
    cases: Cases
    partner: Fact | None = None
    both: Cases = ALWAYS


@dataclass(slots=True)
class Scope:
    """``cases`` is what is known where a row comes out of FROM and WHERE, closed by :meth:`closed`.

    ``lost`` are the keys of grouped expressions that some grouping set leaves out; None where one of them has no key.
    """

    query: Node
    parent: "Scope | None"
    number: int
    sides: list[Side] = field(default_factory=list)
    cases: Cases = ALWAYS
    lost: frozenset[Fact] | None = NO_FACT

    def up(self, levels: int) -> "Scope":
        found = self
        for _ in range(levels):
            assert found.parent is not None
            found = found.parent
        return found

    def chain(self) -> "Iterator[Scope]":
        """This level and those around it, from within."""
        found: Scope | None = self
        while found is not None:
            yield found
            found = found.parent

    def queries(self) -> tuple[Node, ...]:
        """The queries of the levels, from within."""
        return tuple(scope.query for scope in self.chain())

    def entry(self, index: int) -> Node:
        found: Node = self.query.rtable[index - 1]
        return found

    def nulling(self, index: int) -> Iterator[Side]:
        """The sides by whose absence a relation is null, from within."""
        return (side for side in self.sides if index in side.relations)

    def missing(self, index: int, case: Case) -> Side | None:
        """The outer join that may null a relation, as far as this case tells."""
        return next((side for side in self.nulling(index) if side.fact not in case), None)
