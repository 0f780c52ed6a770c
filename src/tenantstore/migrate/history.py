"""The history: a table of one row a version, which the runner itself creates.

It is always named with its schema, whatever a file does to the search path.
"""

import hashlib
import socket
from dataclasses import asdict, dataclass
from typing import LiteralString

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier
from psycopg.types.json import Jsonb

from tenantstore import __version__
from tenantstore.migrate.connect import Connection
from tenantstore.migrate.errors import ForeignHistory, Misconfigured, Refused
from tenantstore.migrate.files import Migration
from tenantstore.migrate.planning import Applied, Progress
from tenantstore.migrate.shown import one_line

_CREATE = """
CREATE TABLE {table} (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    up_checksum text NOT NULL,
    down_checksum text,
    applied_at timestamptz NOT NULL,
    duration_ms bigint,
    applied_by text NOT NULL,
    applied_from text NOT NULL,
    tool_version text NOT NULL,
    progress jsonb
)
"""
_COMMENT = "COMMENT ON TABLE {table} IS 'Which migrations are applied. Written by tenantstore migrate.'"
_READ = """
SELECT
    version,
    name,
    up_checksum,
    down_checksum,
    applied_at,
    duration_ms,
    applied_by,
    applied_from,
    tool_version,
    progress
FROM {table}
ORDER BY version
"""
_WRITE = """
INSERT INTO {table}
VALUES (%s, %s, %s, %s, clock_timestamp(), %s, session_user, %s, %s, %s)
ON CONFLICT (version) DO UPDATE
SET
    name = excluded.name,
    up_checksum = excluded.up_checksum,
    down_checksum = excluded.down_checksum,
    applied_at = excluded.applied_at,
    duration_ms = excluded.duration_ms,
    applied_by = excluded.applied_by,
    applied_from = excluded.applied_from,
    tool_version = excluded.tool_version,
    progress = excluded.progress
"""
_REPAIR = "UPDATE {table} SET up_checksum = %s, down_checksum = %s WHERE version = %s"
_EXISTS = """
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class AS c
    INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = %s
)
"""
_FIND = """
SELECT
    n.nspname,
    c.relname,
    c.relkind,
    current_schema(),
    p.parts
FROM (SELECT parse_ident(%s) AS parts) AS p
LEFT JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(%s)
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
"""

_NO_PLACE = (
    "Migrate as the owner of the schema or grant CREATE on it, make it if there is none, or let\n"
    "`--table SCHEMA.NAME` name another place."
)


@dataclass(slots=True)
class History:
    """The table, by its schema and name. ``seen`` says that it was read once, and need not be looked for any more."""

    schema: str
    name: str
    seen: bool = False

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def lock_key(self) -> int:
        """The advisory lock of everybody who changes this history."""
        return int.from_bytes(hashlib.sha256(f"{self.schema}\0{self.name}".encode()).digest()[:8], "big", signed=True)

    def exists(self, connection: Connection) -> bool:
        """Whether the table is there.

        Read in the catalog itself: after a wait for the lock, ``to_regclass`` may still answer from the session's cache
        that there is none, though another run has just made it.
        """
        row = connection.execute(_EXISTS, [self.schema, self.name]).fetchone()
        return row is not None and bool(row[0])

    def create(self, connection: Connection) -> None:
        """Make the table where it is missing. To be called under the lock.

        :raises Refused: when there is no right to make it, or no such schema.
        """
        if self.seen or self.exists(connection):
            return
        try:
            connection.execute(_named(self, _CREATE))
            connection.execute(_named(self, _COMMENT))
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidSchemaName) as error:
            problem = f"the history {one_line(str(self))} cannot be made: {one_line(str(error.diag.message_primary))}"
            raise Refused(problem, error.sqlstate, _NO_PLACE) from None

    def read(self, connection: Connection) -> list[Applied]:
        """The rows, the lowest version first; none without a table.

        :raises ForeignHistory: when the table has other columns.
        """
        self.seen = self.seen or self.exists(connection)
        if not self.seen:
            return []
        try:
            rows = connection.cursor(row_factory=dict_row).execute(_named(self, _READ)).fetchall()
        except psycopg.errors.UndefinedColumn as error:
            problem = f"{self} is not a history of this runner: {error.diag.message_primary}"
            raise ForeignHistory(problem, "`--table` names another table.") from None
        return [Applied(**{**row, "progress": row["progress"] and Progress(**row["progress"])}) for row in rows]

    def write(
        self,
        connection: Connection,
        migration: Migration,
        duration_ms: int | None,
        progress: Progress | None = None,
    ) -> None:
        """Set the row of a version that is applied or, with ``progress``, half done."""
        down = migration.down.checksum if migration.down else None
        files = [migration.version, migration.name, migration.up.checksum, down]
        origin = [duration_ms, socket.gethostname(), __version__, Jsonb(asdict(progress)) if progress else None]
        connection.execute(_named(self, _WRITE), [*files, *origin])

    def set_progress(self, connection: Connection, version: int, progress: Progress) -> None:
        """Note how far a file without a transaction has come."""
        values = [Jsonb(asdict(progress)), version]
        connection.execute(_named(self, "UPDATE {table} SET progress = %s WHERE version = %s"), values)

    def delete(self, connection: Connection, version: int) -> None:
        """Remove the row of a version that was taken down."""
        connection.execute(_named(self, "DELETE FROM {table} WHERE version = %s"), [version])

    def repair(self, connection: Connection, migration: Migration) -> None:
        """Take the checksums of the files into the row."""
        down = migration.down.checksum if migration.down else None
        connection.execute(_named(self, _REPAIR), [migration.up.checksum, down, migration.version])


def find(connection: Connection, name: str) -> History:
    """The table that the name means: the one that is there, else one in the current schema.

    :raises Misconfigured: when the name is not one of a table, or there is no schema to make it in.
    :raises ForeignHistory: when it is something else than a table.
    :raises Refused: when its schema may not be looked into.
    """
    try:
        row = connection.execute(_FIND, [name, name]).fetchone()
    except (psycopg.errors.InvalidParameterValue, psycopg.errors.FeatureNotSupported, UnicodeEncodeError):
        raise Misconfigured(f"{name!r} is not the name of a table", "Write NAME or SCHEMA.NAME.") from None
    except psycopg.errors.InsufficientPrivilege as error:
        problem = f"the history {one_line(name)} cannot be looked for: {one_line(str(error.diag.message_primary))}"
        raise Refused(problem, error.sqlstate, _NO_PLACE) from None
    assert row is not None, "the parts of the name make one row"
    schema, relation, kind, current, parts = row
    if relation is not None:
        if kind not in {"r", "p"}:
            raise ForeignHistory(f"{schema}.{relation} is not a table", "`--table` names another table.")
        return History(schema, relation)
    if len(parts) > 2:
        raise Misconfigured(f"{name!r} is not the name of a table", "Write NAME or SCHEMA.NAME.")
    if len(parts) == 1 and current is None:
        raise Misconfigured("no schema of the search path exists", "`--table SCHEMA.NAME` says where the history is.")
    return History(parts[0] if len(parts) == 2 else current, parts[-1])


def _named(history: History, statement: LiteralString) -> Composed:
    return SQL(statement).format(table=Identifier(history.schema, history.name))
