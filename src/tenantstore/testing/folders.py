"""The folder of a running server, and what is done about the folders of those that were killed.

A run folder is ``tenantstore-UID-…`` on /dev/shm or in the folder for temporary files. It is alive while its process
holds a lock on it, which the kernel drops however that process ends; whoever gets the lock may remove the folder. Every
user of the machine can write beside it, so nothing there is trusted for its name alone.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tenantstore.testing.errors import ServerFailed
from tenantstore.testing.process import account
from tenantstore.testing.segment import remove_segment

_SHM = Path("/dev/shm")  # noqa: S108 - what is made in it has a name that nobody can guess
_TMP = Path("/tmp")  # noqa: S108
_ROOM_BYTES = 1 << 30
_SOCKET_PATH_BYTES = 107
_LONGEST_SOCKET = "12345678/socket/.s.PGSQL.65535"
_END_SECONDS = 5.0
_ATTEMPTS = 10


class RunFolder:
    """``path/data`` and ``path/socket``, which the server's user alone can enter, and ``path/log``, which is ours.

    Making one removes those that killed processes of this user left.

    :raises ServerFailed: when there is no place for one; it says of each that was tried why.
    """

    def __init__(self) -> None:
        bases = [_SHM, Path(tempfile.gettempdir()), _TMP]
        for base in bases:
            _remove_stale(base)
        self.path: Path
        self.path, self._lock = _create(_place(bases))
        self.data: Path = self.path / "data"
        self.socket: Path = self.path / "socket"
        self.log: Path = self.path / "log"
        self.log.touch(mode=0o600)
        for folder in (self.data, self.socket):
            folder.mkdir(mode=0o700)
            os.chown(folder, *account())

    def remove(self) -> None:
        """Remove everything; the server has ended."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _place(bases: Sequence[Path]) -> Path:
    """The first of these that a server can live in."""
    refused = {}
    for base in bases:
        reason = _against(base)
        if reason is None:
            return base
        refused[base] = reason
    told = "\n".join(f"{base}: {reason}" for base, reason in refused.items())
    raise ServerFailed("no place for a server's data", f"{told}\nTMPDIR names another.")


def _against(base: Path) -> str | None:
    """Why a server cannot live here. Memory only with room to spare: a container's /dev/shm is often 64 MB."""
    if not os.access(base, os.W_OK | os.X_OK):
        return "not there, or closed to this user"
    if not lets_in(base):
        return f"closed to the server's user, who has the id {account()[0]}"
    if base == _SHM and shutil.disk_usage(base).free < _ROOM_BYTES:
        return "less than 1 GB free"
    if len(os.fsencode(base / f"{_prefix()}{_LONGEST_SOCKET}")) > _SOCKET_PATH_BYTES:
        return "too long a path for a socket in it"
    return None


def _prefix() -> str:
    return f"tenantstore-{os.geteuid()}-"


def lets_in(path: Path) -> bool:
    """Whether the server's user gets to this folder, or as far towards it as there is something yet."""
    if account()[0] == os.geteuid():
        return True
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.exists())


def _create(base: Path) -> tuple[Path, int]:
    """A new folder and its lock. Between the two, another launch may take it for stale: then it is theirs to remove."""
    for _ in range(_ATTEMPTS):
        try:
            path = Path(tempfile.mkdtemp(prefix=_prefix(), dir=base))
        except OSError as error:
            raise ServerFailed("no folder for a server's data", str(error)) from None
        lock = _lock(path)
        if lock is None:
            continue
        if path.exists():
            if account()[0] != os.geteuid():
                path.chmod(0o711)
            return path, lock
        os.close(lock)
    raise ServerFailed(f"a folder in {base} cannot be locked", "")


def _lock(path: Path) -> int | None:
    """A descriptor that holds the lock on this user's folder, or None when another process has it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _remove_stale(base: Path) -> None:
    """Remove what killed processes of this user left in ``base``, and end their servers where those still run."""
    for path in base.glob(f"{_prefix()}*"):
        lock = _lock(path)
        if lock is not None:
            end_server(path / "data", (signal.SIGQUIT, signal.SIGKILL), _END_SECONDS)
            remove_segment(path / "data")
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def end_server(data: Path, signals: Sequence[signal.Signals], seconds: float) -> None:
    """End a data folder's server, if there is one: by each signal in turn, and as many seconds for it to go."""
    pid = server_pid(data)
    if pid is None:
        return
    for number in signals:
        if _runs_on(pid, data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while _runs_on(pid, data) and time.monotonic() < deadline:
            time.sleep(0.01)


def server_pid(data: Path) -> int | None:
    """The process that is a data folder's server now; None where nothing runs on it."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None
    return pid if _runs_on(pid, data) else None


def _runs_on(pid: int, data: Path) -> bool:
    """Whether this process is the data folder's server, and not one that got its number later."""
    process = Path(f"/proc/{pid}")
    try:
        if Path("/proc/self").exists():
            arguments = (process / "cmdline").read_bytes().split(b"\0")
            return os.fsencode(data) in arguments and process.stat().st_uid == account()[0]
        shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
        return f"-D {data} " in shown.stdout
    except OSError:
        return False
