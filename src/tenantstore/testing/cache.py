"""What outlives a server: an empty cluster for each version, and copies of programs its user could not reach.

The cache may lie where others can write beside it, and what is in it is run. So it is used only where nobody else could
have prepared it or can exchange it, and everything in it appears at once and whole.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tenantstore.testing.folders import lets_in
from tenantstore.testing.process import account


def cache_folder() -> Path | None:
    """This user's cache, which the server's user can read; None where there is no safe place for one."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - gives up without an error
    candidates = [Path(home, "tenantstore"), Path(tempfile.gettempdir(), f"tenantstore-cache-{os.geteuid()}")]
    if os.geteuid() == 0:
        # Root's home is closed to the server's user.
        candidates.insert(1, Path("/var/cache/tenantstore"))
    return next((path for path in candidates if path.is_absolute() and _is_ours(path)), None)


def _is_ours(path: Path) -> bool:
    """Whether this is, or now becomes, a folder of this user that nobody else can write to or exchange."""
    try:
        if not lets_in(path):
            return False
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
        exchangeable = path.parent.stat().st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH
        if exchangeable or not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
            return False
        if account()[0] != os.geteuid():
            path.chmod(0o755)
        return os.access(path, os.W_OK) and lets_in(path)
    except OSError:
        return False


@contextlib.contextmanager
def scratch(cache: Path) -> Iterator[Path]:
    """A folder to prepare an entry in, from where it is renamed to its place; it is removed when the block ends."""
    path = Path(tempfile.mkdtemp(prefix=".new-", dir=cache))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
