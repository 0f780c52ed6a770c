"""What each command of ``tenantstore migrate`` does.

psycopg is imported only where a command needs the database: names of :mod:`tenantstore.migrate` load when they are
used, which is why they are quoted in annotations.
"""

from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol

from tenantstore import migrate
from tenantstore.cli.migrate_folders import for_new, judged, named
from tenantstore.cli.migrate_progress import Log
from tenantstore.cli.migrate_shown import (
    HEADINGS,
    Result,
    failed,
    line_of,
    of_folder,
    of_problem,
    of_state,
    of_step,
    row_of,
)
from tenantstore.cli.output import FINDINGS, PENDING, log
from tenantstore.migrate.errors import InvalidFolder, MigrationError, starred
from tenantstore.migrate.files import load
from tenantstore.migrate.project import Folder
from tenantstore.migrate.shown import one_line

_WAIT_SECONDS = 30.0

Direction = Literal["up", "down"]


class _Finding(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


def up_command(asked: Namespace) -> Result:
    """Apply what is not applied yet."""
    if asked.dry_run:
        return plan_command(asked)
    limit, to = asked.limit, asked.to
    return _change(asked, lambda path, options: migrate.up(asked.dsn, path, limit=limit, to=to, options=options))


def down_command(asked: Namespace) -> Result:
    """Undo the last file, or the last N."""
    if asked.dry_run:
        return _plan(asked, "down")
    limit, to = asked.limit or 1, asked.to
    return _change(asked, lambda path, options: migrate.down(asked.dsn, path, limit=limit, to=to, options=options))


def redo_command(asked: Namespace) -> Result:
    """Undo the last file and apply it again."""
    return _change(asked, lambda path, options: migrate.redo(asked.dsn, path, options=options))


def plan_command(asked: Namespace) -> Result:
    """Print the SQL that ``up`` would run."""
    return _plan(asked, "up")


def status_command(asked: Namespace) -> Result:
    """Show how every version stands."""
    several = len(asked.folders) > 1
    data: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    texts: list[str] = []
    rows: list[Sequence[str]] = [(("folder", *HEADINGS) if several else HEADINGS)]
    code = 0
    for folder in asked.folders:
        try:
            load(folder.path, allow_gaps=True)
        except InvalidFolder as error:
            # The history is as it is, and whoever looks wants to see it with the fault.
            log(f"error: {error}")
            faults += map(of_problem, error.problems)
            code = error.exit_code
        states = migrate.status(asked.dsn, folder.path, allow_faults=True, options=_options(asked, folder, Log()))
        data += [{**of_state(state), **of_folder(folder, several)} for state in states]
        texts += [f"{folder}:"] * several + (list(map(line_of, states)) or ["no migrations"])
        rows += [(str(folder), *row_of(state)) if several else row_of(state) for state in states]
        if asked.check and code != FINDINGS:
            code = max(code, _standing(asked, folder))
    told = {"migrations": data, **({"findings": faults} if faults else {})}
    return Result(told, "\n".join(texts), code, rows=rows if len(rows) > 1 else ())


def _standing(asked: Namespace, folder: Folder) -> int:
    """The exit code of ``status --check``."""
    try:
        return PENDING if migrate.plan(asked.dsn, folder.path, options=_options(asked, folder, Log())) else 0
    except MigrationError as error:
        log(f"error: {error}")
        return error.exit_code


def check_command(asked: Namespace) -> Result:
    """Say what is wrong with the folder."""
    problems = [problem for folder in asked.folders for problem in migrate.check(folder.path)]
    data = {"findings": [of_problem(problem) for problem in problems]}
    text = "\n\n".join(map(str, problems)) or f"no findings in {named(asked.folders)}"
    return Result(data, text, FINDINGS if problems else 0)


def verify_command(asked: Namespace) -> Result:
    """Compare the schemas after up, down and up."""
    from tenantstore.migrate.verify import verify

    folders = judged(asked.folders)
    found = [each for of in folders for each in verify(of.path, asked.scratch_dsn, asked.base or of.before)]
    return _found(found, folders)


def lint_command(asked: Namespace) -> Result:
    """Watch what every statement locks, scans and rewrites."""
    from tenantstore.migrate.lint import lint

    folders = judged(asked.folders)
    reports = [lint(of.path, asked.scratch_dsn, asked.base or of.before) for of in folders]
    notes = list(dict.fromkeys(note for report in reports for note in report.notes))
    for note in notes:
        log(f"note: {note}")
    found = _found([finding for report in reports for finding in report.findings], folders)
    more = {"observed": [each.as_dict() for report in reports for each in report.observed], "notes": notes}
    return replace(found, data={**found.data, **more})


def stamp_command(asked: Namespace) -> Result:
    """Note a version and all below it as applied."""
    (folder,) = asked.folders
    noted = migrate.stamp(asked.dsn, asked.version, folder.path, options=_options(asked, folder, Log()))
    data = {"stamped": [{"version": each.version, "name": each.name} for each in noted]}
    return Result(data, "\n".join(f"noted as applied: {each}" for each in noted) or "nothing to do")


def repair_command(asked: Namespace) -> Result:
    """Take the files as they are into the history."""
    (folder,) = asked.folders
    repaired = migrate.repair(asked.dsn, folder.path, options=_options(asked, folder, Log()))
    return Result({"repaired": repaired}, "\n".join(f"repaired: {line}" for line in repaired) or "nothing to do")


def new_command(asked: Namespace) -> Result:
    """Begin the next pair of files."""
    made = migrate.new(for_new(asked), asked.name)
    assert made.down is not None, "a pair"
    files = [str(made.up.path), str(made.down.path)]
    return Result({"files": files}, "\n".join(files))


def _change(asked: Namespace, run: "Callable[[Path, migrate.Options], list[migrate.Done]]") -> Result:
    report = Log(quiet=asked.json)
    try:
        with closing(report):
            for folder in asked.folders:
                # Before the first is applied: a fault in a later one stops them all.
                load(folder.path, asked.allow_out_of_order)
            for folder in asked.folders:
                report.begin(folder, is_named=asked.dir is not None, several=len(asked.folders) > 1)
                run(folder.path, _options(asked, folder, report))
    except MigrationError as error:
        return failed(error, done=report.done)
    return Result({"done": report.done}, "" if report.done else "nothing to do")


def _plan(asked: Namespace, direction: Direction) -> Result:
    several = len(asked.folders) > 1
    data: list[dict[str, Any]] = []
    texts = []
    for folder in asked.folders:
        options = _options(asked, folder, Log())
        steps = migrate.plan(
            asked.dsn, folder.path, direction=direction, limit=asked.limit, to=asked.to, options=options
        )
        data += [{**of_step(step), "sql": starred(step.script.text), **of_folder(folder, several)} for step in steps]
        for step in steps:
            progress = f", from statement {step.progress.done + 1} on" if step.progress else ""
            path = one_line(str(step.script.path)) if several else step.script.path.name
            texts.append(f"-- {path}{progress}\n{starred(step.script.text).rstrip()}\n")
    return Result({"steps": data}, "\n".join(texts) or "-- nothing to do", verbatim=True)


def _found(findings: Sequence[_Finding], folders: Sequence[Folder]) -> Result:
    data = {"findings": [finding.as_dict() for finding in findings]}
    text = "\n\n".join(map(str, findings)) or f"no findings in {named(folders)}"
    return Result(data, text, FINDINGS if findings else 0)


def _options(asked: Namespace, folder: Folder, log: Log) -> "migrate.Options":
    deploys = asked.command == "up" and not asked.dry_run
    return migrate.Options(
        table=asked.table or folder.table,
        wait_seconds=_WAIT_SECONDS if asked.wait is None else asked.wait,
        # A deploy may come before its database. Whoever looks wants to know at once that it is not there.
        connect_seconds=None if deploys or asked.wait is not None else 0,
        lock_timeout_seconds=asked.lock_timeout,
        allow_out_of_order=asked.allow_out_of_order,
        report=log,
    )
