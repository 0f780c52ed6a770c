"""What a database is made of, as text: every object by kind and name, with a definition that holds no oid.

Each ``.sql`` file here reads one family of catalogs. Roles are the cluster's and not the database's; rows are data, and
so is how far a sequence has come. What an extension brings along is the extension's.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tenantstore.migrate.connect import Connection
from tenantstore.migrate.shown import one_line

# Where the runner keeps its own table on a scratch database; no part of what is compared.
OWN_SCHEMA = "tenantstore_scratch"

_SHARED = f"""
WITH visible AS MATERIALIZED (
    SELECT n.oid
    FROM pg_namespace AS n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '{OWN_SCHEMA}')
),

extended AS MATERIALIZED (
    SELECT d.classid, d.objid FROM pg_depend AS d WHERE d.deptype = 'e'
)
"""


class Thing(NamedTuple):
    """An object of a database: ``kind`` as people call it, ``name`` with its schema."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {one_line(self.name)}"


Catalogs = Mapping[Thing, str]


def read(connection: Connection) -> Catalogs:
    """Every object with its definition. Names in it are written in full, whatever the search path was."""
    with connection.transaction():
        connection.execute("SET LOCAL search_path = pg_catalog")
        rows = connection.execute(_statement()).fetchall()
    return {Thing(kind, name): definition for kind, name, definition in rows}


@cache
def _statement() -> bytes:
    files = sorted(Path(__file__).parent.glob("*.sql"))
    return (_SHARED + "\nUNION ALL\n".join(file.read_text(encoding="utf-8") for file in files)).encode()
