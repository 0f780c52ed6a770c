"""Raw-SQL data access for multi-tenant PostgreSQL."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantstore.queries import Catalog as Catalog
    from tenantstore.queries import Statement as Statement
    from tenantstore.store import AsyncStore as AsyncStore
    from tenantstore.store import Store as Store

__version__ = "0.1.0"
__all__ = ["AsyncStore", "Catalog", "Statement", "Store"]

_HOMES = {
    "AsyncStore": "tenantstore.store",
    "Catalog": "tenantstore.queries",
    "Statement": "tenantstore.queries",
    "Store": "tenantstore.store",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: the command line and the test plugin must not pay for psycopg before they need it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
