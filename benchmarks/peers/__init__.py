"""Other ways to a customer's list of phones, each as its documentation has it, with the same text on the same server.

Each module has ``calls(dsn, given)``, a context manager with the calls by name. All log in as the superuser, whom no
policy holds, on a connection of their own in autocommit, and give the 28 columns of a ``Device``.
"""

from typing import Any

Given = dict[str, Any]

QUERY = "devices/list_by_customer"
