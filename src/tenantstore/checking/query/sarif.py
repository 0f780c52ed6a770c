"""Findings as SARIF 2.1.0, which code hosts show beside the lines they are about."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tenantstore import __version__
from tenantstore.checking.query.finding import Finding

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
#: What each code means, in one line.
RULES = {
    "refused": "The server takes the statement.",
    "unproven": "Every proof gets through the statement.",
    "declaration": "The declaration fits its file.",
    "parameter": "A parameter's type takes what the function's annotation allows.",
    "columns": "The columns are the record's fields, by name and order.",
    "type": "A field's annotation holds what the driver gives.",
    "nullable": "A column that the record calls never None is never null.",
    "many-rows": "A query for one row gives at most one.",
    "needless-claim": "A claim in a header is needed.",
    "star": "A query names its columns.",
    "volatile": "No volatile function decides what a change does.",
    "unused-file": "Every .sql file is declared.",
    "unused-query": "Every declared query is called.",
    "plan-scan": "No plan reads a whole table.",
    "plan-changed": "The plans are those that are committed.",
    "plan-new": "Every query has plans that are committed.",
    "plan-stale": "Every committed plan is of a query.",
    "plan-no-rows": "The workload has rows of every table that is read.",
    "plan-refused": "The role that runs a query may run it.",
    "release-refused": "A query of the last release is taken by every schema since.",
    "release-denied": "A customer's query of the last release is granted by every schema since.",
    "release-parameter": "What a query of the last release is given is taken by every schema since.",
    "release-columns": "A query of the last release gives its columns on every schema since.",
    "release-type": "A query of the last release gives its types on every schema since.",
    "release-nullable": "What a query of the last release never gave as null, it never gives as null since.",
    "release-many": "A query of the last release that gave one row at most gives no more since.",
    "release-unproven": "What was proven of a query of the last release is proven since.",
    "release-unusable": "A query of the last release is taken by that release's own schema.",
    "no-model": "Queries of scope tenant are held against a tenant model.",
    "policy-wide": "A policy in the database lets through what the model says, and no more.",
    "stale-snapshot": "The snapshot is of these queries, migrations and model.",
}


def sarif(findings: Sequence[Finding], root: Path) -> dict[str, Any]:
    """A log of one run; files are told from ``root``, columns count characters."""
    codes = sorted({each.code for each in findings} | RULES.keys())
    rules = [{"id": code, "shortDescription": {"text": RULES.get(code, code.replace("-", " "))}} for code in codes]
    driver = {"name": "tenantstore check", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"uri": f"{root.resolve().as_uri()}/"}},
        "results": [_result(each, codes.index(each.code), root) for each in findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rule: int, root: Path) -> dict[str, Any]:
    place, python = finding.place, finding.python
    told = "\n".join(filter(None, (finding.problem, finding.detail, finding.advice)))
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": told},
    }
    if place:
        result["locations"] = [_location(place.path, root, place.line, place.source, place.column)]
    if python:
        result["relatedLocations"] = [
            {"id": 1, "message": {"text": "the other half"}, **_location(python.path, root, python.line, python.source)}
        ]
    return result


def _location(path: Path, root: Path, line: int, source: str, column: int | None = None) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": line, "snippet": {"text": source}}
    if column:
        region["startColumn"] = column
    whole, base = path.resolve(), root.resolve()
    artifact = {"uri": whole.as_uri()}
    if whole.is_relative_to(base):
        artifact = {"uri": quote(whole.relative_to(base).as_posix()), "uriBaseId": "ROOT"}
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
