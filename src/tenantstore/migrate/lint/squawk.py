"""Squawk's rules, which read the text alone: what an old release of the program would stumble over, and the like.

Left out are those that watching decides better, those that the runner sees to, and those of taste.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tenantstore.migrate.lint.finding import Found
from tenantstore.migrate.script import Script

_WATCHED = {
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-serial-primary-key-field",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "require-concurrent-partition-detach",
    "require-concurrent-reindex",
    "syntax-error",
}
_THE_RUNNER_S = {
    "ban-concurrent-index-creation-in-transaction",
    "ban-uncommitted-transaction",
    "prefer-robust-stmts",
    "require-lock-timeout",
    "require-statement-timeout",
    "require-timeout-settings",
    "transaction-nesting",
}
_TASTE = {
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-text-field",
    "require-enum-value-ordering",
}
_LEFT_OUT = _WATCHED | _THE_RUNNER_S | _TASTE
_PATIENCE_SECONDS = 60
_NO_HELP = "When no release that still runs minds: `-- lint: {} reason` before the statement."

MISSING = "squawk is not installed, and its rules were left out: python -m pip install squawk-cli"


def program() -> str | None:
    """Where it is: beside this Python, or on the path."""
    beside = Path(sys.executable).with_name("squawk")
    return str(beside) if beside.is_file() else shutil.which("squawk")


def judge(squawk: str, scripts: Sequence[Script], major: int) -> Iterator[Found]:
    """What it finds in these files, for this version of the server.

    :raises ValueError: when it answers with something else than findings.
    """
    for in_transaction in (True, False):
        asked = {script.path.name: script for script in scripts if script.transactional is in_transaction}
        if asked:
            yield from _asked(squawk, asked, major, in_transaction)


def _asked(squawk: str, scripts: dict[str, Script], major: int, in_transaction: bool) -> Iterator[Found]:
    mode = "--assume-in-transaction" if in_transaction else "--no-assume-in-transaction"
    command = [squawk, "--reporter", "json", "--pg-version", f"{major}.0", mode, "--", *scripts]
    # Names in their folder, since it takes a path for a pattern; and so a .squawk.toml beside or above them counts.
    where = next(iter(scripts.values())).path.parent
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)
    try:
        rows: list[dict[str, Any]] = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise ValueError((done.stderr or done.stdout).strip()) from None
    for row in rows:
        if row["rule_name"] not in _LEFT_OUT:
            yield _found(row, scripts[row["file"]])


def _found(row: dict[str, Any], script: Script) -> Found:
    offset = _offset(script.text, row["line"], row["column"])
    # Its place may lie before the statement, on a comment.
    reached = [statement for statement in script.statements if statement.offset <= offset]
    statement = reached[-1] if reached else script.statements[0]
    rule, text = row["rule_name"], row["message"].rstrip(".")
    return Found(rule, script, statement, offset, text, row["help"] or _NO_HELP.format(rule))


def _offset(text: str, line: int, column: int) -> int:
    """Squawk counts lines and columns from 0, and columns in bytes."""
    lines = text.split("\n")
    before = lines[line].encode()[:column].decode(errors="ignore")
    return len("\n".join([*lines[:line], before]))
