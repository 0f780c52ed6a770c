"""Proof seven, for the queries of a project: those of an older release on each schema since, and today's on the way."""

from collections.abc import Sequence
from typing import Any

from tenantstore.checking.history import Survival, release, survive
from tenantstore.checking.query.project import Project
from tenantstore.queries import Query


def since(project: Project, base: str, queries: Sequence[Query[Any]], scratch_dsn: str) -> Survival:
    """What the migrations since ``base``, a commit or a folder, do to its queries; on a scratch database of its own.

    :raises MigrationError: ``Misconfigured`` where there is no such base; ``Drift`` where what it released has changed.
    """
    folders = dict.fromkeys(query.source.path.parents[query.name.count("/")] for query in queries)
    with release(base, list(folders), project.migrations, project.root) as old:
        return survive(old, queries, project.migrations, project.model, scratch_dsn)
