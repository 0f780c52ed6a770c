"""What a service says of itself to have the engines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tenantstore import Catalog
from tenantstore.queries import Query, Scope
from tenantstore.testing.isolation.values import Connection


@dataclass(frozen=True, kw_only=True)
class _Choices:
    #: The column that says whose a row is.
    tenant_column: str = "customer_id"
    #: Where it does not: table to SQL about its row ``t``, true where ``%(customer_id)s`` may change it. ``items`` to
    #: ``t.owner_id = %(customer_id)s OR EXISTS (…)``. A table with neither is nobody's to change.
    writable: Mapping[str, str] = field(default_factory=dict)
    #: What ends a permission: a name to SQL in which ``%(customer_id)s`` is the customer who had it. No endings, no R.
    endings: Mapping[str, str] = field(default_factory=dict)
    #: Values for parameters, by name, where those that are in the database will not do.
    values: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    #: Names of columns whose value a statement makes up, so that it is another in each run: tokens, serial numbers.
    made_anew: frozenset[str] = frozenset()
    #: How many times each query is asked, at most, for each customer and in each mode.
    examples: int = 40


@dataclass(frozen=True)
class Isolation(_Choices):
    """A service's queries and its world.

    ``fill`` makes rows of several customers and gives those in whose names everything is asked; ``change`` makes all
    different that one of them may not see: changes, removes and adds. Both get a superuser's connection in autocommit.
    """

    catalog: Catalog
    fill: Callable[[Connection], Sequence[UUID]]
    change: Callable[[Connection, UUID], None]

    def names(self, scope: Scope) -> list[str]:
        """The queries of that scope, also those that nobody has declared."""
        return [name for name in self.catalog if self.catalog.source(name).scope is scope]

    def query(self, name: str) -> Query[Any]:
        """:raises AssertionError: when no module that is imported declares it."""
        if name not in self.catalog.declared:
            raise AssertionError(f"{name}.sql is declared by no module that is imported here")
        return self.catalog.declared[name]

    def may_write(self, name: str) -> bool:
        """Whether the query might change a row; of one that nobody declares, its text decides."""
        declared = self.catalog.declared.get(name)
        return declared.may_write if declared else self.catalog.source(name).writes
