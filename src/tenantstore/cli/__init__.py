"""The command line. Each command is a module's ``main(argv) -> int``, imported when it is asked for."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from tenantstore import __version__

# A new command is one line here: its name, where its ``main`` is, what it does.
_COMMANDS = {
    "migrate": ("tenantstore.cli.migrate", "apply and undo migrations"),
    "doctor": ("tenantstore.cli.doctor", "whether a database keeps customers apart, and what to do where not"),
    "demo": ("tenantstore.cli.demo", "two customers, their phones and one share, on a PostgreSQL of its own"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
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
