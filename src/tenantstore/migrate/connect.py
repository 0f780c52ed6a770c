"""Connections for the runner: patient, plain, and silent about passwords."""

import random
import re
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tenantstore.dsn import BEGINNING, down_advice
from tenantstore.dsn import conninfo as readable
from tenantstore.errors import InvalidParameter
from tenantstore.migrate.errors import Misconfigured, Unreachable
from tenantstore.migrate.shown import indented

Connection = psycopg.Connection[tuple[Any, ...]]

_ATTEMPT_SECONDS = 10
# Whoever has named no database may not know which one was tried.
_UNNAMED = (
    f"No DSN was given, by --dsn or TENANTSTORE_DSN, so libpq's PG* variables and its defaults were taken. {BEGINNING}"
)
_REFUSED = "Put the DSN right, or make on the server what it asks for."
# Waiting does not help against these. In a server that speaks another language they are waited out.
_FINAL = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|authentication failed for user"
    r"|does not exist|is not permitted to log in|permission denied for database|certificate|invalid .* value"
    r"|invalid port number|could not match \d+|definition of service|service file .* not found|weak sslmode"
    r"|server does not support \w+, but \w+ was required|authentication method requirement"
)


def pauses(first: float = 0.02, longest: float = 1.0) -> Iterator[float]:
    """Seconds to sleep between tries, growing, without end; jittered, so that those who failed together part."""
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311  # no secret
        pause = min(pause * 1.6, longest)


def connect(dsn: str, wait_seconds: float = 0) -> Connection:
    """An autocommit connection; while the server is not there it is tried again for ``wait_seconds``.

    :raises Misconfigured: when the DSN is not one, or the server refuses whoever it names.
    :raises Unreachable: when there is none in time.
    """
    conninfo = _conninfo(dsn)
    deadline = time.monotonic() + wait_seconds
    for pause in pauses():
        try:
            connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError as error:
            reason = indented(hidden(str(error).strip(), dsn))
            if _FINAL.search(reason):
                raise Misconfigured(reason, _REFUSED if dsn else _UNNAMED) from None
            if time.monotonic() + pause > deadline:
                advice = f"\n{down_advice(dsn) if dsn else _UNNAMED}".rstrip()
                if not wait_seconds:
                    raise Unreachable(f"no connection: {reason}", f"Is the server up?{advice}") from None
                problem = f"no connection within {wait_seconds:g} s: {reason}"
                raise Unreachable(problem, f"Is the server up? --wait waits for longer.{advice}") from None
            time.sleep(pause)
        else:
            return connection
    raise AssertionError("pauses do not end")


def hidden(text: str, dsn: str) -> str:
    """The text with the password of the DSN starred out."""
    try:
        password = conninfo_to_dict(dsn).get("password")
    except (psycopg.ProgrammingError, UnicodeError):
        password = None
    return text.replace(str(password), "***") if password else text


def _conninfo(dsn: str) -> str:
    try:
        given = conninfo_to_dict(readable(dsn))
    except InvalidParameter as error:
        problem, _, advice = error.problem.partition(": ")
        raise Misconfigured(f"the DSN {problem}", f"{advice[:1].upper()}{advice[1:]}.") from None
    # An index may take hours, and a firewall between forgets a connection on which nothing is said.
    ours: dict[str, Any] = {"keepalives_idle": 60, "connect_timeout": _ATTEMPT_SECONDS}
    ours["application_name"] = "tenantstore migrate"
    return make_conninfo("", **{**ours, **given, "client_encoding": "UTF8"})
