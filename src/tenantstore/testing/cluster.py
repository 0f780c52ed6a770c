"""A data folder and the server over it."""

import contextlib
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tenantstore.testing.binaries import Binaries
from tenantstore.testing.cache import cache_folder, scratch
from tenantstore.testing.folders import RunFolder
from tenantstore.testing.process import Postmaster, run

_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # In the data folder rather than beside it on /dev/shm, where a killed server would leave it behind.
    "dynamic_shared_memory_type": "mmap",
}
_INITDB = ("--no-sync", "--no-instructions", "--username=postgres", "--encoding=UTF8", "--wal-segsize=1")
# The socket's folder is closed to others; TCP, where it is asked for, is open to every user of the machine.
_AUTH = ("--auth-local=trust", "--auth-host=scram-sha-256")


class Cluster:
    """A new data folder in a new run folder, and its ``postmaster``, not started yet.

    The data folder is a copy of the cached one where there is one, except when ``fresh``: then initdb makes both anew.

    :raises ServerFailed: when initdb or the copying fails.
    """

    def __init__(self, binaries: Binaries, settings: Mapping[str, str], fresh: bool = False) -> None:
        self.folder: RunFolder = RunFolder()
        data = self.folder.data
        try:
            _fill(data, binaries, fresh)
        except BaseException:
            self.folder.remove()
            raise
        chosen = {**_SETTINGS, **settings, "unix_socket_directories": str(self.folder.socket)}
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        command = [f"{binaries.folder}/postgres", "-D", str(data), *options]
        self.postmaster: Postmaster = Postmaster(command, data, self.folder.log)

    def end(self) -> None:
        """Stop the server and remove everything it had."""
        self.postmaster.stop()
        self.folder.remove()


def _fill(data: Path, binaries: Binaries, fresh: bool) -> None:
    options = (*_INITDB, *_AUTH, *_locale(binaries.version))
    key = hashlib.sha256(repr((binaries.build, str(binaries.folder), options)).encode()).hexdigest()[:16]
    cache = cache_folder()
    kept = cache / f"cluster-{binaries.version}-{key}.tar" if cache else None
    if kept is not None and kept.exists() and not fresh:
        run("tar", "-xf", str(kept), "-C", str(data))
        return
    run(f"{binaries.folder}/initdb", *options, "-D", str(data))
    if kept is not None:
        # One file: making the thousand of a cluster took a disk up to 0.8 s. A full disk is no reason not to start.
        with contextlib.suppress(OSError, subprocess.CalledProcessError), scratch(kept.parent) as work:
            subprocess.run(["tar", "-cf", work / "tar", "-C", data, "."], check=True, capture_output=True)
            (work / "tar").chmod(0o644)
            (work / "tar").replace(kept)


def _locale(version: int) -> tuple[str, ...]:
    """UTF-8's own order and case rules, and messages in English, whatever this machine speaks."""
    if version >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8", "--lc-messages=C")
