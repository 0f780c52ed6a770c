"""Databases on a server of any provider, its DSNs, its restart."""

import os
import signal
import threading
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from tenantstore.testing import Server, launch


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def databases(server: Server) -> set[object]:
    return {name for (name,) in rows(server.dsn(), "SELECT datname FROM pg_database")}


def test_a_database_is_empty_and_the_superusers(database: str) -> None:
    query = "SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = 'public'), current_user::text"

    assert rows(database, query) == [(0, "postgres")]


def test_the_version_is_the_servers(any_server: Server) -> None:
    assert rows(any_server.dsn(), "SELECT current_setting('server_version_num')::int / 10000") == [
        (any_server.version,)
    ]


@pytest.mark.parametrize("name", ["plain", 'with "quotes" and spaces', "Größe", "a/b?c=d&e#f%20", "x=y'z\\"])
def test_a_database_of_any_name_is_made_reached_and_dropped(any_server: Server, name: str) -> None:
    any_server.create_database(name)
    reached = rows(any_server.dsn(name), "SELECT current_database()::text")
    any_server.drop_database(name)

    assert (reached, name in databases(any_server)) == ([(name,)], False)


def test_a_copy_has_what_its_template_has(any_server: Server) -> None:
    any_server.create_database("model")
    with psycopg.connect(any_server.dsn("model")) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n")
    any_server.create_database("copy", "model")
    copied = rows(any_server.dsn("copy"), "SELECT n FROM t")
    for name in ("copy", "model"):
        any_server.drop_database(name)

    assert copied == [(1,)]


@pytest.mark.parametrize("refusal", [errors.InternalError_, errors.InsufficientPrivilege, errors.IoError])
def test_a_kernel_that_cannot_copy_leaves_it_to_the_server(
    server: Server, monkeypatch: pytest.MonkeyPatch, refusal: type[psycopg.Error]
) -> None:
    if server.version < 18:
        pytest.skip("before 18 the server copies by itself")
    execute, refused = psycopg.Connection.execute, []

    def refuse(connection: psycopg.Connection[Any], query: Any, *rest: Any) -> Any:
        text = query if isinstance(query, str) else query.as_string(connection)
        if text.startswith("CREATE DATABASE") and execute(connection, "SHOW file_copy_method").fetchone() == ("clone",):
            refused.append(text)
            raise refusal("could not clone file")
        return execute(connection, query, *rest)

    monkeypatch.setattr(psycopg.Connection, "execute", refuse)
    with server.another() as other:
        for name in ("first", "second"):
            other.create_database(name)
            other.drop_database(name)

    assert len(refused) == 1


def test_a_name_that_is_taken_and_one_that_is_not_there_are_errors(any_server: Server) -> None:
    with pytest.raises(errors.DuplicateDatabase):
        any_server.create_database("postgres")
    with pytest.raises(errors.InvalidCatalogName):
        any_server.drop_database("nothing")


def test_who_stays_connected_is_thrown_out_of_a_dropped_database(any_server: Server) -> None:
    any_server.create_database("busy")
    with psycopg.connect(any_server.dsn("busy")) as connection:
        any_server.drop_database("busy")

        with pytest.raises(errors.AdminShutdown):
            connection.execute("SELECT 1")
    assert "busy" not in databases(any_server)


def test_who_leaves_in_time_is_waited_for(any_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    # However slow the machine is.
    monkeypatch.setattr("tenantstore.testing.server._LEAVE_SECONDS", 60.0)
    any_server.create_database("leaving")
    connection = psycopg.connect(any_server.dsn("leaving"))
    result: list[object] = []

    def leave() -> None:
        with connection:
            result.extend(connection.execute("SELECT pg_sleep(0.1)::text").fetchall())

    leaver = threading.Thread(target=leave)
    leaver.start()
    any_server.drop_database("leaving")
    leaver.join()

    assert result == [("",)]


def test_threads_may_share_a_server(server: Server) -> None:
    def make_and_drop(name: str) -> None:
        for _ in range(3):
            server.create_database(name)
            server.drop_database(name)

    names = [f"thread_{number}" for number in range(4)]
    threads = [threading.Thread(target=make_and_drop, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert databases(server).isdisjoint(names)


def test_another_users_dsn_leaves_the_password_to_them(any_server: Server) -> None:
    with psycopg.connect(any_server.dsn()) as connection:
        connection.execute("CREATE ROLE ann LOGIN PASSWORD 'secret'")
    who = rows(make_conninfo(any_server.dsn(user="ann"), password="secret"), "SELECT current_user::text")
    with psycopg.connect(any_server.dsn()) as connection:
        connection.execute("DROP ROLE ann")

    assert who == [("ann",)]


def test_a_restarted_server_has_the_same_dsn_and_data_in_a_new_process(own_server: Server) -> None:
    own_server.create_database("kept")
    before = (own_server.dsn(), own_server.pid)
    own_server.restart()

    assert own_server.dsn() == before[0]
    assert own_server.pid != before[1]
    assert "kept" in databases(own_server)


def test_a_server_that_was_killed_can_be_restarted(own_server: Server) -> None:
    own_server.create_database("kept")
    assert own_server.pid is not None
    os.kill(own_server.pid, signal.SIGKILL)
    own_server.restart()

    assert "kept" in databases(own_server)


def test_nothing_of_a_closed_server_is_left(own_server: Server) -> None:
    data = own_server.data
    assert data is not None
    assert data.exists()
    own_server.close()
    own_server.close()

    assert not data.parent.exists()


def test_a_server_that_was_there_is_neither_restarted_nor_ended(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANTSTORE_TEST_DSN", server.dsn())
    with launch() as met, pytest.raises(ValueError, match="a server that was there already is not restarted"):
        met.restart()

    assert (met.provider, met.version, met.pid, met.data) == ("dsn", server.version, None, None)
    assert rows(server.dsn(), "SELECT 1") == [(1,)]


def test_a_password_is_not_shown() -> None:
    server = Server("dsn", 18, {"host": "db", "user": "admin", "password": "secret", "dbname": "postgres"})

    assert repr(server) == "<Server dsn 18: postgresql:///postgres?host=db&user=admin>"
