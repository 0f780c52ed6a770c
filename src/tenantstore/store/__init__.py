"""Stores and scopes: the only part of the library that touches a connection."""

import tenantstore.driver  # noqa: F401  # first: what it raises says what to install
from tenantstore.store.aio import AsyncScope, AsyncStore, AsyncTenantScope, AsyncTransaction
from tenantstore.store.blocking import Scope, Store, TenantScope, Transaction

__all__ = [
    "AsyncScope",
    "AsyncStore",
    "AsyncTenantScope",
    "AsyncTransaction",
    "Scope",
    "Store",
    "TenantScope",
    "Transaction",
]
