"""Ephemeral PostgreSQL: a server for tests, the demo and scratch work, from what the machine has.

>>> with launch() as server:                      # doctest: +SKIP
...     server.create_database("mine")
...     psycopg.connect(server.dsn("mine"))
"""

from tenantstore.testing.errors import NoProvider, ServerFailed
from tenantstore.testing.launcher import available_providers, launch
from tenantstore.testing.server import Server

__all__ = ["NoProvider", "Server", "ServerFailed", "available_providers", "launch"]
