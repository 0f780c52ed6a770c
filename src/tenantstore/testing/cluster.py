"""A data folder and the server over it."""

import contextlib
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

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
# 30 MB each. Of the seeded ones a branch or two, and the last edit; of the empty ones those of the last environments.
_KEPT = {"seeded": 3, "cluster": 5}


class Machine(Protocol):
    """What a server runs on."""

    @property
    def pid(self) -> int | None: ...
    @property
    def data(self) -> Path | None: ...
    def restart(self) -> None: ...
    def end(self) -> None: ...


def _tell_nobody() -> None: ...


class Seed(NamedTuple):
    """The name of a state that a cluster may have been kept in, and what is called where none was."""

    name: str
    missing: Callable[[], object] = _tell_nobody


class Cluster:
    """A new data folder in a new run folder, and its ``postmaster``, not started yet.

    The data folder is a copy of the cached one where there is one, except when ``fresh``: then initdb makes both anew.
    A ``seed`` names a state in which :meth:`keep` has once kept a cluster; ``is_seeded`` says whether there was one.
    Where there was none, initdb's is not cached either: who comes with a seed is in a hurry, and makes up for it later.

    :raises ServerFailed: when initdb or the copying fails.
    """

    def __init__(
        self, binaries: Binaries, settings: Mapping[str, str], fresh: bool = False, seed: Seed | None = None
    ) -> None:
        self._binaries = binaries
        self.folder: RunFolder = RunFolder()
        data = self.folder.data
        chosen = {**_SETTINGS, **settings, "unix_socket_directories": str(self.folder.socket)}
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        command = [f"{binaries.folder}/postgres", "-D", str(data), *options]
        self.postmaster: Postmaster = Postmaster(command, data, self.folder.log)
        try:
            self.postmaster.prepare()
            self.is_seeded: bool = fill(data, binaries, fresh, seed)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self.postmaster.pid

    @property
    def data(self) -> Path:
        return self.postmaster.data

    def restart(self) -> None:
        """Stop the server and start it on the same socket and port.

        :raises ServerFailed: when it does not come back.
        """
        self.postmaster.stop()
        self.postmaster.start()

    def keep(self, seed: Seed) -> None:
        """Stop the server, and keep its data for whoever comes with this seed later."""
        self.postmaster.stop()
        if (kept := _kept(self._binaries, seed)) is not None:
            _pack(self.data, kept)

    def end(self) -> None:
        """Stop the server and remove everything it had."""
        self.postmaster.stop()
        self.folder.remove()


def _kept(binaries: Binaries, seed: Seed | None = None) -> Path | None:
    """Where the cache has the data of an empty cluster, or of one that was seeded; None where there is no cache."""
    told = (binaries.build, str(binaries.folder), _options(binaries), *([seed.name] if seed else []))
    key = hashlib.sha256(repr(told).encode()).hexdigest()[:16]
    cache = cache_folder()
    return cache / f"{'seeded' if seed else 'cluster'}-{binaries.version}-{key}.tar" if cache else None


def _options(binaries: Binaries) -> tuple[str, ...]:
    return (*_INITDB, *_AUTH, *locale(binaries.version).options)


def fill(data: Path, binaries: Binaries, fresh: bool = False, seed: Seed | None = None) -> bool:
    """Make a cluster in an empty folder of the server's user. Whether it is one of this seed.

    :raises ServerFailed: when initdb or the copying fails.
    """
    kept, seeded = _kept(binaries), _kept(binaries, seed) if seed else None
    if seed and (fresh or seeded is None or not seeded.exists()):
        seed.missing()
    for path in (seeded, kept):
        if path is not None and path.exists() and not fresh:
            run("tar", "-xf", str(path), "-C", str(data))
            with contextlib.suppress(OSError):
                # Another run may have removed it by now.
                os.utime(path)
            return path == seeded
    run(f"{binaries.folder}/initdb", *_options(binaries), "-D", str(data))
    if kept is not None and seed is None:
        _pack(data, kept)
    return False


def _pack(data: Path, kept: Path) -> None:
    """One file: making the thousand of a cluster took a disk up to 0.8 s. A full disk is no reason not to start.

    The maps of free and of all-visible pages are left out: they are a fifth of the files that a start unpacks and each
    CREATE DATABASE copies, and a relation that has none is one of which nothing is known yet. So is what the server has
    in store of its log.
    """
    with contextlib.suppress(OSError, subprocess.CalledProcessError), scratch(kept.parent) as work:
        unused = [f"pg_wal/{path.name}" for path in (data / "pg_wal").iterdir() if _is_yet_to_be_written(path)]
        left = ["base/*/*_fsm", "base/*/*_vm", *unused]
        options = [f"--exclude=./{each}" for each in left]
        subprocess.run(["tar", *options, "-cf", work / "tar", "-C", data, "."], check=True, capture_output=True)
        (work / "tar").chmod(0o644)
        (work / "tar").replace(kept)
        kind = kept.name.partition("-")[0]
        for path in _by_age(kept.parent.glob(f"{kind}-*.tar"))[_KEPT[kind] :]:
            path.unlink(missing_ok=True)


def _is_yet_to_be_written(segment: Path) -> bool:
    """Whether a file of the log has nothing of its own yet: its first page is not that of the place it is named by."""
    if not re.fullmatch(r"[0-9A-F]{24}", segment.name):
        return False
    with segment.open("rb") as file:
        address = int.from_bytes(file.read(16)[8:], sys.byteorder)
    high, number = int(segment.name[8:16], 16), int(segment.name[16:], 16)
    return address != (high << 32) + number * segment.stat().st_size


def _by_age(paths: Iterable[Path]) -> list[Path]:
    """The newest first. Another run may remove one meanwhile."""
    aged = []
    for path in paths:
        with contextlib.suppress(OSError):
            aged.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(aged, reverse=True)]


class Locale(NamedTuple):
    """The same for initdb and for CREATE DATABASE."""

    options: tuple[str, ...]
    sql: str


def locale(version: int) -> Locale:
    """UTF-8's own order and case rules, and messages in English, whatever this machine speaks."""
    if version >= 17:
        return Locale(
            ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            "LOCALE 'C' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'",
        )
    return Locale(("--locale=C.UTF-8", "--lc-messages=C"), "LOCALE 'C.UTF-8'")
