"""The folders of a server: one that ends with it, and a cache that outlives it.

A run folder is ``tenantstore-UID-…`` on /dev/shm or in the folder for temporary files. It is alive while its process
holds a lock on it, which the kernel drops however that process ends; whoever gets the lock may remove the folder.
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
from collections.abc import Iterator
from pathlib import Path

from tenantstore.testing.process import account

_SHM = Path("/dev/shm")  # noqa: S108 - the names made in it are unguessable, and checked
_ROOM_BYTES = 1 << 30
_SOCKET_PATH_BYTES = 107
_SOCKET_NAME = "socket/.s.PGSQL.65535"


class RunFolder:
    """``path/data`` and ``path/socket`` for the server's user alone, ``path/log`` for ours."""

    def __init__(self) -> None:
        base = _base()
        remove_stale(base)
        self.path, self._lock = _create(base)
        self.data = self.path / "data"
        self.socket = self.path / "socket"
        self.log = self.path / "log"
        for folder in (self.data, self.socket):
            folder.mkdir(mode=0o700)
            os.chown(folder, *account())

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _create(base: Path) -> tuple[Path, int]:
    """A new locked folder. One that was taken for stale before it was locked is left to whoever took it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"tenantstore-{os.geteuid()}-", dir=base))
        with contextlib.suppress(OSError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if path.stat().st_ino == os.fstat(lock).st_ino:
                    if account()[0] != os.geteuid():
                        path.chmod(0o711)
                    return path, lock
            except OSError:
                os.close(lock)
                raise
            os.close(lock)


def _base() -> Path:
    """Memory when there is room, else the folder for temporary files, or /tmp where a socket's path gets too long."""
    candidates = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108
    if _SHM.is_dir() and shutil.disk_usage(_SHM).free >= _ROOM_BYTES:
        candidates.insert(0, _SHM)
    for base in candidates:
        longest = base / f"tenantstore-{os.geteuid()}-12345678" / _SOCKET_NAME
        if len(os.fsencode(longest)) <= _SOCKET_PATH_BYTES and os.access(base, os.W_OK | os.X_OK) and reachable(base):
            return base
    raise OSError(f"no folder for a server in {', '.join(map(str, candidates))}")


def reachable(path: Path) -> bool:
    """Whether the server's user gets to this folder."""
    if account()[0] == os.geteuid():
        return True
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def remove_stale(base: Path) -> None:
    """Remove what killed processes of this user left in ``base``, and end their servers where those still run."""
    for path in base.glob(f"tenantstore-{os.geteuid()}-*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_uid != os.geteuid():
                continue
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _end_server(path / "data")
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)


def _end_server(data: Path) -> None:
    """End the server of a data folder whose owner is gone, if it is still there."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return
    for number in (signal.SIGQUIT, signal.SIGKILL):
        deadline = time.monotonic() + 5
        while _runs_on(pid, data):
            os.kill(pid, number)
            time.sleep(0.05)
            if time.monotonic() > deadline:
                break


def _runs_on(pid: int, data: Path) -> bool:
    """Whether this process is the data folder's server, and not one that got its number later."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == data
        except OSError:
            return False
    shown = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True, check=False)
    return str(data) in shown.stdout


def cache_folder() -> Path | None:
    """This user's cache that the server's user can read, or None where there is no safe place for one."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    candidates = [Path(home, "tenantstore"), Path(tempfile.gettempdir(), f"tenantstore-cache-{os.geteuid()}")]
    if os.geteuid() == 0:
        candidates.insert(1, Path("/var/cache/tenantstore"))
    return next((path for path in candidates if path.is_absolute() and _is_ours(path)), None)


def _is_ours(path: Path) -> bool:
    """Whether this is, or now becomes, a folder of this user that nobody else can write to."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return False
        if account()[0] != os.geteuid():
            path.chmod(0o755)
        return os.access(path, os.W_OK) and reachable(path)
    except OSError:
        return False


@contextlib.contextmanager
def new_entry(entry: Path) -> Iterator[Path]:
    """A folder to fill; it becomes ``entry`` at once and whole when the block ends, unless another was quicker."""
    work = Path(tempfile.mkdtemp(prefix=f".{entry.name}-", dir=entry.parent))
    try:
        yield work
        subprocess.run(["chmod", "-R", "u+rwX,go+rX,go-w", work], check=True)
        with contextlib.suppress(OSError):
            work.rename(entry)
    finally:
        shutil.rmtree(work, ignore_errors=True)
