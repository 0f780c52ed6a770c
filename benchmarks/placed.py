"""Which processor the client and the servers of a comparison run on.

Left to the scheduler, one server process is placed beside the client and another is not, differently at each start, and
that is worth 30 µs to a call: the same select then takes anything from 0.8 to 1.3 times what it takes on another
connection.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

_SERVERS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@contextmanager
def placed(dsn: str, apart: bool) -> Iterator[None]:
    """Keep this thread to one processor, and each server process that has a client by now to the same, or to another.

    The servers stay there, since they end with their connections.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    with psycopg.connect(dsn) as connection:
        servers = [server for (server,) in connection.execute(_SERVERS)]
    free = os.sched_getaffinity(0)
    for server in servers:
        # One whose client has gone may be ending.
        with suppress(ProcessLookupError):
            os.sched_setaffinity(server, {max(free)})
    os.sched_setaffinity(0, {min(free) if apart else max(free)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, free)
