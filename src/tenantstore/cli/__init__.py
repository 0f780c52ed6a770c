"""The command line. Each command is a module's ``main(argv) -> int``, imported when it is asked for."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TextIO

from tenantstore import __version__
from tenantstore.migrate.shown import one_line

# A new command is one line here: its name, where its ``main`` is, what it does.
_COMMANDS = {
    "migrate": ("tenantstore.cli.migrate", "apply and undo migrations"),
    "check": ("tenantstore.cli.check", "whether queries are right: columns, nulls, rows, and whose rows they reach"),
    "doctor": ("tenantstore.cli.doctor", "whether a database keeps customers apart, and what to do where not"),
    "demo": ("tenantstore.cli.demo", "two customers, their phones and one share, on a PostgreSQL of its own"),
}
_FAILED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code. What the system refuses, a file or the output, is an error in one line."""
    # A caller may have closed it, and then there is none.
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115  # as long as the process
    for stream in (sys.stdout, sys.stderr):
        # A name in a folder or a database may be of letters that the output does not know.
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(argv)
        finally:
            # Now, since at Python's own end a full disk would be a traceback.
            if sys.stdout:
                sys.stdout.flush()
    except (OSError, UnicodeError) as error:
        if not isinstance(error, BrokenPipeError):
            with suppress(OSError):
                print(f"error: {one_line(_told(error))}", file=sys.stderr, flush=True)
        return _FAILED
    finally:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            _silence(stream)


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


def _run(argv: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="tenantstore",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="commands:\n" + "\n".join(f"  {name:<10} {text}" for name, (_, text) in _COMMANDS.items()),
    )
    parser.add_argument("--version", action="version", version=f"tenantstore {__version__}")
    parser.add_argument(
        "command", choices=_COMMANDS, metavar="command", help="one of those below; COMMAND --help says more"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = sys.argv[1:] if argv is None else argv
    if not given:
        parser.print_help(sys.stderr)
        return 2
    chosen = parser.parse_args(given)
    code = import_module(_COMMANDS[chosen.command][0]).main(chosen.arguments)
    assert isinstance(code, int), "a command gives its exit code"
    return code
