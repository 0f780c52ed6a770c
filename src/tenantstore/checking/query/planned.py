"""Proof six, for the queries of a project: their plans keep to the rules, and are those that are committed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from tenantstore.checking import plans
from tenantstore.checking.complaint import Complaint
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import Facts
from tenantstore.checking.query.finding import Finding, Place, near
from tenantstore.checking.query.judge import complained
from tenantstore.checking.query.project import Project
from tenantstore.migrate.errors import Misconfigured


def planned(project: Project, dsn: str, facts: Mapping[Asked, Facts], update: bool) -> list[Finding]:
    """What there is to say of the plans, in a scratch database that the workload's rows are put into.

    :raises Misconfigured: without a workload, or when it is of no use.
    """
    if project.workload is None:
        raise Misconfigured("there is no workload to make plans for", "--workload names one, or pyproject.toml does.")
    asked = {each.query.name: each for each in facts}
    sources = [each.query.source for each in asked.values()]
    try:
        told = plans.examine(dsn, sources, project.workload, Path(near(project.plans)), update=update)
    except plans.UnusableWorkload as error:
        raise Misconfigured(f"the workload: {error}") from None
    # Of what the server refuses it is told already.
    refused = {each.query.name for each, of in facts.items() if of.refusal}
    return [
        found
        for name, complaints in told.complaints.items()
        if name not in refused
        for found in _found(project, asked, name, complaints)
    ]


def _found(project: Project, asked: Mapping[str, Asked], name: str, complaints: list[Complaint]) -> Iterator[Finding]:
    for each in complaints:
        if name in asked:
            yield complained(asked[name], each)
        else:
            path = project.plans / f"{name}.plan"
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
            yield Finding(each.code, name, each.problem, each.advice, Place.at(path, text, 0), detail=each.detail)
