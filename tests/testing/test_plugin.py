"""The plugin as a service sees it: its fixtures with every provider, what it says, and what it refuses."""

import re
from pathlib import Path

import psycopg
import pytest

from tenantstore.testing import Server
from tests.testing.project import USES, Project, header, summary

ROLE = "CREATE ROLE {} LOGIN NOINHERIT"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def options(provider: str, request: pytest.FixtureRequest, project: Project) -> list[str]:
    """The options for a provider that is there; otherwise the test is skipped."""
    if provider == "dsn":
        project.environment["TENANTSTORE_TEST_DSN"] = request.getfixturevalue("own_server").dsn()
        return []
    if provider in ("local", "docker"):
        request.getfixturevalue("server15" if provider == "local" else "docker_server")
    return ["--ts-provider", provider, "--ts-image", "postgres:15"]


LEAVES = """
import psycopg

connections = []

def test_leaves_a_connection(ts_db):
    connections.append(psycopg.connect(ts_db))
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
@pytest.mark.parametrize("provider", ["dsn", "embedded", "local", "docker"])
def test_the_fixtures_do_the_same_with_every_provider(
    provider: str, workers: list[str], project: Project, request: pytest.FixtureRequest
) -> None:
    project.write("test_uses.py", USES)
    done = project.run(*options(provider, request, project), *workers)

    assert (summary(done), done.returncode) == ("7 passed", 0)
    assert f"({provider})" in header(done)


def test_an_ordinary_role_that_may_make_databases_and_roles_is_enough(project: Project, own_server: Server) -> None:
    with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
        admin.execute("CREATE ROLE ci LOGIN CREATEDB CREATEROLE")
        admin.execute("CREATE DATABASE ci OWNER ci")
    project.write("test_uses.py", USES)
    project.write("test_leaves.py", LEAVES)
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn("ci", "ci")
    done = project.run("-n", "2")

    assert (summary(done), done.returncode) == ("8 passed", 0)
    with psycopg.connect(own_server.dsn()) as admin:
        assert not admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 'ts\\_run\\_%'").fetchall()


def test_the_header_says_what_is_running(project: Project) -> None:
    project.write("test_uses.py", USES)
    first = project.run("--ts-provider", "embedded")

    assert re.fullmatch(
        r"tenantstore: PostgreSQL 18\.\d+ \(embedded\) in …, template (built|found) in …, role ts_app", header(first)
    )


def test_a_run_that_uses_none_of_it_starts_nothing_and_imports_no_driver(project: Project) -> None:
    project.write(
        "conftest.py",
        "import sys\n"
        "def pytest_unconfigure():\n"
        "    print('loaded', sorted(n for n in sys.modules if n.startswith(('psycopg', 'tenantstore'))))\n",
    )
    project.write("test_nothing.py", "def test_nothing():\n    pass\n")
    done = project.run("-p", "no:postgresql", "--ts-provider", "docker")
    (loaded,) = re.findall(r"^loaded (.*)$", done.stdout, re.MULTILINE)
    fixtures = [name for name in eval(loaded) if not name.startswith("tenantstore.testing.fixtures")]

    assert header(done) == ""
    assert fixtures == [
        "tenantstore",
        "tenantstore.testing",
        "tenantstore.testing.plugin",
        "tenantstore.testing.settings",
    ]


def test_nothing_is_started_to_list_the_tests(project: Project) -> None:
    project.write("test_uses.py", USES)
    done = project.run("--collect-only", "--ts-provider", "dsn")

    assert (header(done), done.returncode) == ("", 0)


def test_without_a_server_the_run_ends_with_what_to_do(project: Project) -> None:
    project.write("test_uses.py", USES)
    done = project.run("--ts-provider", "dsn")

    assert done.returncode == 4
    assert done.stderr.strip() == (
        "ERROR: tenantstore: no PostgreSQL to run on\n"
        "  dsn: TENANTSTORE_TEST_DSN is not set\n"
        "    to fix it: export TENANTSTORE_TEST_DSN=postgresql://USER:PASSWORD@HOST/postgres"
    )


REFUSED = {
    "a superuser": (
        "ALTER ROLE app SUPERUSER",
        "it is a superuser",
        "ALTER ROLE app NOSUPERUSER",
    ),
    "BYPASSRLS": (
        "ALTER ROLE app BYPASSRLS",
        "it is BYPASSRLS",
        "ALTER ROLE app NOBYPASSRLS",
    ),
    "a member of one": (
        "CREATE ROLE chief BYPASSRLS; GRANT chief TO app",
        "it is a member of chief, which is BYPASSRLS",
        "REVOKE chief FROM app",
    ),
    "the owner": (
        "GRANT CREATE ON SCHEMA public TO app; CREATE TABLE mine (); ALTER TABLE mine OWNER TO app",
        "it is the owner of mine",
        "let another role run the migrations than app",
    ),
}


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "two workers"])
@pytest.mark.parametrize("kind", REFUSED)
def test_a_role_that_no_policy_holds_ends_the_run(
    kind: str, workers: list[str], project: Project, own_server: Server
) -> None:
    power, reason, fix = REFUSED[kind]
    with psycopg.connect(own_server.dsn(), autocommit=True) as admin:
        admin.execute(ROLE.format("app").encode())
        if kind == "the owner":
            project.write("migrations/001_mine.up.sql", f"{power};")
            project.write("migrations/001_mine.down.sql", "DROP TABLE mine;")
            project.configure("ts_role = app\nts_migrations =\n    tenantstore\n    migrations\n")
        else:
            admin.execute(power.encode())
            project.configure("ts_role = app\n")
    project.write("test_uses.py", USES)
    project.environment["TENANTSTORE_TEST_DSN"] = own_server.dsn()
    done = project.run(*workers)

    message = (
        f"tenantstore: row-level security does not hold the role app: {reason}. "
        "Tests that log in with it show nothing about isolation.\n"
        f"  to fix it: {fix}\n"
        "  or name a role that is not there yet (ts_role in pytest's configuration), which is then made with\n"
        "    CREATE ROLE … LOGIN NOINHERIT IN ROLE tenantstore_tenant, tenantstore_operator"
    )
    assert message in done.stdout + done.stderr
    assert ("passed" in done.stdout, done.returncode) == (False, 2 if workers else 4)


def test_a_services_own_role_and_migrations_are_used_and_settings_are_carried(project: Project) -> None:
    up = (
        "CREATE TABLE notes (id int); CREATE ROLE shop LOGIN NOINHERIT IN ROLE tenantstore_tenant;\n"
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = notes, public', current_database()); END $$;"
    )
    project.write("sql/own/001_notes.up.sql", up)
    project.write("sql/own/001_notes.down.sql", "DROP TABLE notes;")
    project.write("sql/more/001_words.up.sql", "CREATE TABLE words (id int);")
    project.write("sql/more/001_words.down.sql", "DROP TABLE words;")
    project.configure(
        "ts_role = shop\nts_settings =\n    max_connections = 33\n"
        "ts_migrations =\n    tenantstore\n    sql/own\n    sql/more\n"
    )
    project.write(
        "test_own.py",
        "import psycopg\n"
        "def test_own(ts_db, ts_admin):\n"
        "    with psycopg.connect(ts_db) as c:\n"
        "        who = c.execute('SELECT current_user::text, current_setting(%s), current_setting(%s)',\n"
        "                        ['search_path', 'max_connections']).fetchone()\n"
        "    assert who == ('shop', 'notes, public', '33')\n"
        "    query = 'SELECT tablename FROM pg_tables WHERE tablename = ANY(%s) ORDER BY 1'\n"
        "    names = ['customers', 'migration_history', 'migration_history_2', 'notes', 'words']\n"
        "    assert [name for (name,) in ts_admin.execute(query, [names])] == names\n",
    )
    runs = [project.run("--ts-provider", "embedded") for _ in range(2)]

    assert [summary(done) for done in runs] == ["1 passed"] * 2
    assert "template found" in header(runs[1])


@pytest.mark.parametrize(("ini", "notes"), [("", 1), ("ts_migrations = tenantstore\n", 0)])
def test_without_ts_migrations_they_are_those_of_the_check(ini: str, notes: int, project: Project) -> None:
    project.write("pyproject.toml", '[tool.tenantstore.check]\nmigrations = ["tenantstore", "sql"]\n')
    project.write("sql/001_notes.up.sql", "CREATE TABLE notes (id int);")
    project.write("sql/001_notes.down.sql", "DROP TABLE notes;")
    project.configure(ini)
    project.write(
        "test_notes.py",
        "def test_notes(ts_admin):\n"
        "    query = \"SELECT tablename FROM pg_tables WHERE tablename IN ('customers', 'notes') ORDER BY 1\"\n"
        f"    assert ts_admin.execute(query).fetchall() == [('customers',), ('notes',)][:{1 + notes}]\n",
    )

    assert summary(project.run("--ts-provider", "embedded")) == "1 passed"


@pytest.mark.parametrize("migrations", ['["nowhere"]', "1"])
def test_folders_of_the_check_that_make_no_sense_are_an_error(migrations: str, project: Project) -> None:
    project.write("pyproject.toml", f"[tool.tenantstore.check]\nmigrations = {migrations}\n")
    project.write("test_uses.py", USES)
    done = project.run()

    assert ("[tool.tenantstore.check] migrations" in done.stderr, done.returncode) == (True, 4)


@pytest.mark.parametrize(
    ("ini", "said"),
    [
        ("ts_migrations = nowhere\n", "ERROR: ts_migrations: there is no folder {folder}/nowhere"),
        ("ts_settings = jit\n", "ERROR: ts_settings: 'jit' is not name = value"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_an_error(ini: str, said: str, project: Project) -> None:
    project.configure(ini)
    project.write("test_uses.py", USES)
    done = project.run()

    assert (done.stderr.strip(), done.returncode) == (said.format(folder=project.folder), 4)


def test_workers_stop_for_a_migration_that_fails_and_do_not_blame_the_server(project: Project) -> None:
    project.write("migrations/001_wrong.up.sql", "SELECT nothing;\n")
    project.write("migrations/001_wrong.down.sql", "SELECT 1;")
    project.configure("ts_migrations = migrations\n")
    project.write("test_uses.py", USES)
    done = project.run("--ts-provider", "embedded", "-n", "2")

    assert ("there is no database to test on" in done.stdout, "001_wrong.up.sql:1:8" in done.stdout) == (True, True)
    assert done.returncode == 2


def test_a_migration_that_fails_ends_the_run_with_its_place(project: Project) -> None:
    project.write("migrations/001_wrong.up.sql", "CREATE TABLE t (id int);\nSELECT nothing;\n")
    project.write("migrations/001_wrong.down.sql", "DROP TABLE t;")
    project.configure("ts_migrations = migrations\n")
    project.write("test_uses.py", USES)
    done = project.run("--ts-provider", "embedded")

    assert "001_wrong.up.sql:2:8" in done.stderr
    assert done.returncode == 4
