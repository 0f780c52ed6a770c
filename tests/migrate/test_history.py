"""The history: found by its name, made where there is room for it, and telling who did what."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import ForeignHistory, Misconfigured, Refused
from tenantstore.migrate.history import find
from tests.migrate.conftest import MakeFolder

Connection = psycopg.Connection[Any]


def test_the_history_tells_who_and_from_where(dsn: str, connection: Connection, two: Path) -> None:
    migrate.up(dsn, two, limit=1)
    row = connection.execute(
        "SELECT applied_by, applied_from <> '', tool_version, duration_ms >= 0, applied_at <= now()"
        " FROM migration_history"
    ).fetchone()

    assert row == ("postgres", True, "0.1.0", True, True)


def test_a_table_of_another_tool_is_not_taken_for_a_history(dsn: str, connection: Connection, two: Path) -> None:
    connection.execute("CREATE TABLE schema_migrations (version bigint, dirty boolean); CREATE VIEW v AS SELECT 1")

    for name, told in [("schema_migrations", "not a history of this runner"), ("v", "is not a table")]:
        with pytest.raises(ForeignHistory, match=told):
            migrate.up(dsn, two, options=migrate.Options(table=name))
    for name in ("a.b.c", "not one"):
        with pytest.raises(Misconfigured, match="is not the name of a table"):
            migrate.up(dsn, two, options=migrate.Options(table=name))


def test_what_the_server_refuses_the_runner_itself_is_told_like_the_rest(
    dsn: str, connection: Connection, two: Path
) -> None:
    connection.execute(f"ALTER DATABASE {connection.info.dbname} SET role = pg_monitor")

    with pytest.raises(Refused, match="permission denied for schema public\nSQLSTATE 42501\nMigrate as the owner"):
        migrate.stamp(dsn, 1, two)


@pytest.mark.parametrize("text", ["SELECT 1;", "-- no-transaction\nSELECT 1;"])
@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("held.history", "made: permission denied for schema held\nSQLSTATE 42501"),
        ("hidden.history", "looked for: permission denied for schema hidden\nSQLSTATE 42501"),
        ("nowhere.history", 'made: schema "nowhere" does not exist\nSQLSTATE 3F000'),
    ],
)
def test_where_no_history_can_be_made_the_file_is_not_to_blame(
    dsn: str, connection: Connection, folder: MakeFolder, text: str, table: str, told: str
) -> None:
    connection.execute("CREATE SCHEMA hidden; CREATE SCHEMA held; GRANT USAGE ON SCHEMA held TO pg_monitor")
    connection.execute(f"ALTER DATABASE {connection.info.dbname} SET role = pg_monitor")

    with pytest.raises(Refused) as refused:
        migrate.up(dsn, folder({"1_a": text}), options=migrate.Options(table=table))
    assert str(refused.value) == (
        f"the history {table} cannot be {told}\n"
        "Migrate as the owner of the schema or grant CREATE on it, make it if there is none, or let\n"
        "`--table SCHEMA.NAME` name another place."
    )


def test_a_history_that_another_run_has_just_made_is_seen(dsn: str, connection: psycopg.Connection[Any]) -> None:
    with psycopg.connect(dsn, autocommit=True) as late:
        history = find(late, "migration_history")
        # As one who waits for the lock. By the second time the session has all it needs to answer from its cache alone.
        for _ in range(3):
            late.execute("ROLLBACK; BEGIN")
            before = late.execute("SELECT pg_try_advisory_xact_lock(%s)", [1]).fetchone(), history.exists(late)
        history.create(connection)
        after = late.execute("SELECT pg_try_advisory_xact_lock(%s)", [1]).fetchone(), history.exists(late)
        late.execute("ROLLBACK")

    assert (before, after) == (((True,), False), ((True,), True))
