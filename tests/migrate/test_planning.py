"""Which steps, or which refusal: any folder, any history and any target against a model in plain Python."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenantstore.migrate.errors import (
    Drift,
    HalfDone,
    Irreversible,
    MigrationError,
    Misconfigured,
    UnknownVersion,
)
from tenantstore.migrate.files import Migration
from tenantstore.migrate.planning import (
    Applied,
    Progress,
    Step,
    plan_down,
    plan_stamp,
    plan_up,
    states,
    target_down,
    target_up,
)
from tenantstore.migrate.script import Script, digest

Versions = list[int]


@dataclass(frozen=True)
class File:
    """A version in the folder: which of two texts it has, and whether it can be undone."""

    text: str
    reversible: bool


@dataclass(frozen=True)
class Row:
    """A version in the history: the text that was applied, and which way it is half done, if it is."""

    text: str
    half: str | None


_versions = st.integers(1, 6)
_file = st.builds(File, st.sampled_from("AAAB"), st.sampled_from([True, True, False]))
# An empty folder is refused before anything is planned.
_files = st.dictionaries(_versions, _file, min_size=1)
_rows = st.dictionaries(_versions, st.builds(Row, st.just("A"), st.sampled_from([None] * 8 + ["up", "down"])))
_targets = st.none() | st.integers(0, 7)


def _migrations(files: dict[int, File]) -> list[Migration]:
    return [
        Migration(
            version, "a", _script(version, "up", file.text), _script(version, "down") if file.reversible else None
        )
        for version, file in sorted(files.items())
    ]


def _script(version: int, direction: str, text: str = "") -> Script:
    return Script(Path(f"{version}_a.{direction}.sql"), text)


def _history(rows: dict[int, Row], files: dict[int, File]) -> list[Applied]:
    now = datetime.now(UTC)
    found = []
    for version, row in sorted(rows.items()):
        down = digest("") if version not in files or files[version].reversible else None
        progress = Progress("up" if row.half == "up" else "down", 1) if row.half else None
        found.append(Applied(version, "a", digest(row.text), down, now, 1, "a", "b", "c", progress))
    return found


def _model_up(files: dict[int, File], rows: dict[int, Row], to: int | None, out_of_order: bool) -> Versions | type:
    done = {version for version, row in rows.items() if row.half is None}
    waiting = set(files) - done
    orphans = set(rows) - set(files)
    if to is not None and to not in files:
        return UnknownVersion
    if any(row.half == "down" for row in rows.values()):
        return HalfDone
    if any(version in files and files[version].text != rows[version].text for version in done):
        return Drift
    # An older release that has nothing to do is fine with what a newer one has applied above it.
    if orphans and (waiting or min(orphans) < max(files, default=0)):
        return Drift
    if not out_of_order and any(version < max(done, default=0) for version in waiting):
        return Drift
    return sorted(version for version in waiting if to is None or version <= to)


def _model_down(files: dict[int, File], rows: dict[int, Row], to: int) -> Versions | type:
    undone = [version for version in rows if version > to]
    if to and to not in files:
        return UnknownVersion
    if any(row.half == "up" for row in rows.values()):
        return HalfDone
    if any(row.half is None and version in files and files[version].text != row.text for version, row in rows.items()):
        return Drift
    if not set(undone) <= set(files):
        return Drift
    if not all(files[version].reversible for version in undone):
        return Irreversible
    return sorted(undone, reverse=True)


def _model_stamp(files: dict[int, File], rows: dict[int, Row], to: int) -> Versions | type:
    if to not in files:
        return UnknownVersion
    if any(version > to for version in rows):
        return Drift
    if any(version in files and row.half for version, row in rows.items()):
        return HalfDone
    return [version for version in sorted(files) if version <= to and version not in rows]


def _model_state(version: int, files: dict[int, File], rows: dict[int, Row]) -> str:
    row = rows.get(version)
    if version not in files:
        return "missing"
    if row is None:
        later = [other for other, row in rows.items() if other > version and row.half is None]
        return "late" if later else "pending"
    if row.half:
        return f"half {row.half}"
    return "applied" if files[version].text == row.text else "changed"


@given(_files, _rows, _targets, st.booleans())
@settings(deadline=None)
def test_up_is_planned_as_the_model_says(
    files: dict[int, File], rows: dict[int, Row], to: int | None, out_of_order: bool
) -> None:
    expected = _model_up(files, rows, to, out_of_order)
    try:
        steps: Versions | type = _taken(plan_up(_migrations(files), _history(rows, files), to, out_of_order), "up")
    except MigrationError as error:
        steps = type(error)

    assert steps == expected


@given(_files, _rows, st.integers(0, 7))
@settings(deadline=None)
def test_down_is_planned_as_the_model_says(files: dict[int, File], rows: dict[int, Row], to: int) -> None:
    expected = _model_down(files, rows, to)
    try:
        steps: Versions | type = _taken(plan_down(_migrations(files), _history(rows, files), to), "down")
    except MigrationError as error:
        steps = type(error)

    assert steps == expected


@given(_files, _rows, st.integers(0, 7))
@settings(deadline=None)
def test_stamp_is_planned_as_the_model_says(files: dict[int, File], rows: dict[int, Row], to: int) -> None:
    expected = _model_stamp(files, rows, to)
    try:
        noted: Versions | type = [m.version for m in plan_stamp(_migrations(files), _history(rows, files), to)]
    except MigrationError as error:
        noted = type(error)

    assert noted == expected


@given(_files, _rows)
@settings(deadline=None)
def test_status_stands_as_the_model_says(files: dict[int, File], rows: dict[int, Row]) -> None:
    expected = {version: _model_state(version, files, rows) for version in sorted(files | rows)}

    assert {s.version: s.standing for s in states(_migrations(files), _history(rows, files))} == expected


@given(_files, st.integers(1, 7), st.integers(1, 7))
@settings(deadline=None)
def test_so_many_up_and_so_many_down_meet_again(files: dict[int, File], there: int, more: int) -> None:
    files = {version: File("A", True) for version in files}
    migrations, versions = _migrations(files), sorted(files)
    before = _history({version: Row("A", None) for version in versions[:there]}, files)
    up = plan_up(migrations, before, target_up(migrations, before, more))
    after = _history({version: Row("A", None) for version in versions[: there + more]}, files)
    down = plan_down(migrations, after, target_down(after, min(more, len(after))))

    assert (_taken(up, "up"), _taken(down, "down")) == (
        versions[there : there + more],
        versions[: there + more][::-1][:more],
    )
    with pytest.raises(Misconfigured):
        target_down(after, len(after) + more)


def _taken(steps: list[Step], direction: str) -> Versions:
    assert {step.direction for step in steps} <= {direction}
    return [step.migration.version for step in steps]
