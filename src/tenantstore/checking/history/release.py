"""What was released before: its queries and its migrations, from a commit of git or from a folder.

git is asked for nothing but what it has: no network, no identity, and nothing of the checkout is touched.
"""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tenantstore.errors import InvalidQuery
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.shown import one_line
from tenantstore.queries import Catalog, Source

_BASE = "--base takes a commit, as a tag is, or a folder that holds an older checkout or an installed package."
_SHALLOW = "A shallow clone has only its newest: `git fetch --unshallow --tags`. In CI, check the whole history out."


@dataclass(frozen=True, slots=True)
class Release:
    """``name`` is what it was asked for by. ``migrations`` has a folder for each of today's, None for one that is new.

    The paths of a commit's ``sources`` are for people: ``v1.2:sql/notes/get.sql``.
    """

    name: str
    sources: tuple[Source, ...]
    migrations: tuple[Path | None, ...]


@contextmanager
def release(base: str, sql: Sequence[Path], migrations: Sequence[Path], root: Path) -> Iterator[Release]:
    """What the folders of today held at ``base``: a folder, seen from ``root``, else a commit of the repository there.

    A folder that lies elsewhere, as that of a package that is installed, is taken as it is: it was the same.

    :raises Misconfigured: when there is no such folder or commit, no git, or no query in it that can be read.
    """
    if (folder := (root / base).resolve()).is_dir():
        yield _release(base, folder, root, sql, migrations)
        return
    top = Path(_text(_git(root, "rev-parse", "--show-toplevel")).strip())
    if not _has(top, f"{base}^{{commit}}"):
        raise Misconfigured(f"{one_line(base)} is no folder here, and no commit of {top}", _SHALLOW)
    below = dict.fromkeys(_below(each, top) for each in (*sql, *migrations))
    there = [str(each) for each in below if each is not None and _has(top, f"{base}:{each.as_posix()}")]
    with tempfile.TemporaryDirectory(prefix="tenantstore-") as temporary:
        if there:
            _unpack(_git(top, "archive", "--format=tar", base, "--", *there), Path(temporary))
        found = _release(base, Path(temporary), top, sql, migrations)
        shown = (f"{base}:{each.path.relative_to(temporary).as_posix()}" for each in found.sources)
        sources = (replace(source, path=Path(path)) for source, path in zip(found.sources, shown, strict=True))
        yield replace(found, sources=tuple(sources))


def _release(name: str, folder: Path, top: Path, sql: Sequence[Path], migrations: Sequence[Path]) -> Release:
    sources: list[Source] = []
    for then in (_then(each, folder, top) for each in sql if _below(each, top) is not None):
        catalog = Catalog(then) if then else None
        for each in catalog or ():
            assert catalog is not None, "it was asked for its names"
            try:
                sources.append(catalog.source(each))
            except InvalidQuery as error:
                raise Misconfigured(f"{name}: {error}", "It cannot be read as a query now; what was it then?") from None
    if not sources:
        raise Misconfigured(f"{one_line(name)} has no queries where they are now: {', '.join(map(str, sql))}", _BASE)
    return Release(name, tuple(sources), tuple(_then(each, folder, top) for each in migrations))


def _then(today: Path, folder: Path, top: Path) -> Path | None:
    """Where a folder of today lay in the old one; itself where it was no part of that, None where it was not there."""
    below = _below(today, top)
    if below is None:
        return today
    # An installed package has them side by side, wherever they lie in the checkout.
    return next((each for each in (folder / below, folder / today.name) if each.is_dir()), None)


def _below(path: Path, top: Path) -> Path | None:
    resolved, above = path.resolve(), top.resolve()
    return resolved.relative_to(above) if resolved.is_relative_to(above) else None


def _has(top: Path, thing: str) -> bool:
    try:
        _git(top, "rev-parse", "--verify", "--quiet", thing)
    except Misconfigured:
        return False
    return True


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise Misconfigured("there is no git here to ask for the base", _BASE) from None
    if done.returncode:
        told = _text(done.stderr).strip().partition("\n")[0]
        raise Misconfigured(f"git {arguments[0]} in {folder}: {one_line(told)}", _BASE)
    return done.stdout


def _unpack(archive: bytes, folder: Path) -> None:
    """The files alone: what a link in it points at is not theirs."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def _text(output: bytes) -> str:
    return output.decode(errors="replace")
