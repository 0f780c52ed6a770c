"""The command line. Each command is a module's ``main(argv) -> int``, imported when it is asked for."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, TextIO

from tenantstore import __version__
from tenantstore.migrate.shown import one_line


class Command(NamedTuple):
    """``home`` is the module, with ``main(argv) -> int`` and ``make_parser()``; ``text`` is what it does, in a line."""

    home: str
    text: str


# A new command is one line here, and stands in the help where it stands here.
_PAGE = {
    "To begin": {
        "demo": Command(
            "tenantstore.cli.demo", "two customers, their phones and one share, on a PostgreSQL of its own"
        ),
        "db": Command("tenantstore.cli.db", "a PostgreSQL for development: up, down, status, psql"),
        "completion": Command("tenantstore.cli.completion", "have bash, zsh or fish complete commands and queries"),
    },
    "A database": {
        "migrate": Command("tenantstore.cli.migrate", "apply and undo migrations, and try them first"),
        "doctor": Command("tenantstore.cli.doctor", "whether it keeps customers apart, and what to do where not"),
        "admin": Command("tenantstore.cli.admin", "make a user of the role admin"),
    },
    "Queries": {
        "queries": Command("tenantstore.cli.queries", "list them, show one, explain its plan for a customer"),
        "check": Command(
            "tenantstore.cli.check", "whether they are right: columns, nulls, rows, and whose rows they reach"
        ),
    },
}
COMMANDS = {name: command for part in _PAGE.values() for name, command in part.items()}
_DESCRIPTION = """
Data access in raw SQL for a PostgreSQL that many customers share: named queries, checked records, row-level security
behind them, and a migration runner.
"""
_EPILOG = """
A first walk:
  tenantstore demo                    see what it is for
  eval "$(tenantstore db up)"         a migrated database, and $TENANTSTORE_DSN that leads to it
  tenantstore queries list            what there is to call
  tenantstore check                   whether it is right

The database is --dsn, else $TENANTSTORE_DSN, else what libpq's own PG* variables say. stdout is the result, with --json
for scripts, an error included, but for a wrong usage, which is told on stderr alone. stderr is the log. NO_COLOR and
TERM=dumb turn colours off; tables are drawn where `tenantstore[cli]` is installed and a person watches.

Exit codes:
  0   done, or nothing to do
  1   it failed: the server refused, a migration, a plan
  2   usage or configuration
  3   migrations are pending
  4   findings, or folder and database disagree
  5   no database: not to be reached, or down
  6   a lock was held by others for too long
  130 interrupted
  141 who read the output has gone

COMMAND --help says more.
"""
_FAILED = 2
# As a shell tells of a program that SIGPIPE ends.
_UNREAD = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code. What the system refuses, a file or the output, is an error in one line."""
    # A caller may have closed them, and then there are none. In this order each has its own number again.
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115  # as long as the process
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        # A name in a folder or a database may be of letters that the output does not know.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(argv)
        finally:
            # Now, since at Python's own end a full disk would be a traceback.
            sys.stdout.flush()
    except (OSError, UnicodeError) as error:
        if isinstance(error, BrokenPipeError):
            return _UNREAD
        with suppress(OSError):
            print(f"error: {one_line(_told(error))}", file=sys.stderr, flush=True)
        return _FAILED
    except KeyboardInterrupt:
        from tenantstore.cli.output import INTERRUPTED

        with suppress(OSError):
            print("interrupted", file=sys.stderr, flush=True)
        return INTERRUPTED
    except ImportError as error:
        if not _is_the_drivers(error):
            raise
        print(f"error: {one_line(str(error).splitlines()[0])}", file=sys.stderr)
        print("To fix it: python -m pip install 'tenantstore[binary]'", file=sys.stderr, flush=True)
        return _FAILED
    finally:
        for stream in (sys.stdout, sys.stderr):
            _silence(stream)


def _is_the_drivers(error: ImportError) -> bool:
    """Whether psycopg is missing, or the libpq below it."""
    return "psycopg" in f"{error.name} {error}" or "pq wrapper" in str(error)


def _told(error: OSError | UnicodeError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the output'}: {error.strerror}"
    return str(error)


def _silence(stream: TextIO) -> None:
    """Send what could not be written to nowhere, or Python would try, and complain, once more."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


# Before the command; all others are a command's own.
_OPTIONS = ("--help", "--version")


def parser() -> argparse.ArgumentParser:
    """What reads the command line up to the command."""
    made = argparse.ArgumentParser(
        prog="tenantstore",
        usage="tenantstore [-h] [--version] COMMAND ...",
        description=_DESCRIPTION + "".join(f"\n{title}:{_listed(part)}\n" for title, part in _PAGE.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG,
        add_help=False,
    )
    made.add_argument("-h", "--help", action="help", help=argparse.SUPPRESS)
    version = f"tenantstore {__version__}"
    made.add_argument("--version", action="version", version=version, help=argparse.SUPPRESS)
    made.add_argument("command", help=argparse.SUPPRESS)
    made.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return made


def _listed(part: Mapping[str, Command]) -> str:
    return "".join(f"\n  {name:<12}{command.text}" for name, command in part.items())


def _run(argv: Sequence[str] | None) -> int:
    first = parser()
    given = sys.argv[1:] if argv is None else argv
    if not given:
        first.print_help(sys.stderr)
        return 2
    if given[0].startswith("--") and not any(option.startswith(given[0]) for option in _OPTIONS):
        from tenantstore.cli.output import meant

        hint = meant(given[0], _OPTIONS) if len(given) == 1 else "; those of a command come after it"
        first.error(f"there is no option {one_line(given[0])} before a command{hint}")
    chosen = first.parse_args(given)
    if chosen.command not in COMMANDS:
        from tenantstore.cli.output import meant

        hint = meant(chosen.command, COMMANDS)
        first.error(f"there is no command {one_line(chosen.command)}{hint or '; --help lists all'}")
    command = import_module(COMMANDS[chosen.command].home)
    below = command.make_parser()
    if not chosen.arguments and any(each.nargs not in ("*", "?") for each in below._get_positional_actions()):
        below.print_help(sys.stderr)
        return 2
    code = command.main(chosen.arguments)
    assert isinstance(code, int), "a command gives its exit code"
    return code
