"""Queries: hand-written ``.sql`` files, declared by name.

``many``, ``one``, ``optional``, ``scalar`` and ``affected`` declare a query of this library's own ``sql/`` folder; a
service declares its own with a :class:`Catalog`::

    catalog = Catalog(Path(__file__).parent / "sql")
    _LIST_LATE = catalog.many(Invoice, "invoices/list_late")
"""

from tenantstore.queries.catalog import Catalog
from tenantstore.queries.source import Scope, Source
from tenantstore.queries.statement import Query, Shape, Statement
from tenantstore.resources import folder

CATALOG = Catalog(folder("sql"))
many = CATALOG.many
one = CATALOG.one
optional = CATALOG.optional
scalar = CATALOG.scalar
affected = CATALOG.affected

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
