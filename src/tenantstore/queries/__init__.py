"""Queries: hand-written ``.sql`` files, declared by name.

``many``, ``one``, ``optional``, ``scalar`` and ``affected`` declare a query of this library's own ``sql/`` folder; a
service declares its own with a :class:`Catalog`::

    catalog = Catalog(Path(__file__).parent / "sql")
    _LIST_LATE = catalog.many(Invoice, "invoices/list_late")
"""

from typing import TypeVar

from tenantstore.queries.catalog import Catalog
from tenantstore.queries.source import Scope, Source
from tenantstore.queries.statement import Query, Shape, Statement
from tenantstore.resources import folder

R = TypeVar("R")

CATALOG = Catalog(folder("sql"))


def many(record: type[R], name: str) -> Query[list[R]]:
    """See :meth:`Catalog.many`, and so for the others."""
    return CATALOG.many(record, name)


def one(record: type[R], name: str) -> Query[R]:
    return CATALOG.one(record, name)


def optional(record: type[R], name: str) -> Query[R | None]:
    return CATALOG.optional(record, name)


def scalar(value: type[R], name: str) -> Query[R]:
    return CATALOG.scalar(value, name)


def affected(name: str) -> Query[int]:
    return CATALOG.affected(name)


__all__ = [
    "CATALOG",
    "Catalog",
    "Query",
    "Scope",
    "Shape",
    "Source",
    "Statement",
    "affected",
    "many",
    "one",
    "optional",
    "scalar",
]
