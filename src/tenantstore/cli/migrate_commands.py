"""What each command of ``tenantstore migrate`` does, and how it shows what came of it.

psycopg is imported only where a command needs the database: names of :mod:`tenantstore.migrate` load when they are
used, which is why they are quoted in annotations.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from tenantstore import migrate
from tenantstore.cli.migrate_folders import for_new, judged, named
from tenantstore.cli.output import OWNER_DSN, dumped, is_watched, log, table
from tenantstore.migrate.errors import InvalidFolder, MigrationError, Problem, Refused, StatementFailed, starred
from tenantstore.migrate.files import load
from tenantstore.migrate.project import Folder
from tenantstore.migrate.shown import one_line, shown

_PENDING = 3
_WAIT_SECONDS = 30.0
_FINDINGS = 4
_BAR_WIDTH = 24
_ERASE = "\r\x1b[K"
_HEADINGS = ("version", "name", "standing", "since", "took", "by")

Direction = Literal["up", "down"]


class _Finding(Protocol):
    def as_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Result:
    """What goes to stdout, as ``data`` with --json and else as ``text``, and the exit code.

    A ``verbatim`` text is escaped for a terminal only. ``rows``, the headings first, are drawn where a person watches.
    """

    data: dict[str, Any]
    text: str = ""
    exit_code: int = 0
    verbatim: bool = False
    rows: Sequence[Sequence[str]] = ()

    def show(self, as_json: bool) -> int:
        """Print it; the exit code."""
        if as_json:
            print(dumped(self.data), flush=True)
        elif self.rows and is_watched():
            table(self.rows[0], self.rows[1:])
        elif self.text:
            # SQL may be on its way to a file or to psql, and is then what it is.
            print(self.text if self.verbatim and not sys.stdout.isatty() else shown(self.text), flush=True)
        return self.exit_code


def failed(error: MigrationError, **data: Any) -> Result:
    """A failure: told on stderr, and part of the result with --json."""
    log(f"error: {error}{_whose(error)}")
    told: dict[str, Any] = {"kind": type(error).__name__, "exit_code": error.exit_code, "text": str(error)}
    if isinstance(error, StatementFailed):
        told |= {"sqlstate": error.sqlstate, **_problem(error.place)}
    if isinstance(error, InvalidFolder):
        told["findings"] = [_problem(problem) for problem in error.problems]
    return Result({**data, "error": told}, exit_code=error.exit_code)


def _whose(error: MigrationError) -> str:
    """Where a right is missing, how to be who has it on a server of `tenantstore db`."""
    if not isinstance(error, StatementFailed | Refused) or error.sqlstate != "42501":
        return ""
    if os.environ.get(OWNER_DSN):
        return f'\nThe owner\'s DSN is in ${OWNER_DSN}: add --dsn "${OWNER_DSN}".'
    return "\nOf a server of `tenantstore db up`, `tenantstore db status` tells the owner's DSN."


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
    rows: list[Sequence[str]] = [(("folder", *_HEADINGS) if several else _HEADINGS)]
    code = 0
    for folder in asked.folders:
        options = _options(asked, folder, Log())
        try:
            states = migrate.status(asked.dsn, folder.path, options=options)
        except InvalidFolder as error:
            # The history is as it is, and whoever looks wants to see it with the fault.
            log(f"error: {error}")
            faults += map(_problem, error.problems)
            code = max(code, error.exit_code)
            states = migrate.status(asked.dsn, folder.path, allow_faults=True, options=options)
        data += [{**_state(state), **_in(folder, several)} for state in states]
        texts += [f"{folder}:"] * several + (list(map(_line, states)) or ["no migrations"])
        rows += [(str(folder), *_row(state)) if several else _row(state) for state in states]
        if asked.check and code != _FINDINGS:
            code = max(code, _standing(asked, folder))
    told = {"migrations": data, **({"findings": faults} if faults else {})}
    return Result(told, "\n".join(texts), code, rows=rows if len(rows) > 1 else ())


def _standing(asked: Namespace, folder: Folder) -> int:
    """The exit code of ``status --check``."""
    try:
        return _PENDING if migrate.plan(asked.dsn, folder.path, options=_options(asked, folder, Log())) else 0
    except MigrationError as error:
        log(f"error: {error}")
        return error.exit_code


def check_command(asked: Namespace) -> Result:
    """Say what is wrong with the folder."""
    problems = [problem for folder in asked.folders for problem in migrate.check(folder.path)]
    data = {"findings": [_problem(problem) for problem in problems]}
    text = "\n\n".join(map(str, problems)) or f"no findings in {named(asked.folders)}"
    return Result(data, text, _FINDINGS if problems else 0)


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


@dataclass
class Log:
    """Tells on stderr what goes on, with a bar where a person watches, and on stdout what is done."""

    quiet: bool = False
    done: list[dict[str, Any]] = field(default_factory=list)
    _bar: str = ""
    _of: dict[str, str] = field(default_factory=dict)

    def begin(self, folder: Folder, is_named: bool, several: bool) -> None:
        """Say which folder is next, unless it is the one that was asked for."""
        self._of = _in(folder, several)
        if not is_named:
            self._write(f"folder: {folder}", sys.stderr)

    def __call__(self, event: "migrate.Begun | migrate.Done | migrate.Note") -> None:
        match event:
            case migrate.Begun(step, number, total) if sys.stderr.isatty():
                filled = _BAR_WIDTH * (number - 1) // total
                self._bar = f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {number}/{total} {step}"
            case migrate.Begun(step, number, total):
                self._write(f"{step} ({number} of {total})", sys.stderr)
            case migrate.Note(text):
                self._write(text, sys.stderr)
            case migrate.Done(step, duration_ms):
                self._bar = ""
                self.done.append({**_step(step), "duration_ms": duration_ms, **self._of})
                if not self.quiet:
                    self._write(f"{step}: done in {duration_ms} ms", sys.stdout)
        self._draw()

    def end(self) -> None:
        """Take the bar away."""
        self._bar = ""
        self._draw()

    def _write(self, line: str, stream: Any) -> None:
        if sys.stderr.isatty():
            print(_ERASE, end="", file=sys.stderr, flush=True)
        print(shown(line), file=stream, flush=True)

    def _draw(self) -> None:
        if sys.stderr.isatty():
            # A terminal that has gone must not hide why the run ends.
            with suppress(OSError):
                print(f"{_ERASE}{shown(self._bar)}", end="", file=sys.stderr, flush=True)


def _change(asked: Namespace, run: "Callable[[Path, migrate.Options], list[migrate.Done]]") -> Result:
    report = Log(quiet=asked.json)
    try:
        for folder in asked.folders:
            # Before the first is applied: a fault in a later one stops them all.
            load(folder.path, asked.allow_out_of_order)
        for folder in asked.folders:
            report.begin(folder, is_named=asked.dir is not None, several=len(asked.folders) > 1)
            run(folder.path, _options(asked, folder, report))
    except MigrationError as error:
        report.end()
        return failed(error, done=report.done)
    finally:
        report.end()
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
        data += [{**_step(step), "sql": starred(step.script.text), **_in(folder, several)} for step in steps]
        for step in steps:
            progress = f", from statement {step.progress.done + 1} on" if step.progress else ""
            path = one_line(str(step.script.path)) if several else step.script.path.name
            texts.append(f"-- {path}{progress}\n{starred(step.script.text).rstrip()}\n")
    return Result({"steps": data}, "\n".join(texts) or "-- nothing to do", verbatim=True)


def _found(findings: Sequence[_Finding], folders: Sequence[Folder]) -> Result:
    data = {"findings": [finding.as_dict() for finding in findings]}
    text = "\n\n".join(map(str, findings)) or f"no findings in {named(folders)}"
    return Result(data, text, _FINDINGS if findings else 0)


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


def _in(folder: Folder, several: bool) -> dict[str, str]:
    """Which folder something is of, where there is a choice."""
    return {"folder": str(folder)} if several else {}


def _step(step: "migrate.Step") -> dict[str, Any]:
    migration = step.migration
    return {"version": migration.version, "name": migration.name, "direction": step.direction}


def _problem(problem: Problem) -> dict[str, Any]:
    place = {"file": str(problem.path), "line": problem.line, "column": problem.column}
    return {**place, "problem": problem.text, "advice": problem.advice}


def _state(state: "migrate.State") -> dict[str, Any]:
    row = state.row
    return {
        "version": state.version,
        "name": state.name,
        "standing": state.standing,
        "applied_at": row.applied_at.isoformat() if row else None,
        "duration_ms": row.duration_ms if row else None,
        "applied_by": row.applied_by if row else None,
        "applied_from": row.applied_from if row else None,
        "tool_version": row.tool_version if row else None,
        "statements_done": row.progress.done if row and row.progress else None,
    }


def _line(state: "migrate.State") -> str:
    row = state.row
    when = f"  {row.applied_at:%Y-%m-%d %H:%M:%S%z} by {row.applied_by} from {row.applied_from}" if row else ""
    return one_line(f"{state.version:>4}  {state.standing:<9}  {state.name}{when}")


def _row(state: "migrate.State") -> tuple[str, ...]:
    row = state.row
    history = (
        (f"{row.applied_at:%Y-%m-%d %H:%M:%S%z}", f"{row.duration_ms} ms", row.applied_by) if row else ("", "", "")
    )
    return (str(state.version), state.name, state.standing, *history)
