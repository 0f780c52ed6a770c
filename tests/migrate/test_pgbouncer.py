"""Behind a real PgBouncer in transaction mode, where a session is nobody's own."""

from typing import Any

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import PoolerBetween
from tests.fix_pgbouncer import Pool
from tests.migrate.conftest import MakeFolder, Start, fingerprint, wait_until


@pytest.fixture(params=[1, 3], ids=["one connection", "three connections"])
def pooled(dsn: str, request: pytest.FixtureRequest, pooled_by: Pool) -> str:
    """A DSN that leads to the database through a pooler that has so many connections to give."""
    return pooled_by(dsn, request.param)


def test_files_run_through_a_pooler_and_leave_nothing_on_its_connections(
    pooled: str, connection: psycopg.Connection[Any], folder: MakeFolder
) -> None:
    where = folder({"1_a": ("CREATE TABLE log (b int); SET search_path = nowhere;", "DROP TABLE log;")})
    up = [str(done.step) for done in migrate.up(pooled, where)]
    again, down = migrate.up(pooled, where), [str(done.step) for done in migrate.down(pooled, where)]
    with psycopg.connect(pooled) as client:
        path = client.execute("SHOW search_path").fetchone()
    locks = connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone()

    assert (up, again, down, path, locks) == (["1_a.up"], [], ["1_a.down"], ('"$user", public',), (0,))


def test_runs_at_once_through_a_pooler_run_each_file_once(
    pooled: str, connection: psycopg.Connection[Any], folder: MakeFolder, start: Start
) -> None:
    where = folder({f"{n}_a": f"CREATE TABLE t{n} (); SELECT pg_sleep(0.01);" for n in range(1, 6)})
    processes = [start("up", "--dsn", pooled, "--dir", where) for _ in range(4)]
    ended = [(process.communicate(), process.returncode) for process in processes]
    done = [line.split(":")[0] for (out, _), _ in ended for line in out.splitlines() if "done in" in line]

    failed = [(code, err) for (_, err), code in ended if code]

    assert (failed, sorted(done)) == ([], [f"{n}_a.up" for n in range(1, 6)])


def test_a_file_without_a_transaction_is_refused_with_advice(
    pooled: str, dsn: str, connection: psycopg.Connection[Any], folder: MakeFolder
) -> None:
    where = folder(
        {"1_a": "CREATE TABLE log (b int);", "2_b": "-- no-transaction\nCREATE INDEX CONCURRENTLY ON log (b);"}
    )
    with pytest.raises(PoolerBetween) as refused:
        migrate.up(pooled, where)
    before = fingerprint(connection)

    assert (str(refused.value), refused.value.exit_code, [s.standing for s in migrate.status(pooled, where)]) == (
        "a file without a transaction needs a session of its own, and a pooler such as PgBouncer stands between\n"
        "Run it with a DSN that leads to the server itself.",
        2,
        ["applied", "pending"],
    )
    assert [row for row in before if row[1] == "index"] == []
    assert [str(done.step) for done in migrate.up(dsn, where)] == ["2_b.up"]


def test_a_run_that_was_killed_behind_a_pooler_leaves_no_lock(
    pooled: str, connection: psycopg.Connection[Any], folder: MakeFolder, start: Start
) -> None:
    where = folder({"1_a": "CREATE TABLE log (b int); SELECT pg_advisory_xact_lock(4711);"})
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(4711)")
        killed = start("up", "--dsn", pooled, "--dir", where, "--lock-timeout", "1m")
        wait_until(connection, "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        killed.kill()
        killed.wait()

    assert [str(done.step) for done in migrate.up(pooled, where)] == ["1_a.up"]
