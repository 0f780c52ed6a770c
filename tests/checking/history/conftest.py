"""A service whose last release lies beside it: notes, which are their tenants'."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tenantstore.checking.tenancy import EVERY, Named, Table, TenantModel
from tenantstore.queries import Catalog, Query, Shape
from tenantstore.testing import Server

FIRST = """\
-- What the first release had.
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE notes (
    id integer PRIMARY KEY,
    tenant_id integer NOT NULL,
    title varchar(50) NOT NULL,
    state text NOT NULL,
    mood mood NOT NULL,
    code integer UNIQUE
);
CREATE FUNCTION length_of(title text) RETURNS integer LANGUAGE sql IMMUTABLE RETURN length(title);
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = 'notes_tenant') THEN
        CREATE ROLE notes_tenant NOLOGIN;
    END IF;
END
$$;
GRANT SELECT ON notes TO notes_tenant;
"""
QUERIES = {
    "get": """\
-- scope: tenant
SELECT
    n.id,
    n.title,
    n.state,
    n.mood
FROM notes AS n
WHERE n.tenant_id = :customer_id AND n.id = :note_id;
""",
    "by_code": """\
-- scope: operator
SELECT
    n.id,
    length_of(n.title) AS length
FROM notes AS n
WHERE n.code = :code;
""",
    "list_all": """\
-- scope: operator
SELECT n.*
FROM notes AS n
ORDER BY n.id;
""",
}
WRITE = """\
-- scope: operator
UPDATE notes AS n
SET state = :state, code = length_of(n.title)
WHERE n.id = :note_id;
"""
MODEL = TenantModel({"notes": Table((Named("tenant_id", ("owner",)),), reads=EVERY)}, role="notes_tenant")

NewFolder: TypeAlias = Callable[[str, Mapping[str, str], Mapping[str, str]], Path]


@pytest.fixture
def new_folder(tmp_path: Path) -> NewFolder:
    """A folder with ``sql`` and ``migrations``: texts of queries, and of up and down files, by name."""

    def new_folder(name: str, queries: Mapping[str, str], migrations: Mapping[str, str]) -> Path:
        folder = tmp_path / name
        for kind, texts in (("sql", queries), ("migrations", {"001_first.up.sql": FIRST, **migrations})):
            (folder / kind).mkdir(parents=True)
            for file, text in texts.items():
                (folder / kind / (file if file.endswith(".sql") else f"{file}.sql")).write_text(text)
        (folder / "migrations/001_first.down.sql").write_text(
            "-- Loses all.\nDROP FUNCTION length_of;\nDROP TABLE notes;\nDROP TYPE mood;\n"
        )
        return folder

    return new_folder


@pytest.fixture
def scratch_dsn(server: Server) -> str:
    return server.dsn()


def queries_of(folder: Path) -> list[Query[Any]]:
    """All that are in the folder's ``sql``, of no record."""
    catalog = Catalog(folder / "sql")
    return [Query(catalog.source(name), Shape.AFFECTED, int) for name in catalog]
