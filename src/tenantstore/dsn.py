"""What a DSN says, what is added to it, and what to say where it leads to no server."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import Conninfo

from tenantstore.errors import InvalidParameter

BEGINNING = 'For development, `eval "$(tenantstore db up)"` starts a server and sets it.'
_UNNAMED = (
    f"No DSN was given, nor found in TENANTSTORE_DSN, so libpq's PG* variables and its defaults were taken. {BEGINNING}"
)
_DSN = 'write "postgresql://user@host:5432/database", with a password percent-encoded, or "host=… dbname=… user=…"'


def conninfo(dsn: str | None) -> str:
    """The given DSN, else ``TENANTSTORE_DSN``, else nothing, which leaves it to libpq's own variables.

    :raises InvalidParameter: when it is none, without the driver's text, which would quote it, passwords included.
    """
    target = dsn if dsn is not None else os.environ.get("TENANTSTORE_DSN", "")
    try:
        options = {each.keyword: (each.val or b"").decode() for each in Conninfo.parse(target.encode())}
    except (psycopg.Error, UnicodeError):
        options = {}
    if not options:
        # Not above, where the driver's error would be its context.
        raise InvalidParameter("dsn", f"is not one that libpq can read: {_DSN}")
    # Of a password with an @ or a / in it, libpq takes the rest for a host, a port or a database, and quotes it in its
    # error, or the server does.
    hosts = [host for host in options[b"host"].split(",") if not host.startswith("/")]
    misread = any("@" in host[1:] for host in hosts) or re.match(r"postgres(ql)?://[^/?]*/[^?]*@", target)
    if misread or not re.fullmatch(r"[\d\s+,-]*", options[b"port"]):
        raise InvalidParameter("dsn", f"has a host or a port that is none: {_DSN}")
    return target


def pool_options(target: str, options: dict[str, Any]) -> dict[str, Any]:
    """The pool's options with this library's defaults; each may be given, also by the DSN or by libpq's variables."""
    said = {option.keyword for option in Conninfo.parse(target.encode()) if option.val or _is_set(option.envvar)}
    defaults = {"application_name": "tenantstore", "connect_timeout": 10}
    kwargs = {name: value for name, value in defaults.items() if name.encode() not in said}
    kwargs |= {"autocommit": True, **options.pop("kwargs", {})}
    return {"min_size": 1, "max_size": 10, "timeout": 10.0, "open": False, **options, "kwargs": kwargs}


@contextmanager
def connecting(target: str) -> Iterator[None]:
    """Say of a connection that fails what libpq's text has not: that nobody named the database, or what starts it."""
    try:
        yield
    except psycopg.OperationalError as error:
        if advice := down_advice(target) if target else _UNNAMED:
            error.add_note(advice)
        raise


def down_advice(target: str) -> str:
    """What may help where a DSN leads to folders with no socket in them; else nothing."""
    options = {each.keyword: (each.val or b"").decode() for each in Conninfo.parse(target.encode())}
    folders = options[b"host"].split(",")
    # Of an address libpq asks for no socket.
    if options[b"hostaddr"] or not all(folder.startswith("/") and _has_no_socket(folder) for folder in folders):
        return ""
    return f"No socket is in {', '.join(folders)}: `tenantstore db up` starts a development server again."


def _has_no_socket(folder: str) -> bool:
    try:
        return not any(each.name.startswith(".s.PGSQL.") for each in Path(folder).iterdir())
    except OSError as error:
        # What cannot be looked into may have one.
        return isinstance(error, FileNotFoundError)


def _is_set(variable: bytes | None) -> bool:
    return variable is not None and variable.decode() in os.environ
