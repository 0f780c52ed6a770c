"""Every query of ours on rows with nulls wherever they may stand: what is proven of it holds."""

import os
import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import Connection, RawCursor, sql

from tenantstore.checking.analysis import Schema, analyse
from tenantstore.checking.cardinality import at_most_one
from tenantstore.checking.nullability import columns
from tenantstore.queries import CATALOG
from tests.checking.conftest import TEMPLATE, LaunchMigrated
from tests.isolation.functions import FUNCTIONS, call, cases
from tests.isolation.world import ADA, DEVICES, EVE, GRANTEES, HAL, populate

Admin = Connection[tuple[Any, ...]]

_ALL = bool(os.environ.get("TENANTSTORE_SOAK"))
PEOPLE = [ADA, EVE, HAL, GRANTEES[-1]] if _ALL else [ADA, GRANTEES[-1]]
PHONES = [*DEVICES] if _ALL else ["shared", "stray"]
# Columns that may be null, but for keys: those decide whether a query finds anything.
_NULLABLE = """
SELECT a.attrelid::regclass::text, a.attname
FROM pg_attribute AS a
INNER JOIN pg_class AS c ON c.oid = a.attrelid
WHERE
    c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
    AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull AND a.attgenerated = ''
    AND (%(keys)s OR NOT EXISTS (
        SELECT FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype <> 'c' AND a.attnum = ANY (k.conkey)
    ))
ORDER BY 1, 2
"""


@pytest.fixture(params=[15, 18])
def admin(request: pytest.FixtureRequest, launch_migrated: LaunchMigrated) -> Iterator[Admin]:
    """The superuser in a migrated database with a small world in it, in a transaction that is rolled back."""
    server = launch_migrated(request.param, None)
    with psycopg.connect(server.dsn(TEMPLATE)) as connection:
        populate(connection)
        yield connection
        connection.rollback()


def empty(admin: Admin, keys: bool) -> int:
    """Make null what may be, whatever triggers would say; the number of columns."""
    admin.execute("SET LOCAL session_replication_role = replica")
    done = 0
    for table, column in admin.execute(_NULLABLE, {"keys": keys}).fetchall():
        statement = sql.SQL("UPDATE {} SET {} = NULL").format(sql.SQL(table), sql.Identifier(column))
        try:
            with admin.transaction():
                admin.execute(statement)
            done += 1
        except psycopg.errors.CheckViolation:
            continue
    admin.execute("SET LOCAL session_replication_role = origin")
    return done


def rows_of(admin: Admin, text: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """What a statement gives, undone; nothing where it fails."""
    try:
        with admin.transaction(force_rollback=True), RawCursor(admin) as cursor:
            cursor.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []
    except psycopg.Error:
        return []


def arguments() -> Iterator[tuple[str, list[Any]]]:
    """Of every function, and for each device and person, the query's name and its parameters; some of them None."""
    chance = random.Random(7)
    for name in sorted(FUNCTIONS):
        for case in cases(name):
            for device in PHONES:
                for person in PEOPLE:
                    statement = call(case, device, person)
                    statement.hand_over()
                    values = list(statement.parameters.values())
                    yield statement.query.name, values
                    if person is ADA:
                        yield statement.query.name, [chance.choice((value, None)) for value in values]


@pytest.mark.parametrize("emptied", ["nothing", "what is no key", "everything"])
def test_no_query_of_ours_shows_the_proof_wrong(admin: Admin, emptied: str) -> None:
    schema = Schema(admin)
    proven: dict[tuple[str, frozenset[int]], list[bool]] = {}
    analyses = {name: analyse(admin, CATALOG.source(name).sql) for name in CATALOG}
    bounds = {name: at_most_one(analysis, schema) for name, analysis in analyses.items()}
    if emptied != "nothing":
        assert empty(admin, emptied == "everything") > 20
    lies, answered = set(), set()

    for name, values in arguments():
        given = frozenset(number for number, value in enumerate(values, 1) if value is not None)
        if (name, given) not in proven:
            proven[name, given] = [column.nullable for column in columns(analyses[name], schema, given)]
        nullable = proven[name, given]
        rows = rows_of(admin, analyses[name].sql, values)
        answered |= {name} if rows else set()
        nulls = {place for row in rows for place, value in enumerate(row) if value is None and not nullable[place]}
        lies |= {f"{name}: {analyses[name].outputs[place].name}" for place in nulls}
        if bounds[name] and len(rows) > 1:
            lies.add(f"{name}: {len(rows)} rows")

    assert (sorted(lies), len(answered) > len(analyses) / 3) == ([], True), sorted(answered)
