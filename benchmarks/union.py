"""The list of owned and shared phones beside the UNION of two selects that it was: the server's time, and all of it.

The server's time is what its process spent on a processor where the kernel says so, else that until libpq has the rows.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import sleep
from typing import Any
from uuid import UUID

import psycopg
from psycopg.pq import ExecStatus, Format
from psycopg.rows import class_row

from benchmarks import fleet
from benchmarks.frame import Row, Samples, Size, Target, take_turns
from benchmarks.peers import QUERY
from tenantstore import Store
from tenantstore.queries import CATALOG
from tenantstore.repositories import devices
from tenantstore.repositories.devices import Device

_UNION = """
    {columns}
    FROM devices AS d
    LEFT JOIN relay_servers AS r ON r.id = d.relay_server_id
    WHERE d.customer_id = $1
    UNION
    {columns}
    FROM devices AS d
    INNER JOIN device_shares AS s ON s.device_id = d.id
    LEFT JOIN relay_servers AS r ON r.id = d.relay_server_id
    WHERE s.shared_with = $1
    ORDER BY name, id
"""
OURS, HISTORICAL = "list_by_customer", "UNION"
SCOPE, CLASS_ROW = "list_by_customer, records in a tenant's scope", "UNION, class_row without policies"


def union() -> str:
    """The historical statement, with the same columns."""
    sql = CATALOG.source(QUERY).sql
    start = sql.rindex("SELECT", 0, sql.index("coalesce(host(d.cellular_ip)"))
    return _UNION.format(columns=sql[start : sql.index("FROM page")])


def _texts(customer_id: UUID) -> dict[str, tuple[str, list[bytes | None]]]:
    source = CATALOG.source(QUERY)
    given = {"customer_id": str(customer_id).encode(), "after_name": b"", "after_id": str(UUID(int=0)).encode()}
    return {
        OURS: (source.sql, [given.get(name) for name in source.parameters]),
        HISTORICAL: (union(), [given["customer_id"]]),
    }


def _libpq(connection: psycopg.Connection[Any], name: str, sql: str, values: Sequence[Any]) -> Callable[[], None]:
    pgconn = connection.pgconn
    pgconn.prepare(name.encode(), sql.encode())

    def call() -> None:
        result = pgconn.exec_prepared(name.encode(), values, result_format=Format.BINARY)
        assert result.status == ExecStatus.TUPLES_OK, result.error_message
        assert result.ntuples == 1100, result.ntuples

    return call


def measure_whole(dsn: str, size: Size) -> Samples:
    customer_id = fleet.known(dsn).customer_id
    ours, historical = fleet.for_psycopg(QUERY), union().replace("%", "%%").replace("$1", "%(customer_id)s")
    given = {"customer_id": customer_id, "limit": None, "after_name": "", "after_id": UUID(int=0)}
    with psycopg.connect(dsn, autocommit=True) as connection, Store.open(fleet.app(dsn)) as store:
        scope = store.tenant(customer_id)

        def select(text: str, factory: Any = None) -> Callable[[], Any]:
            options = {"row_factory": factory} if factory else {}
            return lambda: connection.cursor(binary=True, **options).execute(text.encode(), given).fetchall()

        calls = {
            OURS: select(ours),
            HISTORICAL: select(historical),
            SCOPE: lambda: scope.run(devices.list_by_customer(customer_id)),
            CLASS_ROW: select(historical, class_row(Device)),
        }
        assert calls[SCOPE]() == calls[CLASS_ROW]()
        return take_turns(calls, size.turns)


def measure_server(dsn: str, size: Size) -> Samples:
    with psycopg.connect(dsn, autocommit=True) as connection:
        texts = _texts(fleet.known(dsn).customer_id)
        calls = {name: _libpq(connection, name, *each) for name, each in texts.items()}
        spent = Path(f"/proc/{connection.info.backend_pid}/schedstat")
        if not spent.exists():
            return take_turns(calls, size.turns)
        times: dict[str, list[float]] = {name: [] for name in calls}
        for _ in range(size.turns + 8):
            for name, call in calls.items():
                before = _nanoseconds(spent)
                call()
                # Until the server waits for the next statement.
                sleep(0.0003)
                times[name].append((_nanoseconds(spent) - before) / 1000)
        return {name: each[8:] for name, each in times.items()}


def _nanoseconds(spent: Path) -> int:
    return int(spent.read_text().split()[0])


_TITLE = "1,000 owned and 100 shared devices"
_NOTE = (
    "Two thirds of it both pay alike: 28 columns of output, two addresses among them as text (320 of 2,000 µs), and the"
    " join of the relay servers (180 µs). Without that join it is 0.71. Eight other forms of the list took no less."
)
ROWS = [
    Row(
        "union",
        f"{_TITLE}: tuples, and records",
        "µs",
        measure_whole,
        [Target(OURS, HISTORICAL, at_most=0.75), Target(SCOPE, CLASS_ROW, at_most=0.75)],
        note=_NOTE,
    ),
    Row(
        "union-server",
        f"{_TITLE}: the server's processor",
        "µs",
        measure_server,
        [Target(OURS, HISTORICAL, at_most=0.75)],
        note=_NOTE,
    ),
]
