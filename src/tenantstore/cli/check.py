"""``tenantstore check``: whether queries are right; stdout is what was found, stderr the log."""

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenantstore.cli.output import FINDINGS, UNREACHABLE, USAGE, Parser, dumped, failed
from tenantstore.migrate.errors import MigrationError
from tenantstore.migrate.shown import shown

if TYPE_CHECKING:
    from tenantstore.checking.query.check import Report

_DESCRIPTION = """
Proves of every query, against a real schema and with no rows in it, that the server takes it, that its columns are the
record's fields and never null where the record says so, that one row is one row, and that a tenant's query reaches
only what is the tenant's.
"""
_EXIT_CODES = """
exit codes:
  0   nothing found
  2   usage: a module, a DSN, a snapshot that is of no use; no server to launch
  4   findings
  5   the database is not to be reached
  130 interrupted

What is checked is what [tool.tenantstore.check] in the nearest pyproject.toml says, or what is named here; else
tenantstore's own queries. The database is a scratch one, on a server that is launched for it, unless --dsn or
--scratch-dsn names another.
"""


def main(argv: Sequence[str]) -> int:
    """Parse and check; the exit code."""
    parser = make_parser()
    arguments = parser.parse_args(argv)
    if arguments.offline and (arguments.update or arguments.dsn or arguments.plans or arguments.base):
        parser.error("--offline asks no database: it takes neither --dsn nor --update nor --plans nor --base")
    if arguments.dsn and arguments.plans:
        parser.error("--plans fills a scratch database with rows: it takes --scratch-dsn, not --dsn")
    # Not before: --help must not wait for psycopg.
    from tenantstore.checking.query.check import check, check_offline
    from tenantstore.checking.query.project import here

    try:
        names = ("modules", "model", "migrations", "snapshot", "workload")
        project = here(**{name: value for name in names if (value := getattr(arguments, name))})
        if arguments.offline:
            report = check_offline(project)
        else:
            extent = {"update": arguments.update, "plans": arguments.plans}
            report = check(project, arguments.dsn, arguments.scratch_dsn, **extent, base=arguments.base)
        return _told(arguments, report)
    except MigrationError as error:
        # Whatever stops a migration on the way stops the check for the same reason.
        return failed(error, arguments.json, UNREACHABLE if error.exit_code == UNREACHABLE else USAGE)


def make_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="tenantstore check",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXIT_CODES,
    )
    add = parser.add_argument
    add("modules", nargs="*", metavar="MODULE", help="a module or package that declares queries")
    add(
        "--model",
        metavar="MODULE:NAME",
        help="the TenantModel that queries of scope tenant are held against (default: the project's)",
    )
    add(
        "--migrations",
        action="append",
        metavar="FOLDER",
        help="migrations that make the scratch database, once for each folder, in order; `tenantstore` for ours"
        " (default: the project's, else ours)",
    )
    add("--dsn", default="", help="a migrated database, instead of a scratch one")
    _add_extent(add)
    return parser


def _add_extent(add: Callable[..., Any]) -> None:
    add(
        "--scratch-dsn",
        default=os.environ.get("TENANTSTORE_SCRATCH_DSN", ""),
        metavar="DSN",
        help="a server to make and drop a database on (default: $TENANTSTORE_SCRATCH_DSN, else a server of its own)",
    )
    add("--snapshot", metavar="FILE", help="the facts that are committed (default: check.snapshot.json)")
    add("--offline", action="store_true", help="ask the snapshot, and no database")
    add("--update", action="store_true", help="write the snapshot, and with --plans the plans, anew")
    add("--plans", action="store_true", help="plan every query on rows of a workload as well")
    add("--workload", metavar="MODULE:NAME", help="the Workload that plans are made for")
    add(
        "--base",
        default="",
        metavar="REF",
        help="hold the queries of that commit, or of that folder, against every migration since",
    )
    add("--audit", action="store_true", help="list the operator's queries, and what is claimed without a proof")
    add("--uses", metavar="TABLE[.COLUMN]", help="list the queries that read or write it")
    add("--json", action="store_true", help="the result as JSON")
    add("--sarif", type=Path, metavar="FILE", help="write the findings as SARIF 2.1.0 as well")


def _told(arguments: argparse.Namespace, report: "Report") -> int:
    """Print what was asked for; the exit code."""
    from tenantstore.checking.query.audit import HEADINGS, audit
    from tenantstore.checking.query.sarif import sarif
    from tenantstore.checking.query.uses import uses

    data: dict[str, Any] = {"findings": [each.as_dict() for each in report.findings]}
    texts = ["\n\n".join(map(str, report.findings)) or _nothing_found(arguments, report)]
    if arguments.uses:
        used = uses(report, arguments.uses)
        data["uses"] = [each.as_dict() for each in used]
        texts = ["\n".join(map(str, used))]
    if arguments.audit:
        entries = audit(report)
        data["audit"] = [each.as_dict() for each in entries]
        kinds = [kind for kind in HEADINGS if kind != "early" or report.survival]
        of_kinds = {kind: [str(each) for each in entries if each.kind == kind] for kind in kinds}
        texts += ["\n".join((f"{HEADINGS[kind]}: {len(told)}", *told)) for kind, told in of_kinds.items()]
    if arguments.sarif:
        arguments.sarif.write_text(dumped(sarif(report.findings, report.project.root)) + "\n", encoding="utf-8")
    print(dumped(data) if arguments.json else shown("\n\n".join(texts)))
    return FINDINGS if report.findings and not arguments.uses else 0


def _nothing_found(arguments: argparse.Namespace, report: "Report") -> str:
    count = len(report.facts)
    found = f"no findings in {count} {'query' if count == 1 else 'queries'}"
    if report.survival is None:
        return found
    steps = len(report.survival.steps)
    return f"{found}, nor in those of {arguments.base} on the {steps} migration{'s' * (steps != 1)} since"
