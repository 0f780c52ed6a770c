"""Statements that nobody thought of: none gives a null or a second row where the proof says that it cannot."""

import os
import random
from dataclasses import dataclass, field

import psycopg

from tenantstore.checking.analysis import NotAnalysed, Schema, analyse
from tenantstore.checking.cardinality import Bound, at_most_one
from tenantstore.checking.nullability import columns
from tests.checking.nullability.compose import Composer
from tests.checking.nullability.conftest import Look
from tests.checking.nullability.data import fill

_STATEMENTS = 5000 if os.environ.get("TENANTSTORE_SOAK") else 120
_SEED = 4


@dataclass
class Tally:
    """``ran`` statements were executed; ``promised`` of their columns are never null, ``single`` give one row."""

    ran: int = 0
    promised: int = 0
    single: int = 0
    lies: list[str] = field(default_factory=list)


def rows_of(look: Look, sql: str, chance: random.Random, size: int) -> list[tuple[object, ...]] | None:
    """What a statement gives on new rows, which are taken back; None where it fails on them."""
    try:
        with look.transaction(force_rollback=True):
            fill(look, chance, size)
            return look.execute(sql.encode()).fetchall()
    except psycopg.Error:
        return None


def lies(sql: str, rows: list[tuple[object, ...]], nullable: list[bool], bound: Bound | None) -> list[str]:
    """What the rows show not to be as proven."""
    found = [
        f"a null: {sql}" for row in rows for value, may in zip(row, nullable, strict=True) if not may and value is None
    ]
    if bound and len(rows) > 1:
        found.append(f"{len(rows)} rows: {sql}")
    if bound and bound.exactly and not rows:
        found.append(f"no row: {sql}")
    return found


def test_no_composed_statement_shows_the_proof_wrong(look: Look) -> None:
    look.execute("SET LOCAL statement_timeout = '10s'")
    schema, chance, tally = Schema(look), random.Random(_SEED), Tally()
    composer = Composer(chance)

    for _ in range(_STATEMENTS):
        sql = composer.statement()
        try:
            analysis = analyse(look, sql)
        except NotAnalysed:
            continue
        nullable = [column.nullable for column in columns(analysis, schema)]
        bound = at_most_one(analysis, schema)
        tried = [rows for size in range(3) if (rows := rows_of(look, sql, chance, size)) is not None]
        tally.ran += bool(tried)
        tally.promised += nullable.count(False)
        tally.single += bound is not None
        tally.lies += [lie for rows in tried for lie in lies(sql, rows, nullable, bound)]

    enough = tally.ran > 0.8 * _STATEMENTS and tally.promised > tally.ran / 2 and tally.single > tally.ran / 10
    assert (tally.lies, enough) == ([], True), tally
