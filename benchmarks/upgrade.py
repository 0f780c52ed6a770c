"""The upgrade of a big database, up and down, while phones report: how long each file takes and whom it keeps waiting.

    python -m benchmarks.upgrade [DEVICES]        a million unless told otherwise

The database is filled at 011 and goes to 012, which stamps every device; owners and shares are made; then it goes to
the newest version and back to 011. Meanwhile one session reads devices by key and one writes heartbeats, a row each
time: their longest statement during a file is how long that file let nobody through, and the machine's noise on top.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import LiteralString

import psycopg

from tenantstore import migrate
from tenantstore.testing import launch

_FILL: tuple[LiteralString, ...] = (
    "INSERT INTO users (email, password_hash, name, role) VALUES ('boss@example.org', 'h', 'The boss', 'admin')",
    "INSERT INTO customers (name, email)"
    " SELECT 'customer ' || n, n || '@example.org' FROM generate_series(1, %(devices)s / 100) AS n",
    "INSERT INTO devices (name, android_id, base_port, http_port, socks5_port, udp_relay_port, ovpn_port)"
    " SELECT 'phone ' || n, 'android-' || n, 30000 + 4 * n, 1, 2, 3, 4 FROM generate_series(1, %(devices)s) AS n",
    "INSERT INTO proxy_connections (device_id, username, password_hash) SELECT id, name, 'h' FROM devices",
)
# Customers own a hundred devices each, and of five devices one is shared, with the next customer.
_GIVE: tuple[LiteralString, ...] = (
    "CREATE TEMP TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS n"
    " FROM customers WHERE name LIKE 'customer %%'",
    "UPDATE devices AS d SET customer_id = c.id FROM numbered AS c"
    " WHERE c.n = d.base_port / 4 %% (%(devices)s / 100) + 1",
    "UPDATE proxy_connections AS c SET customer_id = d.customer_id FROM devices AS d WHERE d.id = c.device_id",
    "INSERT INTO device_shares (device_id, owner_id, shared_with, can_rename)"
    " SELECT d.id, d.customer_id, g.id, true"
    " FROM devices AS d"
    " INNER JOIN numbered AS o ON o.id = d.customer_id"
    " INNER JOIN numbered AS g ON g.n = o.n %% (%(devices)s / 100) + 1"
    " WHERE o.id <> g.id AND d.base_port %% 20 = 0",
    "UPDATE customers SET active = false WHERE id IN (SELECT id FROM numbered WHERE n %% 50 = 0)",
)
_READ: LiteralString = "SELECT name, status FROM devices WHERE base_port = %s"
_WRITE: LiteralString = "UPDATE devices SET last_heartbeat = now() WHERE base_port = %s"


class Waits:
    """The longest statement of each session during the file that ran when it began."""

    def __init__(self) -> None:
        self.file = ""
        self.longest: dict[tuple[str, str], float] = {}

    def note(self, session: str, file: str, seconds: float) -> None:
        self.longest[session, file] = max(seconds, self.longest.get((session, file), 0))

    def of(self, session: str) -> str:
        return f"{self.longest.get((session, self.file), 0) * 1000:9.0f} ms"

    def report(self, event: migrate.Begun | migrate.Done | migrate.Note) -> None:
        """Print a line for a file that is done."""
        if isinstance(event, migrate.Begun):
            self.file = str(event.step)
        elif isinstance(event, migrate.Done):
            print(
                f"{event.step!s:32} {event.duration_ms / 1000:9.2f} s {self.of('reader')} {self.of('writer')}",
                flush=True,
            )


def main(devices: int) -> None:
    """Fill, go up, go down, and print a line for each file."""
    with launch("embedded") as server:
        server.create_database("upgrade")
        dsn = server.dsn("upgrade")
        migrate.up(dsn, to=11)
        _run(dsn, _FILL, devices)
        print(f"{devices:,} devices{'':18} {'time':>11} {'longest read':>12} {'longest write':>12}", flush=True)
        waits = Waits()
        options = migrate.Options(report=waits.report)
        with _phones(dsn, devices, waits):
            migrate.up(dsn, to=12, options=options)
        _run(dsn, _GIVE, devices)
        with _phones(dsn, devices, waits):
            migrate.up(dsn, options=options)
            migrate.down(dsn, to=11, options=options)


def _run(dsn: str, statements: tuple[LiteralString, ...], devices: int) -> None:
    with psycopg.connect(dsn) as connection:
        for statement in statements:
            connection.execute(statement, {"devices": devices})
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _phones(dsn: str, devices: int, waits: Waits) -> Iterator[None]:
    """A reader and a writer, for as long as the block lasts."""
    done = threading.Event()

    def session(name: str, statement: LiteralString) -> Callable[[], None]:
        def work() -> None:
            with psycopg.connect(dsn, autocommit=True) as connection:
                number = 0
                while not done.wait(0.002):
                    number = (number + 7919) % devices
                    file, begun = waits.file, monotonic()
                    connection.execute(statement, [30000 + 4 * (number + 1)])
                    waits.note(name, file, monotonic() - begun)

        return work

    threads = [threading.Thread(target=session(*each)) for each in (("reader", _READ), ("writer", _WRITE))]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
