"""``tenantstore doctor``: whether a database keeps customers apart; stdout is the findings."""

import argparse
import os
from collections.abc import Sequence

from tenantstore.cli.output import dumped, log
from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.shown import shown

_FINDINGS = 4
_EXIT_CODES = """
exit codes:
  0   nothing found
  2   usage, or the server refuses whom the DSN names
  4   findings
  5   the database is not to be reached

The database is --dsn, else $TENANTSTORE_DSN, else what libpq's own PG* variables say. Run it as the role that the
service logs in with: that this role may do nothing by itself is part of what is asked. It reads catalogs only.
"""


def main(argv: Sequence[str]) -> int:
    """Parse and examine; the exit code."""
    arguments = make_parser().parse_args(argv)
    # Not before: --help must not wait for psycopg.
    from tenantstore.checking import examine

    try:
        findings = examine(arguments.dsn or os.environ.get("TENANTSTORE_DSN", ""))
    except MigrationError as error:
        log(f"error: {error}")
        if arguments.json:
            print(dumped({"error": {"kind": type(error).__name__, "text": str(error)}}))
        return error.exit_code
    if arguments.json:
        print(dumped({"findings": [each.as_dict() for each in findings]}))
    else:
        print(shown("\n\n".join(map(str, findings)) or "no findings"))
    return _FINDINGS if findings else 0


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tenantstore doctor",
        description="Compares roles, grants, policies, views, functions and triggers with the model.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--dsn", default="", help="the database")
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    return parser
