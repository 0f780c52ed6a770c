"""Ephemeral PostgreSQL: a server for tests, the demo and scratch work, from what the machine has.

>>> with launch() as server:                      # doctest: +SKIP
...     server.create_database("mine")
...     psycopg.connect(server.dsn("mine"))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tenantstore.testing.errors import BypassesIsolation, NoProvider, ServerFailed
    from tenantstore.testing.launcher import available_providers, launch
    from tenantstore.testing.server import Server
    from tenantstore.testing.tenants import Tenant, Tenants

__all__ = [
    "BypassesIsolation",
    "NoProvider",
    "Server",
    "ServerFailed",
    "Tenant",
    "Tenants",
    "available_providers",
    "launch",
]
_HOMES = {
    "errors": ("BypassesIsolation", "NoProvider", "ServerFailed"),
    "launcher": ("available_providers", "launch"),
    "server": ("Server",),
    "tenants": ("Tenant", "Tenants"),
}


def __getattr__(name: str) -> Any:
    # Imported on first use: every pytest run of the environment imports this package, to find the plugin in it.
    from importlib import import_module

    for home, names in _HOMES.items():
        if name in names:
            if home == "launcher":
                import_module("tenantstore.driver")
            return getattr(import_module(f"tenantstore.testing.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
