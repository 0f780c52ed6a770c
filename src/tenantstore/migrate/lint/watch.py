"""What a statement did to the tables that were there before its file: locks, rewrites, scans, index builds.

Nothing is concluded from the text of a statement. The server's own books are read before and after it: ``pg_locks`` of
the backend that ran it, the file nodes in ``pg_class``, and how often each table was scanned in this transaction. All
of that is counted for empty tables too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tenantstore.migrate.connect import Connection
from tenantstore.migrate.lint.locks import strength, strongest

# A partition goes by the name of the whole table.
_RELATIONS = """
SELECT
    c.oid,
    c.relkind,
    c.relfilenode,
    c.reltablespace,
    coalesce(i.indrelid, c.oid) AS "table",
    format('%I.%I', n.nspname, r.relname) AS name,
    pg_catalog.pg_stat_get_xact_numscans(c.oid) AS scans
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = c.oid
INNER JOIN pg_catalog.pg_class AS r
    ON r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'i', 'I') AND n.nspname !~ '^pg_'
"""
_LOCKS = """
SELECT l.relation, l.mode
FROM pg_catalog.pg_locks AS l
WHERE
    l.pid = coalesce(%s, pg_catalog.pg_backend_pid())
    AND l.locktype = 'relation'
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A row of ``pg_class`` for a table or an index of the table ``table``."""

    oid: int
    kind: str
    file: int
    tablespace: int
    table: int
    name: str
    scans: int

    @property
    def is_index(self) -> bool:
        """Whether it belongs to a table."""
        return self.table != self.oid


Relations = Mapping[int, Relation]
Locks = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a statement did, by the names of tables; ``locks`` it took, ``held`` is what its transaction had by then.

    ``built`` are pairs of a table and an index of it.
    """

    locks: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    rewritten: Sequence[str] = ()
    scanned: Sequence[str] = ()
    emptied: Sequence[str] = ()
    built: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """The server's books at one moment."""

    relations: Relations
    locks: Locks


def look(connection: Connection) -> Look:
    """Read them, in the transaction whose statements are watched."""
    rows = connection.execute(_RELATIONS).fetchall()
    return Look({row[0]: Relation(*row) for row in rows}, locks_of(connection))


def locks_of(connection: Connection, pid: int | None = None) -> Locks:
    """The strongest lock of a backend on each relation, by default of the connection's own; also one it waits for."""
    found: dict[int, list[str]] = {}
    for relation, mode in connection.execute(_LOCKS, [pid]):
        found.setdefault(relation, []).append(mode)
    return {relation: strongest(modes) for relation, modes in found.items()}


def effect(there: Relations, before: Look, after: Look, alone: bool = False) -> Effect:
    """What came between two looks, on the tables that were ``there`` before the file.

    What ran ``alone``, in no transaction, leaves no count of scans: there, a new file is taken for a rewrite.
    """
    rewritten, scanned, emptied = set[str](), set[str](), set[str]()
    built = set[tuple[str, str]]()
    for table in (relation for relation in there.values() if not relation.is_index):
        now, was = after.relations.get(table.oid), before.relations.get(table.oid)
        if now is None or was is None:
            continue
        indexes = _built(table.oid, before.relations, after.relations)
        # Each index that is filled is one scan of its table.
        scans = now.scans - was.scans - len(indexes)
        if (now.file, now.tablespace) != (was.file, was.tablespace):
            # A rewrite scans once more than its indexes need, if by an index; TRUNCATE does not.
            by_index = _index_scans(table.oid, after.relations) - _index_scans(table.oid, before.relations)
            moved = now.tablespace != was.tablespace or now.kind == "m" or alone
            (rewritten if moved or scans + by_index > 0 else emptied).add(table.name)
            continue
        built |= {(table.name, index.name) for index in indexes}
        if scans > 0 and not alone:
            scanned.add(table.name)
    had, held = _by_table(there, before.locks), _by_table(there, after.locks)
    taken = {table: mode for table, mode in held.items() if strength(mode) > strength(had.get(table))}
    return Effect(taken, held, sorted(rewritten), sorted(scanned), sorted(emptied), sorted(built))


def _by_table(there: Relations, locks: Locks) -> dict[str, str]:
    """Locks by the names of tables. Who plans a query locks the indexes too: one on an index counts for its table."""
    found: dict[str, list[str]] = {}
    for oid, mode in locks.items():
        if oid in there and there[oid].table in there:
            found.setdefault(there[there[oid].table].name, []).append(mode)
    return {name: strongest(modes) for name, modes in sorted(found.items())}


def _built(table: int, before: Relations, after: Relations) -> list[Relation]:
    """Indexes of a table with a new file. A new index may go on with the file of an old one."""
    files = {index.file for index in before.values()}
    ours = (index for index in after.values() if index.is_index and index.table == table)
    return [index for index in ours if index.kind == "i" and index.file not in files]


def _index_scans(table: int, relations: Relations) -> int:
    return sum(index.scans for index in relations.values() if index.is_index and index.table == table)


def as_dict(effect: Effect) -> dict[str, Any]:
    """For JSON."""
    return {
        "locks": dict(effect.locks),
        "rewritten": list(effect.rewritten),
        "scanned": list(effect.scanned),
        "emptied": list(effect.emptied),
        "built": [f"{index} on {table}" for table, index in effect.built],
    }
