"""The folder of a test run, by which its processes share a server that a keeper holds for them.

The run's main process, which under xdist is the one that runs no tests, holds a lock on ``alive``, and the kernel drops
that however it ends. The first process that wants a server starts the keeper (:mod:`tenantstore.testing.keeper`), which
launches one, writes ``server``, waits for that lock, and ends the server. On its standard output it writes a byte where
there is a template to be built, so that the time is used, and ends it with the answer. It is the keeper that a server's
life hangs on, so that no worker takes the others' server with it, and that a failed test's database can stay for a
while.

======== ===================================================================================================
project  whose tests they are
alive    locked by the main process, then by the keeper
turn     locked by whoever starts the keeper
server   what the keeper has launched, or why it could not
lines    what the run's end has to say: the header of a run under xdist
kept     there when a failed test's database was kept
stay     by the main process at its orderly end: for how many seconds more the server is wanted
log      what the keeper said that nobody expected
======== ===================================================================================================
"""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from select import select
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TextIO

from tenantstore.testing.errors import NoProvider, Refusal, ServerFailed
from tenantstore.testing.settings import Settings

if TYPE_CHECKING:
    from tenantstore.testing.server import Server

_PREFIX = "tenantstore-session-"
_POLL_SECONDS = 0.002
# A server whose data folder is cached is there by then. Of one in a container nothing is heard before.
_SOON_SECONDS = 0.3
_START_SECONDS = 120.0
# An image may have to be pulled.
_PULL_SECONDS = 1800.0
_END_SECONDS = 20.0
# Where it takes longer, the keeper finds no folder any more, and ends.
_MEET_SECONDS = 3.0


class Home:
    """A run's folder, as one of its processes sees it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._alive: int | None = None
        self._turn: TextIO | None = None
        self._starter: subprocess.Popen[bytes] | None = None

    @classmethod
    def made(cls, project: Path) -> Self:
        """A new one. This process is the run's main one: the server ends with it.

        What an earlier run of the same project kept of its failures ends now.
        """
        for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            _see_off(path, project)
        home = cls(Path(tempfile.gettempdir(), f"{_PREFIX}{secrets.token_hex(5)}"))
        home.path.mkdir(mode=0o700)
        (home.path / "project").write_text(str(project))
        # A POSIX lock: it ends with this process, also where a fork of it has inherited the descriptor and goes on.
        home._alive = os.open(home.path / "alive", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.lockf(home._alive, fcntl.LOCK_EX)
        os.write(home._alive, str(os.getpid()).encode())
        return home

    @property
    def name(self) -> str:
        """The run's own, in letters and digits."""
        return self.path.name.removeprefix(_PREFIX)

    @property
    def is_main(self) -> bool:
        return self._alive is not None

    def begin(self, settings: Settings) -> None:
        """Have the run's server started, unless another process is at it, and do not wait for it."""
        with suppress(BlockingIOError):
            self._take_turn(settings, fcntl.LOCK_NB)

    def server(self, settings: Settings, meanwhile: Callable[[], object]) -> "Server":
        """The run's server, started by whoever asks first. Where it comes without a template, ``meanwhile`` is called.

        :raises NoProvider: when there is none.
        :raises ServerFailed: when the keeper itself fails.
        """
        import psycopg  # noqa: F401 - while the keeper is at work

        answer = self.path / "server"
        if self._turn is None:
            self._take_turn(settings)
        assert self._turn is not None
        with self._turn:
            if not self._has_answered(_SOON_SECONDS, heeds_a_word=True):
                meanwhile()
                if not self._has_answered(_PULL_SECONDS if settings.provider == "docker" else _START_SECONDS):
                    raise ServerFailed("the keeper of the test run's server does not answer", self._log())
        if not answer.exists():
            problem = (
                "the keeper of the test run's server has ended: run the tests again, and see whether memory ran out"
            )
            raise ServerFailed(problem, self._log())
        return _server(json.loads(answer.read_text()))

    def end(self, stay_seconds: float = 0.0) -> None:
        """End the run in good order. Its server is gone then, or has that long."""
        if self._alive is None:
            return
        server = self.path / "server"
        # It may have been started and not been met, where no test wanted it in the end.
        self._has_answered(_MEET_SECONDS)
        keeper = int(json.loads(server.read_text())["keeper"]) if server.exists() else None
        (self.path / "stay").write_text(str(stay_seconds))
        os.close(self._alive)
        self._alive = None
        deadline = time.monotonic() + _END_SECONDS
        # Who does not want to wait need not: the keeper goes on alone.
        with suppress(KeyboardInterrupt):
            while keeper and not stay_seconds and self.path.exists() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
                if not _runs(keeper):
                    keeper = None
        if keeper is None:
            # None was there, or it was killed: the kernel has ended its server, whose folder the next launch removes.
            shutil.rmtree(self.path, ignore_errors=True)

    def _take_turn(self, settings: Settings, how: int = 0) -> None:
        """Be the process that the others wait for, until there is an answer; start the keeper where nobody has.

        :raises BlockingIOError: when another process is that, and ``how`` is not to wait for it.
        """
        with ExitStack() as undo:
            turn = undo.enter_context((self.path / "turn").open("w"))
            fcntl.flock(turn, fcntl.LOCK_EX | how)
            if not (self.path / "server").exists():
                self._start(settings)
            undo.pop_all()
        self._turn = turn

    def _start(self, settings: Settings) -> None:
        keeper = ["-m", "tenantstore.testing.keeper", str(self.path), json.dumps(settings._asdict())]
        # An editable install may be on no path at all. It comes last: of these, every one comes before Python's own.
        paths = [*filter(None, sys.path), str(Path(__file__).parents[2])]
        with (self.path / "log").open("ab") as log:
            process = subprocess.Popen(
                # Without ``site``, which is a tenth of its start: what that would add to the path is on it.
                [sys.executable, "-S", *keeper],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._starter = process

    def _has_answered(self, seconds: float, heeds_a_word: bool = False) -> bool:
        """Whether the keeper that this process has started, if it has, ends its output within that time.

        It does when it has answered, and when it is gone. Before, it says a word where there is a template to be built.
        """
        if self._starter is None:
            return True
        assert self._starter.stdout is not None
        deadline = time.monotonic() + seconds
        while select([self._starter.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
            if not os.read(self._starter.stdout.fileno(), 1):
                # The process that was started has ended long since: the keeper went on in the background, as a child
                # of nobody.
                with self._starter:
                    self._starter = None
                return True
            if heeds_a_word:
                break
        return False

    def _log(self) -> str:
        with suppress(OSError):
            return (self.path / "log").read_text(errors="replace")
        return ""


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _see_off(path: Path, project: Path) -> None:
    """Ask the keeper of an earlier run to stop keeping, and remove a folder that has no keeper any more."""
    with suppress(OSError):
        if path.stat().st_uid != os.geteuid():
            return
        if (path / "project").read_text() == str(project):
            (path / "stay").unlink(missing_ok=True)
        with (path / "alive").open("r+") as alive:
            # Closing it would drop a lock of this process's own.
            if alive.read() != str(os.getpid()):
                fcntl.lockf(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)


def answer(server: "Server") -> dict[str, Any]:
    """What a keeper writes of its server."""
    told = {"provider": server.provider, "version": server.version, "parameters": dict(server.parameters)}
    return {**told, "pid": server.pid, "data": str(server.data) if server.data else None, "empty": server.empty}


def refusal(error: Exception) -> dict[str, Any]:
    """What a keeper writes when it has none."""
    if isinstance(error, NoProvider):
        return {"refusals": [list(each) for each in error.refusals]}
    return {"failed": f"{type(error).__name__}: {error}"}


def _server(told: Mapping[str, Any]) -> "Server":
    from tenantstore.testing.server import Server

    if "refusals" in told:
        raise NoProvider([Refusal(*each) for each in told["refusals"]])
    if "failed" in told:
        raise ServerFailed("the keeper of the test run's server failed", told["failed"])
    machine = Shared(told["pid"], Path(told["data"]) if told["data"] else None)
    return Server(told["provider"], told["version"], told["parameters"], machine, empty=told["empty"])


class Shared(NamedTuple):
    """Where a server runs that other processes use as well."""

    pid: int | None
    data: Path | None

    def restart(self) -> None:
        raise ValueError("the test run's server is shared: launch one to restart")

    def end(self) -> None:
        """Nothing: the keeper ends it."""
