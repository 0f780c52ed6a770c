"""Which columns a statement reads and which it writes, by the permissions that the server would ask for.

Views are followed to their tables, as a whole: what a query takes from a view reads all that the view reads. What
triggers and functions touch is in no statement and not told.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

from tenantstore.checking.analysis import Node, Oid, Relation, Schema, walk

_INSERT, _SELECT, _DELETE = 1, 2, 8
# Bits begin below zero, for the system's own columns.
_FIRST_BIT = 7

Names: TypeAlias = set[str]


def touched(tree: Node, schema: Schema) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is read and what is written, as ``table.column``, sorted.

    ``table.*`` is written where rows come or go whole, and ``table.`` is read where no more than their number counts.
    """
    reads, writes = _touched(tree, schema, None)
    return tuple(sorted(reads)), tuple(sorted(writes))


def _touched(tree: Node, schema: Schema, view: Oid | None) -> tuple[Names, Names]:
    reads: Names = set()
    writes: Names = set()
    for asked in _permissions(tree):
        relation = schema.relations[asked.relid]
        # Up to 15 a view's query begins with the view itself, as OLD and NEW.
        if relation.system or relation.oid == view:
            continue
        reads |= _names(relation, asked.selectedCols or [])
        if asked.requiredPerms & _SELECT and not asked.selectedCols:
            reads.add(f"{relation.name}.")
        written = _names(relation, [*(asked.insertedCols or []), *(asked.updatedCols or [])])
        if asked.requiredPerms & (_DELETE if written else _DELETE | _INSERT):
            written.add(f"{relation.name}.*")
        writes |= written
        if relation.kind == "v":
            below, _ = _touched(schema.view(relation.oid), schema, relation.oid)
            reads |= below
            writes |= below if written else set()
    return reads, writes


def _permissions(tree: Any) -> Iterator[Node]:
    """The nodes that say what is asked of a relation: entries of the range table, and from 16 on beside it."""
    for query in walk(tree):
        if query.tag != "QUERY":
            continue
        excluded = query.onConflict.exclRelIndex if query.onConflict else 0
        for at, entry in enumerate(query.rtable or [], 1):
            # EXCLUDED is the row that was to be inserted, not the table.
            if at == excluded or not entry.get("relid"):
                continue
            beside = entry.get("perminfoindex")
            if beside is None:
                yield entry
            elif beside:
                yield query.rteperminfos[beside - 1]


def _names(relation: Relation, bits: list[int]) -> Names:
    numbers = {bit - _FIRST_BIT for bit in bits}
    # Zero is the row as one value.
    chosen = relation.attributes if 0 in numbers else numbers & relation.attributes.keys()
    return {f"{relation.name}.{relation.attributes[number].name}" for number in chosen}
