"""Somebody else's folder, with what such folders hold, and with its own history beside ours in one database."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tests.migrate.conftest import MakeFolder, Texts

_PAIRS: dict[str, Texts] = {
    "8_only_comments": ("-- Nothing to do; yet.\n/* COMMIT; */\n", ""),
    "9_function": (
        "CREATE FUNCTION f(n int) RETURNS int LANGUAGE plpgsql AS $body$\nBEGIN\n  RETURN n; -- $$;\nEND;\n$body$;\n"
        "CREATE TABLE log (b int DEFAULT f(1));",
        "DROP TABLE log;\nDROP FUNCTION f;",
    ),
    "10_atomic": (
        "CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END;\n"
        "CREATE OR REPLACE PROCEDURE p(n int) BEGIN ATOMIC\n  INSERT INTO log VALUES (n);\nEND;\nCALL p(7);",
        "DROP PROCEDURE p;\nDROP FUNCTION g;",
    ),
    "000011_enum": (
        "CREATE TYPE mood AS ENUM ('sad', 'ok');\nALTER TYPE mood ADD VALUE 'fine' AFTER 'sad';",
        "DROP TYPE mood;",
    ),
    "000012_enum_used": (
        "-- no-transaction\nALTER TYPE mood ADD VALUE 'happy';\nCREATE TABLE moods (m mood DEFAULT 'happy');",
        "DROP TABLE moods;",
    ),
    "13_partitions": (
        "CREATE TABLE parts (at date NOT NULL) PARTITION BY RANGE (at);\n"
        "CREATE TABLE parts_2024 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');\n"
        "CREATE INDEX parts_at_idx ON ONLY parts (at);",
        "DROP TABLE parts;",
    ),
    "14_extension": (
        "CREATE EXTENSION IF NOT EXISTS plpgsql;\nCREATE SCHEMA s;\nSET search_path = s;\nCREATE TABLE t ();",
        "DROP SCHEMA s CASCADE;",
    ),
    "15_crlf": (
        b"\xef\xbb\xbf-- Written on Windows\r\nCREATE TABLE crlf (\r\n  b text DEFAULT 'a\r\nb'\r\n);\r\n\r\n",
        b"DROP TABLE crlf;\r\n",
    ),
    "16_commits": (
        "-- no-transaction: it commits by itself\n"
        "DO $$ BEGIN FOR n IN 1..3 LOOP INSERT INTO log VALUES (n); COMMIT; END LOOP; END $$;\n"
        "CREATE INDEX CONCURRENTLY ON log (b);",
        "-- no-transaction\nDROP INDEX CONCURRENTLY log_b_idx;\nDELETE FROM log WHERE b < 4;",
    ),
    "17_copy_on_the_server": ("COPY log TO PROGRAM 'cat > /dev/null';\nCOPY log FROM '/dev/null';", ""),
}


@pytest.fixture
def theirs(folder: MakeFolder) -> Path:
    """The folder, with a README in it."""
    where = folder(_PAIRS)
    (where / "README.md").write_text("How we migrate.")
    return where


def _objects(connection: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace NOT IN"
        " ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace) ORDER BY 1"
    ).fetchall()


def test_it_passes_the_check(theirs: Path) -> None:
    assert migrate.check(theirs) == []


def test_it_runs_up_and_down_beside_ours(dsn: str, connection: psycopg.Connection[Any], theirs: Path) -> None:
    ours = migrate.up(dsn)
    migrate.up(dsn, theirs, limit=1)
    before = _objects(connection)
    up = [done.step.migration.version for done in migrate.up(dsn, theirs)]
    rows = connection.execute("SELECT b FROM log ORDER BY b").fetchall()
    histories = connection.execute(
        "SELECT (SELECT count(*) FROM tenantstore_migrations), (SELECT array_agg(version) FROM migration_history)"
    ).fetchone()
    down = [done.step.migration.version for done in migrate.down(dsn, theirs, to=8)]

    assert (up, down) == ([*range(9, 18)], [*range(17, 8, -1)])
    assert rows == [(1,), (2,), (3,), (7,)]
    assert histories == (len(ours), [*range(8, 18)])
    assert _objects(connection) == before
    assert migrate.up(dsn) == []


def test_the_history_may_lie_in_a_schema_of_its_own(
    dsn: str, connection: psycopg.Connection[Any], folder: MakeFolder
) -> None:
    connection.execute('CREATE SCHEMA "Ops"')
    where = folder({"1_a": ("SET search_path = pg_catalog;\nCREATE TABLE public.a ();", "DROP TABLE public.a;")})
    options = migrate.Options(table='"Ops"."our history"')
    up, again, down = (
        migrate.up(dsn, where, options=options),
        migrate.up(dsn, where, options=options),
        migrate.down(dsn, where, options=options),
    )

    assert (len(up), len(again), len(down)) == (1, 0, 1)
    assert connection.execute('SELECT count(*) FROM "Ops"."our history"').fetchone() == (0,)


def test_two_histories_are_changed_side_by_side(dsn: str, folder: MakeFolder) -> None:
    where = folder({"1_a": "CREATE TABLE a ();"})
    with psycopg.connect(dsn, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [migrate.history.History("public", "theirs").lock_key])

        assert len(migrate.up(dsn, where, options=migrate.Options(wait_seconds=0))) == 1
