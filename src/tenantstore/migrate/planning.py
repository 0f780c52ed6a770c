"""What is to be run: from the files, the history and the wish, without a database.

A wish for so many files is turned into a version once, before anything waits for anything; from then on only the
version counts, so that two deployers who ask for ``down 1`` at one moment take one file down and not two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tenantstore.migrate.errors import Drift, HalfDone, Irreversible, Misconfigured, UnknownVersion
from tenantstore.migrate.files import Migration
from tenantstore.migrate.script import Script
from tenantstore.migrate.shown import one_line

Direction = Literal["up", "down"]
DIRECTIONS: tuple[Direction, ...] = ("up", "down")
_ELSEWHERE = "If the history is another folder's: take another database, or `--table` names this one's."
Standing = Literal["applied", "pending", "late", "half up", "half down", "changed", "missing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file without a transaction came: ``done`` statements, whose texts have the checksum ``prefix``.

    ``started`` says that the next statement was sent, and that its outcome is not known.
    """

    direction: Direction
    done: int = 0
    prefix: str = ""
    started: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """A row of the history. ``progress`` is there while a file without a transaction is half done.

    ``duration_ms`` is None for a version that was stamped.
    """

    version: int
    name: str
    up_checksum: str
    down_checksum: str | None
    applied_at: datetime
    duration_ms: int | None
    applied_by: str
    applied_from: str
    tool_version: str
    progress: Progress | None

    def __str__(self) -> str:
        return one_line(f"{self.version} {self.name}")


@dataclass(frozen=True, slots=True)
class Step:
    """A file to run; ``progress`` where an earlier run left it half done."""

    migration: Migration
    direction: Direction
    progress: Progress | None = None

    @property
    def script(self) -> Script:
        """The file."""
        script = self.migration.up if self.direction == "up" else self.migration.down
        assert script is not None, "no step goes down where there is no way back"
        return script

    @property
    def again(self) -> str:
        """What takes it after a failure. The same command may not: `redo`, and `down N`, would undo the one before."""
        return "run `up` again" if self.direction == "up" else "run `down` again (a number counts from this file on)"

    def __str__(self) -> str:
        return self.script.path.name.removesuffix(".sql")


@dataclass(frozen=True, slots=True)
class State:
    """How a version stands: what folder and history say of it together. ``row`` is the history's part, if it has one.

    ``late`` is not applied though a higher one is; ``changed`` differs from its file; ``missing`` has no file.
    """

    version: int
    name: str
    standing: Standing
    row: Applied | None


def plan_up(
    migrations: Sequence[Migration], history: Sequence[Applied], to: int | None = None, allow_out_of_order: bool = False
) -> list[Step]:
    """The steps to version ``to``, by default to the newest.

    :raises UnknownVersion: when there is no file of version ``to``.
    :raises HalfDone: when a file is half way down.
    :raises Drift: when files that were applied have changed or are missing, or one below them is not applied.
    """
    if to is not None:
        _refuse_unknown(migrations, to)
    rows = {row.version: row for row in history}
    _refuse_half(history, "down")
    _refuse_changed(migrations, rows)
    waiting = [m for m in migrations if m.version not in rows or rows[m.version].progress]
    pending = [migration for migration in waiting if to is None or migration.version <= to]
    _refuse_missing(migrations, history, ahead_is_fine=not waiting)
    highest = max((row.version for row in history if not row.progress), default=0)
    late = [migration for migration in waiting if migration.version < highest]
    if late and not allow_out_of_order:
        raise Drift(
            "\n".join(f"{migration.up.path}: not applied, but {highest} is" for migration in late),
            "Give it the next free number, or run it now with `--allow-out-of-order`.",
        )
    return [Step(m, "up", rows[m.version].progress if m.version in rows else None) for m in pending]


def plan_down(migrations: Sequence[Migration], history: Sequence[Applied], to: int) -> list[Step]:
    """The steps down to version ``to``, which stays; 0 takes everything down.

    :raises UnknownVersion: when there is no file of version ``to``.
    :raises HalfDone: when a file is half way up.
    :raises Irreversible: when one of the files cannot be undone.
    :raises Drift: when files that were applied have changed or are missing.
    """
    if to:
        _refuse_unknown(migrations, to)
    rows = {row.version: row for row in history}
    _refuse_half(history, "up")
    _refuse_changed(migrations, rows)
    undone = [row for row in sorted(history, key=lambda row: -row.version) if row.version > to]
    _refuse_missing(migrations, undone, ahead_is_fine=False)
    files = {migration.version: migration for migration in migrations}
    steps = [Step(files[row.version], "down", row.progress) for row in undone]
    for step in steps:
        if step.migration.down is None:
            raise Irreversible(f"{step.migration.up.path}: irreversible: {step.migration.up.irreversible}")
    return steps


def target_up(migrations: Sequence[Migration], history: Sequence[Applied], limit: int) -> int | None:
    """The version that stands after at most ``limit`` files more; None when that is all of them."""
    done = {row.version for row in history if not row.progress}
    pending = [migration.version for migration in migrations if migration.version not in done]
    return pending[limit - 1] if limit < len(pending) else None


def target_down(history: Sequence[Applied], limit: int) -> int:
    """The version that stands after ``limit`` files less; 0 where none is applied.

    :raises Misconfigured: when fewer are applied. The number may be meant for a version's, and what is undone is lost.
    """
    versions = [0, *sorted(row.version for row in history)]
    applied = len(versions) - 1
    if applied and limit > applied:
        verb = "is" if applied == 1 else "are"
        raise Misconfigured(
            f"{limit} are to be undone, and only {applied} {verb} applied: nothing is undone.",
            "All of them: `--to 0`. All above version V: `--to V`.",
        )
    return versions[-1 - limit] if applied else 0


def plan_stamp(migrations: Sequence[Migration], history: Sequence[Applied], version: int) -> list[Migration]:
    """The migrations up to ``version`` of which the history does not say that they are applied.

    :raises UnknownVersion: when there is no file of it.
    :raises Drift: when the history goes on above it.
    :raises HalfDone: when one of them has stopped in the middle.
    """
    _refuse_unknown(migrations, version)
    if above := [row for row in history if row.version > version]:
        raise Drift(
            "\n".join(f"{row}: applied, and above {version}" for row in above),
            "`stamp` only adds to a history. `down` takes the database back.",
        )
    done = {row.version for row in history if not row.progress}
    found = [migration for migration in migrations if migration.version <= version and migration.version not in done]
    noted = {migration.version for migration in found}
    for direction in DIRECTIONS:
        _refuse_half([row for row in history if row.version in noted], direction)
    return found


def states(migrations: Sequence[Migration], history: Sequence[Applied]) -> list[State]:
    """Every version of the folder and of the history, the lowest first."""
    files = {migration.version: migration for migration in migrations}
    rows = {row.version: row for row in history}
    highest = max((row.version for row in history if not row.progress), default=0)
    found = []
    for version in sorted(files | rows):
        migration, row = files.get(version), rows.get(version)
        name = migration.name if migration else row.name if row else ""
        found.append(State(version, name, _standing(migration, row, highest), row))
    return found


def _standing(migration: Migration | None, row: Applied | None, highest: int) -> Standing:
    if migration is None:
        return "missing"
    if row is None:
        return "late" if migration.version < highest else "pending"
    if changed(migration, row):
        return "changed"
    if row.progress:
        return "half up" if row.progress.direction == "up" else "half down"
    return "applied"


def changed(migration: Migration, row: Applied) -> str | None:
    """How a file differs from what was applied, or None. What is half done may be mended."""
    if migration.name != row.name:
        return f"{migration.up.path}: was applied as {row}"
    if row.progress:
        return None
    if migration.up.checksum != row.up_checksum:
        return f"{migration.up.path}: changed since it was applied"
    if migration.down is None:
        return f"{migration.up.path}: its down file is gone since it was applied" if row.down_checksum else None
    if migration.down.checksum != row.down_checksum:
        return f"{migration.down.path}: {'changed' if row.down_checksum else 'new'} since the migration was applied"
    return None


def mended(migration: Migration, row: Applied) -> Progress | None:
    """The progress with the done statements as they are in the file now; None where they are what was done."""
    script = migration.up if row.progress and row.progress.direction == "up" else migration.down
    if row.progress is None or script is None:
        return None
    done = min(row.progress.done, len(script.statements))
    if done == row.progress.done and script.prefix(done) == row.progress.prefix:
        return None
    return Progress(row.progress.direction, done, script.prefix(done), row.progress.started)


def _refuse_unknown(migrations: Sequence[Migration], version: int) -> None:
    there = [migration.version for migration in migrations]
    if version not in there:
        nearest = min(there, key=lambda other: abs(other - version))
        raise UnknownVersion(
            f"there is no migration {version}", f"The nearest is {nearest}; the newest is {max(there)}."
        )


def _refuse_half(history: Sequence[Applied], direction: Direction) -> None:
    for row in history:
        if row.progress and row.progress.direction == direction:
            stopped = f"{row} stopped on its way {direction}"
            raise HalfDone(
                f"{stopped}, after {row.progress.done} of its statements.",
                f"Finish it first: `{direction}` goes on where it stopped.",
            )


def refuse_renamed(migrations: Sequence[Migration], rows: Mapping[int, Applied]) -> None:
    """Refuse versions that were applied under another name: most likely another folder's.

    :raises Drift: naming them.
    """
    there = [(migration, rows[migration.version]) for migration in migrations if migration.version in rows]
    if renamed := [changed(migration, row) or "" for migration, row in there if migration.name != row.name]:
        raise Drift("\n".join(renamed), "If the file was renamed, give it back the name it was applied by.", _ELSEWHERE)


def _refuse_changed(migrations: Sequence[Migration], rows: Mapping[int, Applied]) -> None:
    refuse_renamed(migrations, rows)
    findings = [changed(migration, rows[migration.version]) for migration in migrations if migration.version in rows]
    if told := [finding for finding in findings if finding]:
        raise Drift(
            "\n".join(told),
            "Restore it as it was applied. To change what it does: with the old files `down`, then edit, then `up`;"
            " once it is released, write a new one.\n"
            "If the database is right as it is, `repair` takes the new text into the history, and runs nothing"
            " (of several folders, `down` and `repair` take `--dir`).",
        )


def _refuse_missing(migrations: Sequence[Migration], history: Sequence[Applied], ahead_is_fine: bool) -> None:
    """Refuse versions without a file, except, for an older release that has nothing to do, those above its own."""
    files = {migration.version for migration in migrations}
    highest = max(files, default=0)
    missing = [row for row in history if row.version not in files and not (ahead_is_fine and row.version > highest)]
    if missing:
        raise Drift(
            "\n".join(f"{row}: applied, but not in this folder" for row in missing),
            "Is this an older release, or another branch? Deploy from where the file is.",
            _ELSEWHERE,
        )
