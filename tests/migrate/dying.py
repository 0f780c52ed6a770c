"""A program that runs ``up`` or ``down`` in a fork which dies at its n-th message to the server. No test module.

It takes one JSON line a run, ``[how, number, direction, dsn, folder]``, and answers with the exit code. ``how`` says
who dies: the runner before it sends the message, the runner when it has sent it, or the server's process for it.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tenantstore import migrate
from tenantstore.migrate import resumable, whole
from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.send import send

_execute = psycopg.Connection.execute


def main() -> None:
    """Serve until the input ends."""
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os._exit(_run(*json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _run(how: str, number: int, direction: str, dsn: str, folder: str) -> int:
    messages = 0

    def dies(connection: psycopg.Connection[Any], sends: Callable[[], object]) -> None:
        nonlocal messages
        messages += 1
        if messages != number:
            return
        if how == "sent":
            sends()
        if how in {"runner", "sent"}:
            os.kill(os.getpid(), signal.SIGKILL)
        os.kill(connection.info.backend_pid, signal.SIGKILL if how == "crash" else signal.SIGTERM)

    def execute(self: psycopg.Connection[Any], *arguments: Any, **options: Any) -> Any:
        if how != "sent":
            dies(self, lambda: None)
        return _execute(self, *arguments, **options)

    def sending(connection: psycopg.Connection[Any], text: str, *watch: Any) -> Any:
        dies(connection, lambda: _send_only(connection, text))
        return send(connection, text, *watch)

    psycopg.Connection.execute = execute  # type: ignore[method-assign]
    for module in (whole, resumable):
        module.__dict__["send"] = sending
    try:
        if direction == "up":
            migrate.up(dsn, Path(folder))
        else:
            migrate.down(dsn, Path(folder), to=0)
    except MigrationError as error:
        return error.exit_code
    return 0


def _send_only(connection: psycopg.Connection[Any], text: str) -> None:
    connection.pgconn.send_query(text.encode())
    connection.pgconn.flush()


if __name__ == "__main__":
    main()
