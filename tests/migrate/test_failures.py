"""A failure says where it happened, with the line, the SQLSTATE, and what to do next: word for word."""

import pickle
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from tenantstore import migrate
from tenantstore.migrate.errors import Blocked, Drift, MigrationError, Refused, ServerGone, StatementFailed
from tenantstore.migrate.send import send
from tests.migrate.conftest import MakeFolder, wait_until

_NOTHING_STAYS = "\nNothing of this file stays. Mend it, and run `up` again."
_GOES_ON = (
    "\n{} of the {} statements of this file are done, and stay. Mend the rest, and\n"
    "run `up` again: it goes on where it stopped."
)
CASES = {
    "syntax": (
        "SELECT 1;\nCREATE TABEL a ();\n",
        '1_a.up.sql:2:8: syntax error at or near "TABEL"\n  2 | CREATE TABEL a ();\n    |        ^\n'
        "SQLSTATE 42601" + _NOTHING_STAYS,
    ),
    "multibyte, tab and CRLF": (
        "SELECT '日本';\r\n\tSELECT 'é日', nope;\r\n",
        "1_a.up.sql:2:15: column \"nope\" does not exist\n  2 | \tSELECT 'é日', nope;\n    | \t              ^\n"
        "SQLSTATE 42703" + _NOTHING_STAYS,
    ),
    "constraint": (
        "CREATE TABLE a (b int CHECK (b > 0));\n-- why\nINSERT INTO a\nVALUES (-1);\n",
        '1_a.up.sql:3:1: new row for relation "a" violates check constraint "a_b_check"\n'
        "  3 | INSERT INTO a\n    | ^\n"
        "SQLSTATE 23514\nDETAIL: Failing row contains (-1)." + _NOTHING_STAYS,
    ),
    "deferred to the commit": (
        "CREATE TABLE a (b int PRIMARY KEY, c int REFERENCES a DEFERRABLE INITIALLY DEFERRED);\n"
        "INSERT INTO a VALUES (1, 2);\n",
        '1_a.up.sql: when it was committed: insert or update on table "a" violates foreign key constraint "a_c_fkey"\n'
        'SQLSTATE 23503\nDETAIL: Key (c)=(2) is not present in table "a".' + _NOTHING_STAYS,
    ),
    "needs no transaction": (
        "CREATE TABLE a ();\nVACUUM a;\n",
        "1_a.up.sql:2:1: VACUUM cannot run inside a transaction block\n  2 | VACUUM a;\n    | ^\nSQLSTATE 25001\n"
        "Begin the file with `-- no-transaction`: each of its statements is then run on its own." + _NOTHING_STAYS,
    ),
    "sets the transaction": (
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n",
        "1_a.up.sql:1:1: SET TRANSACTION ISOLATION LEVEL must be called before any query\n"
        "  1 | SET TRANSACTION ISOLATION LEVEL SERIALIZABLE;\n    | ^\nSQLSTATE 25001\n"
        "The runner's transaction has begun before the file does: set this on the role or the database instead."
        + _NOTHING_STAYS,
    ),
    "enum value before its commit": (
        "CREATE TABLE a (b mood);\nALTER TYPE mood ADD VALUE 'ok';\nINSERT INTO a VALUES ('ok');\n",
        '1_a.up.sql:3:23: unsafe use of new value "ok" of enum type mood\n'
        "  3 | INSERT INTO a VALUES ('ok');\n    |                       ^\nSQLSTATE 55P04\n"
        "HINT: New enum values must be committed before they can be used.\n"
        "A value added to an enum is of use only after the commit: use it in the next migration." + _NOTHING_STAYS,
    ),
    "DO block": (
        "SELECT 1;\nDO $$\nBEGIN\n  RAISE EXCEPTION 'no: %', 42 USING HINT = 'think';\nEND\n$$;",
        "1_a.up.sql:2:1: no: 42\n  2 | DO $$\n    | ^\nSQLSTATE P0001\nHINT: think\n"
        "CONTEXT: PL/pgSQL function inline_code_block line 3 at RAISE" + _NOTHING_STAYS,
    ),
    "syntax of a DO block": (
        "SELECT 1;\nDO $$\nBEGIN\n  PERFORM 1\nEND\n$$;",
        "1_a.up.sql:6:1: syntax error at end of input\n  6 | $$;\n    | ^\nSQLSTATE 42601" + _NOTHING_STAYS,
    ),
    "DO block that commits": (
        "DO $$ BEGIN COMMIT; END $$;",
        "1_a.up.sql:1:1: invalid transaction termination\n  1 | DO $$ BEGIN COMMIT; END $$;\n    | ^\n"
        "SQLSTATE 2D000\nCONTEXT: PL/pgSQL function inline_code_block line 1 at COMMIT\n"
        "It commits by itself: begin the file with `-- no-transaction`." + _NOTHING_STAYS,
    ),
    "privilege": (
        "SET ROLE pg_monitor;\nCREATE TABLE a ();",
        "1_a.up.sql:2:14: permission denied for schema public\n  2 | CREATE TABLE a ();\n    |              ^\n"
        "SQLSTATE 42501\nMigrate as the owner of what is changed, or grant what is missing." + _NOTHING_STAYS,
    ),
    "timeout": (
        "SET statement_timeout = '1ms';\nSELECT pg_sleep(10);",
        "1_a.up.sql:2:1: canceling statement due to statement timeout\n  2 | SELECT pg_sleep(10);\n    | ^\n"
        "SQLSTATE 57014\n"
        "If it was cut off by a statement_timeout: `SET LOCAL statement_timeout = 0;` at the head of the file."
        + _NOTHING_STAYS,
    ),
    "there already": (
        "CREATE TABLE held ();",
        '1_a.up.sql:1:1: relation "held" already exists\n  1 | CREATE TABLE held ();\n    | ^\n'
        "SQLSTATE 42P07\nMade by hand? `stamp` adopts a database that stands at a version already." + _NOTHING_STAYS,
    ),
    "held by others": (
        "SELECT 1;\nALTER TABLE held ADD COLUMN a int;",
        "1_a.up.sql:2:1: canceling statement due to lock timeout\n  2 | ALTER TABLE held ADD COLUMN a int;\n    | ^\n"
        "SQLSTATE 55P03\nOthers held it for too long: end what blocks, or run again later; --wait tries for longer."
        + _NOTHING_STAYS,
    ),
    "without a transaction": (
        "-- no-transaction\nCREATE TABLE a (b int);\n\nINSERT INTO a\nVALUES (1),\n  (nope);\nSELECT 1;",
        '1_a.up.sql:6:4: column "nope" does not exist\n  6 |   (nope);\n    |    ^\nSQLSTATE 42703'
        + _GOES_ON.format(1, 3),
    ),
    "index of no table": (
        "-- no-transaction\nCREATE INDEX CONCURRENTLY a_b_idx;",
        '1_a.up.sql:2:34: syntax error at or near ";"\n  2 | CREATE INDEX CONCURRENTLY a_b_idx;\n'
        "    |                                  ^\nSQLSTATE 42601" + _GOES_ON.format(0, 1),
    ),
    "index whose name is none": (
        "-- no-transaction\nCREATE INDEX CONCURRENTLY 1a ON a (b);",
        '1_a.up.sql:2:27: trailing junk after numeric literal at or near "1a"\n'
        "  2 | CREATE INDEX CONCURRENTLY 1a ON a (b);\n    |                           ^\n"
        "SQLSTATE 42601" + _GOES_ON.format(0, 1),
    ),
    "index that could not be built": (
        "-- no-transaction\nCREATE TABLE a (b int);\nINSERT INTO a VALUES (1), (1);\n"
        "CREATE UNIQUE INDEX CONCURRENTLY a_b_idx ON a (b);",
        '1_a.up.sql:4:1: could not create unique index "a_b_idx"\n'
        "  4 | CREATE UNIQUE INDEX CONCURRENTLY a_b_idx ON a (b);\n    | ^\n"
        "SQLSTATE 23505\nDETAIL: Key (b)=(1) is duplicated.\n"
        "An INVALID index is left, which serves no query and costs every write. The next run drops it first; or by "
        "hand:\nDROP INDEX CONCURRENTLY public.a_b_idx;" + _GOES_ON.format(2, 3),
    ),
    "index that was INVALID before": (
        "-- no-transaction\nCREATE TABLE a (b int);\nCREATE INDEX a_b_idx ON a (b);\n"
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'a_b_idx'::regclass;\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_b_idx ON a (b);",
        "1_a.up.sql:5:1: the index is INVALID: it was there before, and IF NOT EXISTS passed over it\n"
        "  5 | CREATE INDEX CONCURRENTLY IF NOT EXISTS a_b_idx ON a (b);\n    | ^\n"
        "An INVALID index is left, which serves no query and costs every write. Drop it before the next run:\n"
        "DROP INDEX CONCURRENTLY public.a_b_idx;" + _GOES_ON.format(3, 4),
    ),
    "password in the line": (
        "ALTER ROLE nobody_at_all PASSWORD 'hunter2' NONSENSE;",
        '1_a.up.sql:1:45: unrecognized role option "nonsense"\n'
        "  1 | ALTER ROLE nobody_at_all PASSWORD '*******' NONSENSE;\n"
        "    |                                             ^\nSQLSTATE 42601" + _NOTHING_STAYS,
    ),
    "password on its own line": (
        "ALTER ROLE nobody_at_all\n  PASSWORD\n'hunter2' NONSENSE;",
        "1_a.up.sql:3:11: unrecognized role option \"nonsense\"\n  3 | '*******' NONSENSE;\n    |           ^\n"
        "SQLSTATE 42601" + _NOTHING_STAYS,
    ),
    "password in an EXECUTE": (
        "DO $$ BEGIN EXECUTE 'ALTER ROLE nobody_at_all PASSWORD ''hunter2'' NONSENSE'; END $$;",
        '1_a.up.sql:1:1: unrecognized role option "nonsense"\n'
        "  1 | DO $$ BEGIN EXECUTE 'ALTER ROLE nobody_at_all PASSWORD ''*******'' NONSENSE'; END $$;\n    | ^\n"
        "SQLSTATE 42601\nQUERY: ALTER ROLE nobody_at_all PASSWORD '*******' NONSENSE\n"
        "CONTEXT: PL/pgSQL function inline_code_block line 1 at EXECUTE" + _NOTHING_STAYS,
    ),
}


@pytest.fixture
def prepared(dsn: str) -> str:
    """The database, with an enum and a table that somebody else holds."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE held ()")
    return dsn


def _failure(dsn: str, folder: Path) -> MigrationError:
    options = migrate.Options(wait_seconds=0, lock_timeout_seconds=0.05)
    with psycopg.connect(dsn) as holder:
        holder.execute("LOCK TABLE held IN ACCESS SHARE MODE")
        with pytest.raises(MigrationError) as failed:
            migrate.up(dsn, folder, options=options)
    return failed.value


@pytest.mark.parametrize(("text", "told"), CASES.values(), ids=CASES)
def test_a_failure_says_where_and_what_next(prepared: str, folder: MakeFolder, text: str, told: str) -> None:
    where = folder({"1_a": text})

    assert str(_failure(prepared, where)).replace(f"{where}/", "") == told


def test_a_failure_on_the_way_down_names_the_down_file(prepared: str, folder: MakeFolder) -> None:
    where = folder({"1_a": ("SELECT 1;", "\n\n  DROP TABLE nope;")})
    migrate.up(prepared, where)

    with pytest.raises(
        StatementFailed, match=r"1_a\.down\.sql:3:3: table \"nope\" does not exist\n  3 \|   DROP TABLE"
    ):
        migrate.down(prepared, where)


def test_a_down_file_that_was_changed_after_its_up_file_was_applied_is_told_so(dsn: str, two: Path) -> None:
    migrate.up(dsn, two)
    (two / "2_b.down.sql").write_text("DROP TABLE other;")
    migrate.repair(dsn, two)

    with pytest.raises(StatementFailed) as failed:
        migrate.redo(dsn, two)
    assert failed.value.advice == (
        "Misspelt? Or changed after its up file was applied, which `repair` lets pass?"
        " It has to undo what was applied, not what the up file says now.\n"
        "Nothing of this file stays. Mend it, and run `down` again (a number counts from this file on)."
    )


def test_failures_pickle(prepared: str, folder: MakeFolder) -> None:
    failure = _failure(prepared, folder({"1_a": "ALTER TABLE held ADD COLUMN a int;"}))
    again = pickle.loads(pickle.dumps(failure))

    assert (type(again), str(again), again.exit_code) == (Blocked, str(failure), 6)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Drift("2 b", "Give it back.", "Elsewhere?"), "2 b\nElsewhere?\nGive it back."),
        (Refused("no", "42501", "Ask."), "no\nSQLSTATE 42501\nAsk."),
        (Refused("no", None), "no"),
    ],
)
def test_what_an_error_carries_outlives_pickling(failure: MigrationError, told: str) -> None:
    again = pickle.loads(pickle.dumps(failure))

    assert (str(again), vars(again)) == (told, vars(failure))


@pytest.mark.parametrize("mark", ["", "-- no-transaction\n"])
def test_a_connection_that_breaks_says_that_nothing_is_lost(prepared: str, folder: MakeFolder, mark: str) -> None:
    where = folder({"1_a": f"{mark}CREATE TABLE a ();\nSELECT pg_terminate_backend(pg_backend_pid());"})

    with pytest.raises(ServerGone) as failed:
        migrate.up(prepared, where)
    assert str(failed.value) == (
        "1_a.up: the connection broke: terminating connection due to administrator command\n"
        "What was done, the history knows: `status` shows it, and `up` or `down` goes on from there."
    )


class _Hasty:
    """What a connection sends by, interrupted as soon as it has sent."""

    def __init__(self, pgconn: Any) -> None:
        self._pgconn = pgconn

    def send_query(self, text: bytes) -> None:
        self._pgconn.send_query(text)
        raise KeyboardInterrupt

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pgconn, name)


def test_an_interruption_just_after_the_sending_stops_the_server(dsn: str, connection: psycopg.Connection[Any]) -> None:
    with psycopg.connect(dsn, autocommit=True) as mine:
        mine.pgconn = cast(Any, _Hasty(mine.pgconn))
        with pytest.raises(KeyboardInterrupt):
            send(mine, "SELECT pg_sleep(60)")
        closed = mine.closed
    # It ends when the server has heard of it, which is soon.
    running = "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
    wait_until(connection, f"SELECT WHERE NOT EXISTS ({running})")

    assert closed
