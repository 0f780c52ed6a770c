"""Running PostgreSQL's programs: as whom, in which environment, and the server itself from start to end.

PostgreSQL refuses to run as root, so root runs it as ``nobody``; everybody else as themselves.
"""

import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from tenantstore.testing.errors import ServerFailed
from tenantstore.testing.guard import GO
from tenantstore.testing.segment import remove_segment

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_RUN_SECONDS = 60.0
_POLL_SECONDS = 0.002
_GUARD = Path(__file__).with_name("guard.py")


@cache
def account() -> tuple[int, int]:
    """The user and group ids that the server runs under."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return 65534, 65534
    return nobody.pw_uid, nobody.pw_gid


def known(uid: int) -> bool:
    """Whether the system has a name for this user."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def free_port() -> int:
    """A TCP port of 127.0.0.1 on which nobody listens now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment() -> dict[str, str]:
    """A short one: the caller's PG* and LC_* change what the programs do, and root's secrets are not nobody's."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C", "TZ": "UTC"}


def run(*command: str) -> str:
    """Run a program as the server's user and give its output.

    :raises ServerFailed: when it ends with an error, or not within a minute.
    :raises OSError: when it cannot be started.
    """
    uid, gid = account()
    changes = uid != os.geteuid()
    try:
        done = subprocess.run(
            command,
            # initdb gives up in a folder that its user cannot read.
            cwd="/",
            env=environment(),
            umask=0o077,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_RUN_SECONDS,
            user=uid if changes else None,
            group=gid if changes else None,
            extra_groups=[] if changes else None,
        )
    except subprocess.TimeoutExpired:
        raise ServerFailed(f"{command[0]} took more than {_RUN_SECONDS:g} s", "") from None
    if done.returncode != 0:
        raise ServerFailed(f"{command[0]} ended with {done.returncode}", done.stdout + done.stderr)
    return done.stdout


class Postmaster:
    """One ``postgres`` process over one data folder; it can be started again after it was stopped."""

    def __init__(self, command: Sequence[str], data: Path, log: Path) -> None:
        self.command = command
        self.data = data
        self.log = log
        self._thread: Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was never started"
        return self._process.pid

    def prepare(self) -> None:
        """Have a process that waits for :meth:`start` to become the server. The data folder may be filled meanwhile.

        :raises OSError: when it cannot be started.
        """
        answer: SimpleQueue[subprocess.Popen[bytes] | BaseException] = SimpleQueue()
        # The kernel's signal comes when the *thread* that started the server ends, so that thread waits for the server.
        thread = Thread(target=self._live, args=[answer], name="tenantstore-postgres", daemon=True)
        thread.start()
        process = answer.get()
        if isinstance(process, BaseException):
            raise process
        self._thread, self._process = thread, process

    def start(self) -> None:
        """Return when the server takes connections.

        :raises ServerFailed: when it ends first, or takes longer than 30 s.
        :raises OSError: when it cannot be started.
        """
        if self._thread is None:
            self.prepare()
        assert self._thread is not None
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(GO)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready(self._process.pid):
            if not self._thread.is_alive():
                code = self._process.returncode
                raise ServerFailed(f"postgres ended with {code} before it was ready", self._log_end())
            if time.monotonic() > deadline:
                raise ServerFailed(f"postgres was not ready after {START_SECONDS:g} s", self._log_end())
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """End the server and wait for it: fast first, then harder each time it does not go."""
        if self._thread is None or self._process is None or self._process.stdin is None:
            return
        # One that waits for its start ends with this.
        self._process.stdin.close()
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self._process.send_signal(number)
            self._thread.join(STOP_SECONDS)
            if not self._thread.is_alive():
                break
        self._thread = None
        remove_segment(self.data)

    def _live(self, answer: "SimpleQueue[subprocess.Popen[bytes] | BaseException]") -> None:
        uid, gid = account()
        guard = [sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()), str(uid), str(gid)]
        try:
            with self.log.open("ab") as log:
                process = subprocess.Popen(
                    [*guard, *self.command],
                    cwd="/",
                    env=environment(),
                    umask=0o077,
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    # Ctrl-C at a terminal reaches its whole group: the tests still need the server to clean up.
                    start_new_session=True,
                )
        except BaseException as error:
            answer.put(error)
            return
        answer.put(process)
        process.wait()

    def _is_ready(self, pid: int) -> bool:
        """Line 1 of postmaster.pid is the process, line 8 its state."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
