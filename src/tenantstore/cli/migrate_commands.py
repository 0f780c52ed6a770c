"""What each command of ``tenantstore migrate`` does, and how it shows what came of it.

psycopg is imported only where a command needs the database: names of :mod:`tenantstore.migrate` load when they are
used, which is why they are quoted in annotations.
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from tenantstore import migrate, resources
from tenantstore.cli.output import dumped, is_watched, log, table
from tenantstore.migrate.errors import InvalidFolder, MigrationError, Problem, StatementFailed, starred
from tenantstore.migrate.shown import one_line, shown

_PENDING = 3
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
    log(f"error: {error}")
    told: dict[str, Any] = {"kind": type(error).__name__, "exit_code": error.exit_code, "text": str(error)}
    if isinstance(error, StatementFailed):
        told |= {"sqlstate": error.sqlstate, **_problem(error.place)}
    if isinstance(error, InvalidFolder):
        told["findings"] = [_problem(problem) for problem in error.problems]
    return Result({**data, "error": told}, exit_code=error.exit_code)


def up_command(asked: Namespace) -> Result:
    """Apply what is not applied yet."""
    if asked.dry_run:
        return plan_command(asked)
    return _change(asked, lambda options: migrate.up(*_where(asked), limit=asked.limit, to=asked.to, options=options))


def down_command(asked: Namespace) -> Result:
    """Undo the last file, or the last N."""
    if asked.dry_run:
        return _plan(asked, "down")
    limit = asked.limit or 1
    return _change(asked, lambda options: migrate.down(*_where(asked), limit=limit, to=asked.to, options=options))


def redo_command(asked: Namespace) -> Result:
    """Undo the last file and apply it again."""
    return _change(asked, lambda options: migrate.redo(*_where(asked), options=options))


def plan_command(asked: Namespace) -> Result:
    """Print the SQL that ``up`` would run."""
    return _plan(asked, "up")


def status_command(asked: Namespace) -> Result:
    """Show how every version stands."""
    options = _options(asked, Log())
    states = migrate.status(*_where(asked), options=options)
    data = {"migrations": [_state(state) for state in states]}
    text = "\n".join(map(_line, states)) or "no migrations"
    result = Result(data, text, rows=[_HEADINGS, *map(_row, states)] if states else ())
    if not asked.check:
        return result
    try:
        steps = migrate.plan(*_where(asked), options=options)
    except MigrationError as error:
        log(f"error: {error}")
        return replace(result, exit_code=error.exit_code)
    return replace(result, exit_code=_PENDING if steps else 0)


def check_command(asked: Namespace) -> Result:
    """Say what is wrong with the folder."""
    problems = migrate.check(asked.dir or resources.folder("migrations"))
    data = {"findings": [_problem(problem) for problem in problems]}
    return Result(data, "\n\n".join(map(str, problems)) or "no findings", _FINDINGS if problems else 0)


def verify_command(asked: Namespace) -> Result:
    """Compare the schemas after up, down and up."""
    from tenantstore.migrate.verify import verify

    return _found(verify(asked.dir, asked.scratch_dsn, asked.base))


def lint_command(asked: Namespace) -> Result:
    """Watch what every statement locks, scans and rewrites."""
    from tenantstore.migrate.lint import lint

    report = lint(asked.dir, asked.scratch_dsn, asked.base)
    for note in report.notes:
        log(f"note: {note}")
    found = _found(report.findings)
    more = {"observed": [each.as_dict() for each in report.observed], "notes": list(report.notes)}
    return replace(found, data={**found.data, **more})


def stamp_command(asked: Namespace) -> Result:
    """Note a version and all below it as applied."""
    dsn, folder = _where(asked)
    noted = migrate.stamp(dsn, asked.version, folder, options=_options(asked, Log()))
    data = {"stamped": [{"version": each.version, "name": each.name} for each in noted]}
    return Result(data, "\n".join(f"noted as applied: {each}" for each in noted) or "nothing to do")


def repair_command(asked: Namespace) -> Result:
    """Take the files as they are into the history."""
    repaired = migrate.repair(*_where(asked), options=_options(asked, Log()))
    return Result({"repaired": repaired}, "\n".join(f"repaired: {line}" for line in repaired) or "nothing to do")


def new_command(asked: Namespace) -> Result:
    """Begin the next pair of files, by default in ``migrations`` here: an installed package is no place to write to."""
    made = migrate.new(asked.dir or Path("migrations"), asked.name)
    assert made.down is not None, "a pair"
    files = [str(made.up.path), str(made.down.path)]
    return Result({"files": files}, "\n".join(files))


@dataclass
class Log:
    """Tells on stderr what goes on, with a bar where a person watches, and on stdout what is done."""

    quiet: bool = False
    done: list[dict[str, Any]] = field(default_factory=list)
    _bar: str = ""

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
                self.done.append({**_step(step), "duration_ms": duration_ms})
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


def _change(asked: Namespace, run: "Callable[[migrate.Options], list[migrate.Done]]") -> Result:
    log = Log(quiet=asked.json)
    try:
        done = run(_options(asked, log))
    except MigrationError as error:
        log.end()
        return failed(error, done=log.done)
    finally:
        log.end()
    return Result({"done": log.done}, "" if done else "nothing to do")


def _plan(asked: Namespace, direction: Direction) -> Result:
    options = _options(asked, Log())
    steps = migrate.plan(*_where(asked), direction=direction, limit=asked.limit, to=asked.to, options=options)
    data = {"steps": [{**_step(step), "sql": starred(step.script.text)} for step in steps]}
    texts = []
    for step in steps:
        progress = f", from statement {step.progress.done + 1} on" if step.progress else ""
        texts.append(f"-- {step.script.path.name}{progress}\n{starred(step.script.text).rstrip()}\n")
    return Result(data, "\n".join(texts) or "-- nothing to do", verbatim=True)


def _found(findings: Sequence[_Finding]) -> Result:
    data = {"findings": [finding.as_dict() for finding in findings]}
    return Result(data, "\n\n".join(map(str, findings)) or "no findings", _FINDINGS if findings else 0)


def _where(asked: Namespace) -> tuple[str, Path | None]:
    return asked.dsn, asked.dir


def _options(asked: Namespace, log: Log) -> "migrate.Options":
    return migrate.Options(
        table=asked.table,
        wait_seconds=asked.wait,
        lock_timeout_seconds=asked.lock_timeout,
        allow_out_of_order=asked.allow_out_of_order,
        report=log,
    )


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
