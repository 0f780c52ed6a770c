"""``verify``: up, down, up on a scratch database, and what differs afterwards."""

import json
import re
import signal
import time
from pathlib import Path

import psycopg
import pytest

from tenantstore.migrate import lint, scratch, verify
from tenantstore.migrate.errors import Misconfigured, StatementFailed
from tenantstore.testing import Server
from tests.migrate.conftest import MakeFolder, Start

_TABLE = (
    "CREATE TABLE t (id integer PRIMARY KEY, a integer DEFAULT 5, b text);\n"
    "CREATE INDEX t_a_idx ON t (a);\n"
    "CREATE POLICY own ON t USING (a = 1) WITH CHECK (a = 1);\n"
    "GRANT SELECT ON t TO PUBLIC;\n"
    "COMMENT ON COLUMN t.b IS 'What it is.';\n",
    "DROP TABLE t;\n",
)
_GONE = "nothing of that name"


def told(folder: Path, file: str, verdict: str, thing: str, before: str, after: str) -> str:
    return f"{folder / file}: {verdict}: {thing}\n  before: {before}\n  after:  {after}"


def databases(server: Server) -> list[str]:
    with psycopg.connect(server.dsn()) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 'tenantstore_scratch%'"
        ).fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize(
    ("up", "down", "thing", "before", "after"),
    [
        (
            "ALTER TABLE t ALTER a SET DEFAULT 6;",
            "ALTER TABLE t ALTER a DROP DEFAULT;",
            "column public.t.a",
            "integer, default 5",
            "integer",
        ),
        (
            "DROP POLICY IF EXISTS own ON t;",
            "",
            "policy public.t.own",
            "permissive for all to public using (a = 1) with check (a = 1)",
            _GONE,
        ),
        (
            "REVOKE SELECT ON t FROM PUBLIC;",
            "",
            "table public.t",
            "owner postgres, grants =r/postgres postgres={all}/postgres",
            "owner postgres, grants postgres={all}/postgres",
        ),
        (
            "DROP INDEX IF EXISTS t_a_idx;",
            "",
            "index public.t.t_a_idx",
            "CREATE INDEX t_a_idx ON public.t USING btree (a)",
            _GONE,
        ),
        (
            "COMMENT ON COLUMN t.b IS 'Old.';",
            "COMMENT ON COLUMN t.b IS NULL;",
            "comment on table column public.t.b",
            "What it is.",
            _GONE,
        ),
        (
            "DROP INDEX t_a_idx; DROP POLICY own ON t; ALTER TABLE t ADD old integer;"
            "UPDATE t SET old = a; ALTER TABLE t DROP a;",
            "ALTER TABLE t RENAME old TO a; ALTER TABLE t ALTER a SET DEFAULT 5; CREATE INDEX t_a_idx ON t (a);"
            "CREATE POLICY own ON t USING (a = 1) WITH CHECK (a = 1);",
            "column order public.t.*",
            "id, a, b",
            "id, b, a",
        ),
    ],
    ids=["a column default", "a policy", "a grant", "an index", "a comment", "a column's place"],
)
def test_what_a_down_file_loses_is_named_with_both_definitions(
    any_server: Server, folder: MakeFolder, up: str, down: str, thing: str, before: str, after: str
) -> None:
    where = folder({"001_table": _TABLE, "002_change": (up, down or "SELECT 1;")})
    every = {"all": "arwdDxtm" if any_server.version >= 17 else "arwdDxt"}

    found = verify.verify(where, any_server.dsn())

    assert [str(difference) for difference in found] == [
        told(
            where,
            "002_change.down.sql",
            "does not undo its up file",
            thing,
            before.format(**every),
            after.format(**every),
        )
    ]


def test_what_a_down_file_leaves_behind_is_named_once_with_all_its_parts(server: Server, folder: MakeFolder) -> None:
    where = folder(
        {"001_left": ("CREATE TABLE IF NOT EXISTS t (id integer PRIMARY KEY, a integer UNIQUE);", "SELECT 1;")}
    )

    (found,) = verify.verify(where, server.dsn())

    assert (found.stage, str(found.thing), found.expected) == ("down", "table public.t", None)


def test_what_comes_out_otherwise_the_second_time_is_the_up_file_s(server: Server, folder: MakeFolder) -> None:
    up = "CREATE SCHEMA IF NOT EXISTS kept; CREATE TABLE kept.t (id integer);"
    again = "DO $$ BEGIN IF to_regnamespace('once') IS NOT NULL THEN CREATE VIEW v AS SELECT 1 AS a; END IF; END $$;"
    where = folder({"001_twice": (f"{up}{again}", "DROP SCHEMA kept CASCADE; CREATE SCHEMA once;")})

    found = verify.verify(where, server.dsn())

    assert [(each.path.name, each.stage, str(each.thing)) for each in found] == [
        ("001_twice.down.sql", "down", "schema once"),
        ("001_twice.up.sql", "up again", "schema once"),
        ("001_twice.up.sql", "up again", "view public.v"),
    ]


def test_what_stands_in_the_way_of_the_second_up_is_told_before_its_failure(server: Server, folder: MakeFolder) -> None:
    where = folder({"001_left": ("CREATE TABLE t (id integer);", "SELECT 1;"), "002_unseen": "SELECT 1;"})

    left, stopped = verify.verify(where, server.dsn())

    assert str(left.thing) == "table public.t"
    assert str(stopped).splitlines()[:4] == [
        f"{where}/001_left.up.sql: fails, perhaps for what is told above: file 001_left.up.sql",
        "  before: goes through",
        f"""  after:  {where}/001_left.up.sql:1:1: relation "t" already exists""",
        "            1 | CREATE TABLE t (id integer);",
    ]


def test_a_down_file_that_fails_is_an_error_with_its_place(server: Server, folder: MakeFolder) -> None:
    where = folder({"001_wrong": ("CREATE TABLE t (id integer);", "DROP TABLE u;")})

    with pytest.raises(StatementFailed, match=re.escape('001_wrong.down.sql:1:1: table "u" does not exist')) as failed:
        verify.verify(where, server.dsn())
    assert databases(server) == []
    # Not `down`: what that undoes is in somebody's own database.
    assert str(failed.value).endswith("Mend it, and run the same command again.")


def test_files_without_a_transaction_and_without_a_way_back_are_run_too(server: Server, folder: MakeFolder) -> None:
    where = folder({"001_table": _TABLE})
    (where / "002_final.up.sql").write_text("-- irreversible: gone is gone\nALTER TABLE t DROP COLUMN b;\n")
    (where / "003_index.up.sql").write_text("-- no-transaction\nCREATE INDEX CONCURRENTLY i ON t (id);\n")
    (where / "003_index.down.sql").write_text("-- no-transaction\nDROP INDEX CONCURRENTLY i;\n")

    assert verify.verify(where, server.dsn()) == []


def test_a_role_that_was_there_before_is_not_dropped(server: Server, folder: MakeFolder) -> None:
    drop = "DO $$ BEGIN DROP ROLE verify_elder; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END $$;"
    where = folder({"001_role": ("SELECT 1;", drop)})
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE verify_elder")

        verify.verify(where, server.dsn())

        admin.execute("DROP ROLE verify_elder")


def test_the_scratch_database_goes_also_after_an_interrupt(server: Server, folder: MakeFolder, start: Start) -> None:
    process = start("verify", "--dir", folder({"001_long": "SELECT pg_sleep(60);"}), "--scratch-dsn", server.dsn())
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        while not admin.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'").rowcount:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)

    process.send_signal(signal.SIGINT)

    assert (process.wait(timeout=20), databases(server)) == (130, [])


def test_who_may_not_make_a_database_is_told_what_to_do(server: Server, folder: MakeFolder) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE verify_poor LOGIN")
        with pytest.raises(Misconfigured) as caught, scratch.scratch(server.dsn(user="verify_poor")):
            pass
        admin.execute("DROP ROLE verify_poor")

    assert str(caught.value) == (
        "the scratch database: permission denied to create database\n"
        "The role that --scratch-dsn names needs CREATEDB; without --scratch-dsn a server of its own is launched."
    )


def test_where_no_server_can_be_launched_the_launcher_s_reasons_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTSTORE_TEST_DSN", "host=/nowhere")

    with pytest.raises(
        Misconfigured, match=r"no server for the scratch database\n[\s\S]*dsn[\s\S]*--scratch-dsn names one"
    ):
        scratch.scratch().__enter__()


def test_the_command_launches_a_server_and_exits_4_on_a_difference(folder: MakeFolder, start: Start) -> None:
    where = folder({"001_left": ("CREATE SCHEMA IF NOT EXISTS left_behind;", "SELECT 1;")})
    process = start("verify", "--dir", where, "--json", TENANTSTORE_SCRATCH_DSN="", TENANTSTORE_TEST_DSN="")

    output, _ = process.communicate(timeout=60)

    (found,) = json.loads(output)["findings"]
    assert (process.returncode, found["file"], found["stage"], found["name"], found["expected"]) == (
        4,
        str(where / "001_left.down.sql"),
        "down",
        "left_behind",
        None,
    )


def test_our_own_migrations_undo_what_they_do(any_server: Server) -> None:
    assert verify.verify(None, any_server.dsn()) == []


def test_a_folder_that_stands_on_another_is_tried_on_top_of_it(
    server: Server, folder: MakeFolder, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    base.mkdir()
    (base / "1_a.up.sql").write_text("CREATE TABLE owners (id integer PRIMARY KEY, customer_id integer UNIQUE);")
    (base / "1_a.down.sql").write_text("DROP TABLE owners;")
    where = folder({"1_b": ("CREATE TABLE things (owner_id integer REFERENCES owners);", "DROP TABLE things;")})
    with pytest.raises(
        StatementFailed, match=r'relation "owners" does not exist[\s\S]*`verify` and `lint` also take `--base'
    ):
        verify.verify(where, server.dsn())
    report = lint.lint(where, server.dsn(), base)

    assert (verify.verify(where, server.dsn(), base), [finding.code for finding in report.findings]) == ([], [])
