"""``tenantstore doctor``: whether a database keeps customers apart; stdout is the findings."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tenantstore.cli.output import DATABASE, FINDINGS, Parser, dumped, failed, log
from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.shown import shown

if TYPE_CHECKING:
    from tenantstore.checking.others import Other
    from tenantstore.checking.tenancy import TenantModel

_LOOKED_AT = {
    "in_model": "held against the model of this project",
    "not_in_model": (
        "whose the rows are, no model says: looked at were row-level security, grants, and policies that are the same"
        " for every customer. That the others keep to a customer's own rows is not proven: name a model in"
        " [tool.tenantstore.check] of pyproject.toml, and run this there."
    ),
    "not_judged": (
        "not looked at: by columns and foreign keys they hold nothing of a customer's, and no customer is granted"
        " anything on them"
    ),
}
_DESCRIPTION = """
Says whether a database keeps customers apart: compares its roles, tables, grants, policies, views, functions and
triggers with what tenantstore's migrations make, and a service's own tables with the service's model.
"""
_EXIT_CODES = """
exit codes:
  0   nothing found
  1   the connection broke, or the server refuses to tell
  2   usage, or the server refuses whom the DSN names
  4   findings
  5   the database is not to be reached
  130 interrupted

The database is --dsn, else $TENANTSTORE_DSN, else what libpq's own PG* variables say. Run it as the role that the
service logs in with: that this role may do nothing by itself is part of what is asked. It reads catalogs only.

A service's own tables in the same schema are held against the model that [tool.tenantstore.check] in the nearest
pyproject.toml names. Without one, row-level security, grants to others and policies that are the same for every
customer are looked at, and stderr says so: that the other policies keep to a customer's own rows is not proven then.
"""


def main(argv: Sequence[str]) -> int:
    """Parse and examine; the exit code."""
    arguments = make_parser().parse_args(argv)
    # Not before: --help must not wait for psycopg.
    import psycopg

    from tenantstore.checking.doctor import examination

    try:
        found = examination(arguments.dsn or os.environ.get("TENANTSTORE_DSN", ""), _model())
    except (MigrationError, psycopg.Error) as error:
        return failed(error, arguments.json)
    seen = _seen(found.others)
    if arguments.json:
        tables = {kind: [each.name for each in those] for kind, those in seen.items()}
        print(dumped({"findings": [each.as_dict() for each in found.findings], "other_tables": tables}))
    else:
        for kind, those in seen.items():
            if those:
                log(f"{', '.join(each.name for each in those)}: {_LOOKED_AT[kind]}")
        print(shown("\n\n".join(map(str, found.findings)) or "no findings"))
    return FINDINGS if found.findings else 0


def _model() -> "TenantModel | None":
    """The model of the project that this is run in, if there is one; what keeps it from being read is told."""
    from tenantstore.checking.query.project import find
    from tenantstore.migrate.project import table

    try:
        told = table(Path.cwd())
        # What is no table at all has its error from there too.
        asks = told is not None and (not isinstance(told[1], dict) or "model" in told[1])
        project = find(Path.cwd()) if asks else None
    except MigrationError as error:
        log(f"note: without the project's model, which cannot be read: {error}")
        return None
    return project.model if project else None


def _seen(others: "Sequence[Other]") -> "dict[str, list[Other]]":
    """The tables that are not tenantstore's, by how closely they were looked at."""
    seen: dict[str, list[Other]] = {kind: [] for kind in _LOOKED_AT}
    for each in others:
        kind = "in_model" if each.owned else "not_in_model" if each.holds or each.open else "not_judged"
        seen[kind].append(each)
    return seen


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tenantstore doctor",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--dsn", default="", help=DATABASE)
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    return parser
