"""Indexes that a cut-off CREATE INDEX CONCURRENTLY leaves behind: there, of no use, and in the way of the next try."""

import re
from dataclasses import dataclass
from typing import Literal

from tenantstore.migrate.connect import Connection
from tenantstore.migrate.statements import Statement

# One that somebody else is building at this moment is not a ruin. A partitioned index waits for its last part.
_INVALID = """
SELECT i.indexrelid, format('%I.%I', n.nspname, c.relname)
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE
    NOT i.indisvalid
    AND c.relkind = 'i'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_progress_create_index AS p
        WHERE p.index_relid = i.indexrelid AND p.pid <> pg_backend_pid()
    )
ORDER BY 2
"""
_CREATED = """
SELECT format('%%I.%%I', n.nspname, c.relname), i.indisvalid
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indrelid = to_regclass(%s) AND c.relname = (parse_ident(%s))[1]::name
"""
_DROPPED = """
SELECT format('%%I.%%I', n.nspname, c.relname), i.indisvalid
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE i.indexrelid = to_regclass(%s)
"""
# As to_regclass and parse_ident read it. One with U& is none to them, nor is what the server's parser refuses.
_NAME = re.compile(r'"(?:[^"]|"")+"|[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*')


@dataclass(frozen=True, slots=True)
class Build:
    """A statement that makes or drops the index ``name`` (as written) while the table stays in use."""

    action: Literal["create", "drop"]
    name: str
    table: str = ""


def build(statement: Statement) -> Build | None:
    """What a CREATE or DROP INDEX CONCURRENTLY of a named index is about; None for anything else."""
    lead = list(statement.lead)
    words = [word.upper() for word in lead]
    match words:
        case ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", *_]:
            rest = lead[4:]
        case ["CREATE" | "DROP", "INDEX", "CONCURRENTLY", *_]:
            rest = lead[3:]
        case _:
            return None
    if words[0] == "DROP":
        rest = _without(rest, "IF", "EXISTS")
        return Build("drop", _qualified(rest)) if _is_named(rest) else None
    rest = _without(rest, "IF", "NOT", "EXISTS")
    table = _without(rest[2:], "ONLY")
    if not _is_named(rest) or [word.upper() for word in rest[1:2]] != ["ON"] or not _is_named(table):
        return None
    return Build("create", rest[0], _qualified(table))


def may_ruin(statement: Statement) -> bool:
    """Whether a statement, when it fails, may leave an INVALID index that :func:`build` does not name."""
    return "CONCURRENTLY" in map(str.upper, statement.lead)


def state(connection: Connection, wanted: Build) -> tuple[str, bool] | None:
    """The full name of the index and whether it is valid; None when there is none."""
    if wanted.action == "create":
        row = connection.execute(_CREATED, [wanted.table, wanted.name]).fetchone()
    else:
        row = connection.execute(_DROPPED, [wanted.name]).fetchone()
    return (row[0], row[1]) if row else None


def invalid(connection: Connection) -> dict[int, str]:
    """The indexes of no use, by oid, that nobody else is building."""
    return dict(connection.execute(_INVALID).fetchall())


def _without(lead: list[str], *words: str) -> list[str]:
    """The tokens after these words, if they begin with them."""
    count = len(words)
    return lead[count:] if tuple(map(str.upper, lead[:count])) == words else lead


def _is_named(lead: list[str]) -> bool:
    """Whether they begin with a name."""
    return bool(lead) and _NAME.fullmatch(lead[0]) is not None


def _qualified(lead: list[str]) -> str:
    """A name with its schema, and its database, if it is written with them, from the tokens that begin with it."""
    parts = 1
    while lead[parts : parts + 1] == ["."]:
        parts += 2
    return "".join(lead[:parts])
