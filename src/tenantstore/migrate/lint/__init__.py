"""What a migration does to those who use the tables meanwhile, found out by watching it on a scratch database.

Findings come from three sides: what each statement of each up file was seen to lock, rewrite, scan and build
(``rules``), what the finished schema lacks where many customers share it (``tenants``), and squawk's reading of the
text (``squawk``).
``-- lint: code reason`` before a statement says that a finding is meant. Down files are for emergencies and not judged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenantstore import resources
from tenantstore.migrate.connect import connect
from tenantstore.migrate.errors import InvalidFolder
from tenantstore.migrate.files import faults, load
from tenantstore.migrate.lint import rules, squawk, tenants, watch
from tenantstore.migrate.lint.excuses import excused
from tenantstore.migrate.lint.finding import Finding, Found
from tenantstore.migrate.lint.walk import Watched, walk
from tenantstore.migrate.scratch import scratch
from tenantstore.migrate.script import Script
from tenantstore.migrate.session import unbroken

__all__ = ["Finding", "Observation", "Report", "lint"]


@dataclass(frozen=True, slots=True)
class Observation:
    """What a statement did to tables that were there before its file: for who wants to know, not for who must act."""

    script: Script
    line: int | None
    effect: watch.Effect

    def __str__(self) -> str:
        told = [f"{table} {mode}" for table, mode in self.effect.locks.items()]
        for verb in ("rewritten", "scanned", "emptied"):
            told += [f"{table} {verb}" for table in getattr(self.effect, verb)]
        told += [f"{index} built on {table}" for table, index in self.effect.built]
        return f"{self.script.path}:{self.line}: {'; '.join(told)}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"file": str(self.script.path), "line": self.line, **watch.as_dict(self.effect)}


@dataclass(frozen=True, slots=True)
class Report:
    """``findings`` to act upon, in the files' order; ``observed`` for information; ``notes`` on what was left out."""

    findings: tuple[Finding, ...]
    observed: tuple[Observation, ...]
    notes: tuple[str, ...]


def lint(folder: Path | None = None, scratch_dsn: str = "", base: Path | Sequence[Path] | None = None) -> Report:
    """Run the up files of a folder, by default ours, statement by statement, and judge what they did.

    ``scratch_dsn`` names a server to make a database on; without it one is launched. ``base`` is a folder, or several
    in turn, applied there first, for migrations that stand on those of another; it is not judged.

    :raises MigrationError: when a file cannot be run; see :mod:`tenantstore.migrate.errors`.
    """
    migrations = load(resources.folder("migrations") if folder is None else folder)
    scripts = [migration.up for migration in migrations]
    if problems := [problem for migration in migrations for problem in faults(migration)]:
        raise InvalidFolder(problems)
    with scratch(scratch_dsn, base) as dsn:
        walked = walk(dsn, migrations)
        with connect(dsn) as connection, unbroken(connection, "looking at the schema"):
            found = [*rules.judge(walked.watched), *tenants.judge(connection, walked)]
            major = connection.info.server_version // 10000
    more, note = _squawk(scripts, major)
    findings = excused(scripts, [*found, *more], judged_by_all=note is None)
    observed = [_observed(seen) for seen in walked.watched if any(watch.as_dict(seen.effect).values())]
    return Report(tuple(findings), tuple(observed), (note,) if note else ())


def _squawk(scripts: list[Script], major: int) -> tuple[list[Found], str | None]:
    program = squawk.program()
    if program is None:
        return [], squawk.MISSING
    try:
        return list(squawk.judge(program, scripts, major)), None
    except (OSError, ValueError) as error:
        return [], f"squawk failed, and its rules were left out: {error}"


def _observed(seen: Watched) -> Observation:
    return Observation(seen.script, seen.script.problem(seen.statement.offset, "").line, seen.effect)
