"""``tenantstore migrate``: stdout is the result, stderr the log, the exit code what a script decides by."""

import argparse
import os
import re
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tenantstore import resources
from tenantstore.cli import migrate_commands as commands
from tenantstore.cli.migrate_folders import chosen
from tenantstore.cli.migrate_shown import Result, failed
from tenantstore.cli.output import DATABASE, INTERRUPTED, Help, Parser, log
from tenantstore.migrate.errors import MigrationError
from tenantstore.resources import OURS

_EXIT_CODES = """
exit codes:
  0   done, or nothing to do
  1   a migration failed
  2   usage or configuration
  3   migrations are pending (status --check)
  4   folder and database disagree, or findings of check, verify, lint
  5   the database was not to be reached in time
  6   a lock was held by others for too long
  130 interrupted

The database is --dsn, else $TENANTSTORE_DSN, else what libpq's own PG* variables say. A password is better kept out of
the command line: in the environment, or in a service or password file.
"""
# `down N` and `redo` once more would undo what they were not asked for.
_IN_BETWEEN = "interrupted: `status` shows what is undone, and `up` or `down` goes on from there"
_INTERRUPTION = {
    "up": "interrupted: run the same command again, and it goes on from what the history says",
    "down": _IN_BETWEEN,
    "redo": _IN_BETWEEN,
}
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_SHOWN = 40
# What --dir is, by whether a command takes several folders.
_OF_ONE = ("down", "redo", "stamp", "repair")
_EACH = (
    "the migrations; `tenantstore` for tenantstore's own (default: those that [tool.tenantstore.check] in the nearest"
    " pyproject.toml names, in turn, else tenantstore's own)"
)
_ONE = (
    "the migrations; `tenantstore` for tenantstore's own (default: the folder that [tool.tenantstore.check] in the"
    " nearest pyproject.toml names, else tenantstore's own; where it names several, say which)"
)
_NEW = "where the pair is begun (default: the project's own folder, else ./migrations)"
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "": 1}


def main(argv: Sequence[str]) -> int:
    """Parse and carry out; the exit code."""
    arguments = make_parser().parse_args(argv)
    arguments.dsn = arguments.dsn or os.environ.get("TENANTSTORE_DSN", "")
    # What ends a container or a lost login ends a migration as Ctrl-C does: the server is told to stop.
    before = {number: signal.signal(number, _interrupt) for number in _SIGNALS if _heeded(number)}
    try:
        if arguments.command != "new":
            arguments.folders = chosen(arguments)
        result: Result = arguments.run(arguments)
    except MigrationError as error:
        result = failed(error)
    except KeyboardInterrupt:
        result = Result({"error": {"kind": "Interrupted", "exit_code": INTERRUPTED}}, exit_code=INTERRUPTED)
        # The terminal may be what has gone.
        with suppress(OSError):
            log(_INTERRUPTION.get(arguments.command, "interrupted"))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return result.show(arguments.json)


def _heeded(number: signal.Signals) -> bool:
    """Whether it is not ignored, as nohup has it."""
    return signal.getsignal(number) != signal.SIG_IGN


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def make_parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = Parser(
        prog="tenantstore migrate",
        description="Numbered pairs of SQL files, up and down. Each is applied once: a history in the database has it.",
        formatter_class=Help,
        epilog=_EXIT_CODES,
    )
    parsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")

    def add(name: str, text: str, *parents: argparse.ArgumentParser) -> argparse.ArgumentParser:
        of_one = name in _OF_ONE
        folder = _folder(_NEW if name == "new" else _ONE if of_one else _EACH)
        made = parsers.add_parser(name, help=text, description=text, parents=[folder, *parents])
        made.set_defaults(run=getattr(commands, f"{name}_command"), command=name, one_folder=of_one)
        return made

    database, run, scratch, steps = _database(), _run(), _scratch(), _steps()
    order = _order("go ahead with a file below an applied one, or with a gap")
    gap = _order("go ahead though the folder has a gap in its numbers")
    for name in ("up", "down"):
        text = "apply what is not applied yet" if name == "up" else "undo the last file, or the last N"
        command = add(name, text, database, run, steps, order if name == "up" else gap)
        command.add_argument("--dry-run", action="store_true", help="print the SQL that would be run, and run nothing")
    add("redo", "undo the last file and apply it again", database, run, gap)
    command = add("status", "show how every version stands", database)
    command.add_argument("--check", action="store_true", help="exit 3 when something is pending, 4 on disagreement")
    add("plan", "print the SQL that up would run", database, steps, order)
    add("check", "read the folder and say what is wrong with it; needs no database")
    add("verify", "run every file up, down and up, and compare the schemas", scratch)
    add("lint", "run every file and watch what it locks, scans and rewrites", scratch)
    command = add("stamp", "adopt a database that stands at a version: note it and all below as applied", database, run)
    command.add_argument("version", type=_version, metavar="V", help="the number at which the database stands")
    add("repair", "take the files as they are into the history", database, run)
    command = add("new", "begin the next pair of files, in the project's own folder or in ./migrations")
    command.add_argument("name", metavar="NAME", help="what it adds, in a few words: the files are called so")
    return parser


def _folder(text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--dir", type=Path, metavar="FOLDER", help=text)
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    parser.set_defaults(dsn="", table=None, wait=None, lock_timeout=2.0, allow_out_of_order=False)
    return parser


def _database() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--dsn", default="", help=DATABASE)
    parser.add_argument(
        "--table",
        metavar="[SCHEMA.]NAME",
        help="the history (default: tenantstore_migrations; migration_history for another folder)",
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        metavar="TIME",
        help="for how long to try: to get the lock, to get at tables, to reach the database (default: 30s, but of all"
        " commands only up waits for a database that is not there)",
    )
    return parser


def _run() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--lock-timeout",
        type=_seconds,
        default=2.0,
        metavar="TIME",
        help="for how long each try may keep other sessions waiting (default: 2s)",
    )
    return parser


def _steps() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("limit", type=_count, nargs="?", metavar="N", help="so many files and no more")
    group.add_argument("--to", type=_version, metavar="V", help="until V is the newest that is applied; 0 for none")
    return parser


def _order(text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--allow-out-of-order", action="store_true", help=text)
    return parser


def _scratch() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(
        "--scratch-dsn",
        default=os.environ.get("TENANTSTORE_SCRATCH_DSN", ""),
        metavar="DSN",
        help="a server to make and drop a database on (default: $TENANTSTORE_SCRATCH_DSN, else a server of its own)",
    )
    parser.add_argument(
        "--base",
        type=lambda text: resources.folder("migrations") if text == OURS else Path(text),
        metavar="FOLDER",
        help="migrations that are applied first, where these stand on them; `tenantstore` for tenantstore's own"
        " (default: those that pyproject.toml names before these)",
    )
    return parser


def _seconds(text: str) -> float:
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{_cut(text)!r} is not a time: write 500ms, 30s or 2m")
    return float(match[1]) * _UNITS[match[2]]


def _count(text: str) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,17}", text):
        raise argparse.ArgumentTypeError(f"{_cut(text)!r} is not a number of files")
    return int(text)


def _version(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise argparse.ArgumentTypeError(f"{_cut(text)!r} is not the number of a migration")
    return int(text)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
