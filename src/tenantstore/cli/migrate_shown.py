"""How ``tenantstore migrate`` shows what came of a command: as data for scripts, and as lines and rows for people."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tenantstore import migrate
from tenantstore.cli.output import OWNER_DSN, dumped, failure, is_watched, log, table
from tenantstore.migrate.errors import InvalidFolder, MigrationError, Problem, Refused, StatementFailed
from tenantstore.migrate.project import Folder
from tenantstore.migrate.shown import one_line, shown

HEADINGS = ("version", "name", "standing", "since", "took", "by")


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
    told = failure(error, error.exit_code, str(error))
    if isinstance(error, StatementFailed | Refused):
        told["sqlstate"] = error.sqlstate
    if isinstance(error, StatementFailed):
        told |= of_problem(error.place)
    if isinstance(error, InvalidFolder):
        told["findings"] = [of_problem(problem) for problem in error.problems]
    return Result({**data, "error": told}, exit_code=error.exit_code)


def _whose(error: MigrationError) -> str:
    """Where a right is missing, how to be who has it on a server of `tenantstore db`."""
    if not isinstance(error, StatementFailed | Refused) or error.sqlstate != "42501":
        return ""
    if os.environ.get(OWNER_DSN):
        return f'\nThe owner\'s DSN is in ${OWNER_DSN}: add --dsn "${OWNER_DSN}".'
    return "\nOf a server of `tenantstore db up`, `tenantstore db status` tells the owner's DSN."


def of_folder(folder: Folder, several: bool) -> dict[str, str]:
    """Which folder something is of, where there is a choice."""
    return {"folder": str(folder)} if several else {}


def of_step(step: "migrate.Step") -> dict[str, Any]:
    migration = step.migration
    return {"version": migration.version, "name": migration.name, "direction": step.direction}


def of_problem(problem: Problem) -> dict[str, Any]:
    place = {"file": str(problem.path), "line": problem.line, "column": problem.column}
    return {**place, "problem": problem.text, "advice": problem.advice}


def of_state(state: "migrate.State") -> dict[str, Any]:
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


def line_of(state: "migrate.State") -> str:
    row = state.row
    when = f"  {row.applied_at:%Y-%m-%d %H:%M:%S%z} by {row.applied_by} from {row.applied_from}" if row else ""
    return one_line(f"{state.version:>4}  {state.standing:<9}  {state.name}{when}")


def row_of(state: "migrate.State") -> tuple[str, ...]:
    row = state.row
    history = (
        (f"{row.applied_at:%Y-%m-%d %H:%M:%S%z}", f"{row.duration_ms} ms", row.applied_by) if row else ("", "", "")
    )
    return (str(state.version), state.name, state.standing, *history)
