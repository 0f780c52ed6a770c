"""Whether every down file undoes its up file: each is run up, down and up on a scratch database.

The catalogs are compared twice: after the down file they must be what they were before the up file, and after the
second up what they were after the first. A file that says it is irreversible goes up only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tenantstore import resources
from tenantstore.migrate import catalogs, run
from tenantstore.migrate.catalogs import OWN_SCHEMA, Catalogs, Thing
from tenantstore.migrate.connect import Connection, connect
from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.files import Migration, load
from tenantstore.migrate.scratch import AGAIN, scratch
from tenantstore.migrate.session import Options, unbroken
from tenantstore.migrate.shown import one_line

Stage = Literal["down", "up again", "failed"]

_OPTIONS = Options(table=f"{OWN_SCHEMA}.history", again=AGAIN)
_VERDICTS: dict[Stage, str] = {
    "down": "does not undo its up file",
    "up again": "does something else the second time",
    "failed": "fails, perhaps for what is told above",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not as it was after the ``stage``; None is a definition that is not there.

    The last one may be a file that ``failed`` after others had left something in its way.
    """

    path: Path
    stage: Stage
    thing: Thing
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        lines = [f"{one_line(str(self.path))}: {_VERDICTS[self.stage]}: {self.thing}"]
        for when, definition in (("before", self.expected), ("after", self.found)):
            lines.append(f"  {when + ':':<7} {_indented(definition)}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": str(self.path),
            "stage": self.stage,
            "kind": self.thing.kind,
            "name": self.thing.name,
            "expected": self.expected,
            "found": self.found,
        }


def verify(
    folder: Path | None = None, scratch_dsn: str = "", base: Path | Sequence[Path] | None = None
) -> list[Difference]:
    """Try every file of a folder, by default ours; where the catalogs differ, in order.

    ``scratch_dsn`` names a server to make a database on; without it one is launched. ``base`` is a folder, or several
    in turn, applied there first, for migrations that stand on those of another.

    :raises MigrationError: when a file cannot be run; see :mod:`tenantstore.migrate.errors`.
    """
    where = resources.folder("migrations") if folder is None else folder
    migrations = load(where)
    found: list[Difference] = []
    with scratch(scratch_dsn, base) as dsn, connect(dsn) as connection, unbroken(connection, "reading the catalogs"):
        before = catalogs.read(connection)
        for migration in migrations:
            try:
                for stage, expected, after in _stages(dsn, where, migration, connection, before):
                    found += differences(migration, stage, expected, after)
                before = after
            except MigrationError as error:
                if not found:
                    raise
                # What was left behind stands in the way; where to mend it is known by now.
                stopped = Thing("file", migration.up.path.name)
                return [*found, Difference(migration.up.path, "failed", stopped, "goes through", str(error))]
    return found


def _stages(
    dsn: str, folder: Path, migration: Migration, connection: Connection, before: Catalogs
) -> Iterator[tuple[Stage, Catalogs, Catalogs]]:
    """Run one file up, down and up; after each of the last two what the catalogs should say, and what they say.

    The last of these is where the next file begins.
    """
    run.up(dsn, folder, to=migration.version, options=_OPTIONS)
    first = catalogs.read(connection)
    if migration.down is None:
        yield "up again", first, first
        return
    run.down(dsn, folder, options=_OPTIONS)
    yield "down", before, catalogs.read(connection)
    run.up(dsn, folder, to=migration.version, options=_OPTIONS)
    yield "up again", first, catalogs.read(connection)


def differences(migration: Migration, stage: Stage, expected: Catalogs, found: Catalogs) -> Iterator[Difference]:
    """What differs, by name. What goes or comes with something larger that does goes without saying."""
    script = migration.down if stage == "down" else migration.up
    assert script is not None, "nothing was compared where there is no way back"
    whole = expected.keys() ^ found.keys()
    for thing in sorted(expected.keys() | found.keys(), key=lambda thing: (thing.name, thing.kind)):
        before, after = expected.get(thing), found.get(thing)
        if before != after and not any(_is_part(thing, other) for other in whole):
            yield Difference(script.path, stage, thing, before, after)


def _is_part(thing: Thing, other: Thing) -> bool:
    """Whether a name like ``on column s.t.a`` lies within one like ``s.t``; of two of one name the second does."""
    if thing.name == other.name:
        return thing.kind > other.kind
    return f" {other.name}." in f" {thing.name}."


def _indented(definition: str | None) -> str:
    return "nothing of that name" if definition is None else definition.replace("\n", f"\n{' ' * 10}")
