"""The proxy by itself: what gets through at each place, what stays, what it leaves."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tenantstore.testing import Server, launch
from tenantstore.testing.faults import Faults

Client = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def faults(database: str) -> Iterator[Faults]:
    with Faults(database) as faults:
        yield faults


@pytest.fixture
def client(faults: Faults) -> Iterator[Client]:
    with closing(psycopg.connect(faults.dsn, autocommit=True)) as client:
        client.execute("CREATE TABLE things (id integer)")
        faults.count()
        yield client


@pytest.fixture
def look(database: str) -> Iterator[Client]:
    """The same database, without the proxy."""
    with psycopg.connect(database, autocommit=True) as look:
        yield look


def things(look: Client) -> list[int]:
    return [row[0] for row in look.execute("SELECT id FROM things ORDER BY id")]


def test_without_a_fault_everything_passes(client: Client, faults: Faults) -> None:
    with client.pipeline():
        numbers = [client.execute("SELECT n, repeat('x', 10000) FROM generate_series(1, %s) AS n", [n]) for n in (9, 3)]
    with client.cursor() as cursor, cursor.copy("COPY things FROM STDIN") as copy:
        for number in range(20_000):
            copy.write_row([number])
    count = client.execute("SELECT count(*) FROM things").fetchone()

    assert ([len(each.fetchall()) for each in numbers], count, faults.struck) == ([9, 3], (20_000,), 0)


def test_round_trips_are_counted(client: Client, faults: Faults) -> None:
    client.execute("SELECT 1")
    one = faults.count()
    with client.pipeline():
        for number in range(5):
            client.execute("SELECT %s::int", [number])

    assert (one, faults.count()) == ((1, 1), (1, 1))


@pytest.mark.parametrize(
    ("place", "sql", "done"),
    [
        ("after Parse", "INSERT INTO things VALUES (%s)", []),
        ("after Bind", "INSERT INTO things VALUES (%s)", []),
        ("after Execute", "INSERT INTO things VALUES (%s)", []),
        ("reply lost", "INSERT INTO things VALUES (%s)", [1]),
        ("after the first row", "INSERT INTO things VALUES (%s) RETURNING id", [1]),
        ("in mid-row", "INSERT INTO things VALUES (%s) RETURNING id", [1]),
    ],
)
def test_a_connection_is_cut_at_the_place_that_was_named(
    faults: Faults, client: Client, look: Client, place: Any, sql: Any, done: list[int]
) -> None:
    client.execute("SELECT 1")
    faults.cut(place)
    with pytest.raises(psycopg.OperationalError):
        client.execute(sql, [1])
    # The server's process ends when it meets the end of the connection, with all that it had begun.
    while look.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [client.info.backend_pid]).rowcount:
        pass

    assert (things(look), faults.struck, client.closed) == (done, 1, True)


def test_only_the_reply_to_a_commit_is_lost(faults: Faults, client: Client, look: Client) -> None:
    faults.cut("COMMIT sent, reply lost")
    client.execute("BEGIN")
    client.execute("INSERT INTO things VALUES (1)")
    with pytest.raises(psycopg.OperationalError):
        client.execute("COMMIT")

    assert things(look) == [1]


def test_what_was_held_back_arrives_when_the_proxy_heals(faults: Faults, client: Client, look: Client) -> None:
    found: list[Any] = []
    faults.stall("after the first row")
    thread = threading.Thread(target=lambda: found.append(client.execute("SELECT generate_series(1, 3)").fetchall()))
    thread.start()
    while not faults.struck:
        pass
    before = found.copy()
    faults.heal()
    thread.join()

    assert (before, found) == ([], [[(1,), (2,), (3,)]])


def test_a_stall_is_for_every_connection_and_a_vanished_one_is_alone(faults: Faults, client: Client) -> None:
    faults.vanish()
    with psycopg.connect(faults.dsn) as other:
        there = other.execute("SELECT 1").fetchone()
    faults.stall()
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(make_conninfo(faults.dsn, connect_timeout=2))
    faults.heal()
    client.pgconn.send_query(b"SELECT 1")
    client.pgconn.flush()
    client.pgconn.consume_input()

    assert (there, client.pgconn.is_busy(), client.closed) == ((1,), 1, False)


def test_a_fault_that_never_struck_fails_the_test(database: str) -> None:
    faults = Faults(database)
    with (
        pytest.raises(AssertionError, match=r"never struck: cut 'after Parse' was asked for, nothing got there"),
        faults,
    ):
        faults.cut("after Parse")


def test_a_fault_is_forgotten_with_heal_and_replaced_by_another(faults: Faults, client: Client) -> None:
    faults.cut("after Parse")
    faults.vanish("in mid-row")
    faults.heal()
    found = client.execute("SELECT %s::int", [1]).fetchone()

    assert (found, faults.struck) == ((1,), 0)


def test_a_place_that_there_is_not_is_refused(faults: Faults) -> None:
    with pytest.raises(ValueError, match="there is no place 'later': ") as refused:
        faults.cut("later")  # type: ignore[arg-type]

    # One of them has a comma of its own.
    assert str(refused.value) == (
        "there is no place 'later': 'now', 'after Parse', 'after Bind', 'after Execute', 'reply lost', "
        "'COMMIT sent, reply lost', 'after the first row', 'in mid-row'"
    )


def test_a_fault_is_counted_before_a_client_meets_it(
    faults: Faults, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    met, counted = threading.Event(), []

    def suffer(line: Any, verb: Any) -> None:
        counted.append(faults.struck)
        met.set()

    monkeypatch.setattr("tenantstore.testing.faults.proxy._Line.suffer", suffer)
    faults.cut("after Parse")
    client.execute("SELECT %s::int", [1])
    met.wait()

    assert counted == [1]


def test_a_proxy_that_has_ended_takes_no_fault(database: str) -> None:
    with Faults(database) as faults:
        pass
    with pytest.raises(ValueError, match="the proxy has ended: cut 'reply lost' would never strike"):
        faults.cut("reply lost")


def test_nothing_is_left(database: str) -> None:
    before = set(threading.enumerate())
    with Faults(database) as faults:
        clients = [psycopg.connect(faults.dsn) for _ in range(3)]
        faults.vanish()
        faults.stall()
    for client in clients:
        client.close()
    port = int(str(conninfo_to_dict(faults.dsn)["port"]))

    assert set(threading.enumerate()) <= before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()


def test_a_server_that_is_not_there_any_more_ends_the_connection(own_server: Server) -> None:
    with Faults(own_server.dsn()) as faults, closing(psycopg.connect(faults.dsn, autocommit=True)) as client:
        own_server.close()
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(faults.dsn)


@pytest.fixture
def own_server() -> Iterator[Server]:
    with launch("embedded", listen=True) as server:
        yield server


def test_a_server_is_met_over_tcp_too(own_server: Server) -> None:
    with Faults(own_server.loopback_dsn()) as faults, psycopg.connect(faults.dsn) as client:
        found = client.execute("SELECT 1").fetchone()

    assert found == (1,)


def test_a_client_that_would_rather_have_encryption_goes_without(faults: Faults) -> None:
    with psycopg.connect(make_conninfo(faults.dsn, sslmode="prefer")) as client:
        found = client.execute("SELECT 1").fetchone()

    assert found == (1,)
