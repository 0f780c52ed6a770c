"""``tenantstore demo``: what the library is for, shown on a PostgreSQL of its own."""

import argparse
import logging
import os
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

from tenantstore.cli.output import INTERRUPTED, Parser
from tenantstore.errors import TenantstoreError

if TYPE_CHECKING:
    from tenantstore.demo.stage import Scene
    from tenantstore.testing import Server

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BOLD, _RED, _GREEN = "1", "31", "32"


def main(argv: Sequence[str]) -> int:
    """Parse, play the story, clean up; the exit code."""
    keep: bool = make_parser().parse_args(argv).keep
    signals = _Signals()
    with signals.handled():
        try:
            _play(signals, keep)
        except KeyboardInterrupt:
            return INTERRUPTED
        except (TenantstoreError, ImportError) as error:
            # The terminal's Ctrl-C reaches initdb as well, and then it is that which fails.
            if signals.came:
                return INTERRUPTED
            print(_explain(error), file=sys.stderr)
            return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tenantstore demo",
        description="Starts a PostgreSQL, migrates it, and shows what two customers see of each other's phones.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="exit codes:\n  0   it was shown\n  1   no server, or no driver\n  130 interrupted",
    )
    parser.add_argument("--keep", action="store_true", help="leave the server up at the end, until Ctrl-C")
    return parser


def _play(signals: "_Signals", keep: bool) -> None:
    from tenantstore.demo.stage import open_store
    from tenantstore.demo.story import scenes

    with _server(signals) as server, open_store(server) as store:
        print(_styled("tenantstore demo: two customers, three phones, one share", _BOLD))
        print(f"PostgreSQL {server.version} ({server.provider}) is up and migrated; the service logs in as app.\n")
        for scene in scenes(store):
            _show(scene)
        if keep:
            _stay_up(server)
    if not keep:
        print("The server is gone now. `tenantstore demo --keep` leaves it up, and says how to look around in it.")


def _stay_up(server: "Server") -> None:
    with suppress(KeyboardInterrupt):
        _tell_how_to_connect(server)
        while True:
            # Not signal.pause(): a signal that comes just before it would be waited out.
            time.sleep(1)


@contextmanager
def _server(signals: "_Signals") -> "Iterator[Server]":
    """A server that Ctrl-C neither leaves half started nor half ended."""
    from tenantstore.testing.launcher import launch_own

    with launch_own() as server:
        signals.release()
        try:
            yield server
        finally:
            signals.hold()


class _Signals:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt, once; while they are held, they wait for the release."""

    def __init__(self) -> None:
        self.came = False
        self._held = True

    @contextmanager
    def handled(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def hold(self) -> None:
        self._held = True

    def release(self) -> None:
        self._held = False
        if self.came:
            self._take()

    def _take(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self.came = True
        if not self._held:
            # A second one must not break off the cleaning up after the first. What this one breaks off, a connection in
            # the middle of a query, a statement that was never run, has nothing to tell.
            self._held = True
            logging.disable()
            warnings.simplefilter("ignore")
            raise KeyboardInterrupt


def _explain(error: Exception) -> str:
    if isinstance(error, ImportError):
        # Below it psycopg lists what it tried.
        first = str(error).partition("\n")[0]
        return f"{first}\nto fix it: python -m pip install 'tenantstore[binary,embedded]'"
    return str(error)


def _show(scene: "Scene") -> None:
    print(_styled(scene.title, _BOLD))
    lines = list(scene.lines)
    who, does = (max(len(getattr(line, column)) for line in lines) for column in ("who", "does"))
    for line in lines:
        gets = _styled(line.gets, _RED if line.refused else _GREEN)
        print(f"  {line.who:<{who}}  {line.does:<{does}}  {gets}")
    print(flush=True)


def _tell_how_to_connect(server: "Server") -> None:
    from tenantstore.demo.stage import DATABASE, LOGIN

    print("The server is up until Ctrl-C:")
    print(f"  {shutil.which('psql') or 'psql'} '{server.dsn(DATABASE, LOGIN)}'")
    print(
        "  By itself app may read nothing. BEGIN; SET LOCAL ROLE tenantstore_operator; shows it everything.", flush=True
    )


def _styled(text: str, code: str) -> str:
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return f"\x1b[{code}m{text}\x1b[0m"
    return text
