"""Every query at every migration between two releases: the old ones on the way up, today's on the way up and down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenantstore.checking.history.grants import denied
from tenantstore.checking.history.promises import Broken, broken
from tenantstore.checking.history.release import Release
from tenantstore.checking.query.facts import Facts, identity
from tenantstore.checking.query.finding import Finding, Place
from tenantstore.checking.query.gather import Gatherer
from tenantstore.checking.tenancy import TenantModel
from tenantstore.migrate import run
from tenantstore.migrate.catalogs import OWN_SCHEMA
from tenantstore.migrate.connect import connect
from tenantstore.migrate.errors import caret
from tenantstore.migrate.files import Migration, load
from tenantstore.migrate.scratch import AGAIN, scratch
from tenantstore.migrate.session import Options, unbroken
from tenantstore.queries import Query, Scope, Shape, Source
from tenantstore.queries.scanner import locate

_ADVICE = (
    "Code of that release still runs while this is deployed. Release code that does without it first, and change the"
    " schema in a migration after that."
)
_BASE = "Is the base what was released? Its queries are checked on its own migrations first."


@dataclass(frozen=True, slots=True)
class Early:
    """A query of today that does not hold on the old schema yet: from ``since`` on, and after ``undone`` no more.

    ``undone`` is the first down file that takes it away; None where there is no way down to such a one.
    """

    query: str
    since: Path
    undone: Path | None


@dataclass(frozen=True, slots=True)
class Survival:
    """``steps`` are the migrations since the release; ``findings`` what they break, ``early`` what waits for them."""

    steps: tuple[Path, ...]
    findings: tuple[Finding, ...]
    early: tuple[Early, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    migration: Migration
    folder: Path
    options: Options


# By identity what is known of a query, and by name of which the tenant's role is denied.
_Seen = tuple[Mapping[str, Facts], Mapping[str, str]]


def survive(
    release: Release,
    queries: Sequence[Query[Any]],
    migrations: Sequence[Path],
    model: TenantModel | None = None,
    scratch_dsn: str = "",
) -> Survival:
    """Run the migrations since a release on a scratch database, up and down again, and ask at each step.

    ``queries`` are today's, ``migrations`` today's folders, in order. A release is checked against itself first.

    :raises MigrationError: when a file fails, or one that was released has changed.
    """
    today = {each.name: each for each in queries}
    old = [_query(source, today.get(source.name)) for source in release.sources]
    options = [Options(table=f"{OWN_SCHEMA}.since_{number}", again=AGAIN) for number in range(len(migrations))]
    with scratch(scratch_dsn) as dsn:
        for folder, table in zip(release.migrations, options, strict=True):
            if folder is not None:
                run.up(dsn, folder, options=table)
        steps = list(_steps(release, migrations, options))
        seen = [_look(dsn, [*old, *queries], model)]
        for step in steps:
            run.up(dsn, step.folder, to=step.migration.version, options=step.options)
            seen.append(_look(dsn, [*old, *queries], model))
        undone = _undo(dsn, steps, queries, model, seen)
    findings = [*_unusable(release, old, seen[0]), *_broken(release, old, steps, seen)]
    paths = tuple(step.migration.up.path for step in steps)
    return Survival(paths, tuple(findings), tuple(_early(queries, steps, seen, undone)))


def _query(source: Source, today: Query[Any] | None) -> Query[Any]:
    """What is known of it now, such as the parameters that are never None, is known of the same text then."""
    found: Query[Any] = Query(source, Shape.AFFECTED, int)
    if today is not None and today.sql == source.sql:
        found.never_none = today.never_none
    return found


def _steps(release: Release, migrations: Sequence[Path], options: Sequence[Options]) -> Iterator[_Step]:
    for then, now, table in zip(release.migrations, migrations, options, strict=True):
        newest = max((each.version for each in load(then)), default=0) if then else 0
        for migration in load(now):
            if migration.version > newest:
                yield _Step(migration, now, table)


def _look(dsn: str, queries: Sequence[Query[Any]], model: TenantModel | None) -> _Seen:
    facts: dict[str, Facts] = {}
    with connect(dsn) as connection, unbroken(connection, "the check"):
        gatherer = Gatherer(connection, model)
        for query in queries:
            if (known := identity(query)) not in facts:
                facts[known] = gatherer.facts(query)
        tenants = [each for each in queries if each.scope is Scope.TENANT and not facts[identity(each)].refusal]
        return facts, denied(connection, model.role, tenants) if model and model.role else {}


def _undo(
    dsn: str, steps: Sequence[_Step], queries: Sequence[Query[Any]], model: TenantModel | None, seen: Sequence[_Seen]
) -> dict[str, Path]:
    """By query the down file after which it does not hold, as far down as there is a way."""
    found: dict[str, Path] = {}
    for step in reversed(steps):
        if step.migration.down is None:
            break
        run.down(dsn, step.folder, options=step.options)
        after = _look(dsn, queries, model)
        for query in queries:
            if query.name not in found and next(_breaks(query, seen[-1], after), None):
                found[query.name] = step.migration.down.path
    return found


def _unusable(release: Release, old: Sequence[Query[Any]], at_release: _Seen) -> Iterator[Finding]:
    for query in old:
        if refusal := at_release[0][identity(query)].refusal:
            problem = f"{query.name} is refused by the schema of {release.name} itself: {refusal.problem}"
            place = Place.at(query.source.path, query.source.text, query.source.written(refusal.offset or 0))
            yield Finding("release-unusable", query.name, problem, _BASE, place, sqlstate=refusal.sqlstate)


def _broken(
    release: Release, old: Sequence[Query[Any]], steps: Sequence[_Step], seen: Sequence[_Seen]
) -> Iterator[Finding]:
    """For each query the first migration that breaks it, with all that it breaks of it."""
    for query in old:
        for step, after in zip(steps, seen[1:], strict=True):
            if found := list(_breaks(query, seen[0], after)):
                yield from (_finding(release, query, step.migration, each) for each in found)
                break


def _breaks(query: Query[Any], before: _Seen, after: _Seen) -> Iterator[Broken]:
    promised, known = before[0][identity(query)], identity(query)
    if promised.refusal is None:
        yield from broken(query, promised, after[0][known])
        if (why := after[1].get(query.name)) and query.name not in before[1]:
            yield Broken("release-denied", f"is denied to customers from here on: {why}")


def _finding(release: Release, query: Query[Any], migration: Migration, found: Broken) -> Finding:
    script, source = migration.up, query.source
    first = script.statements[0].offset if script.statements else 0
    where = locate(source.text, source.written(0) if found.offset is None else found.offset)
    detail = f"{source.path}:{where.line}:{where.column}:\n{caret(where.line, where.column, where.source)}"
    place = Place.at(script.path, script.text, first)
    problem = f"{query.name} of {release.name} {found.problem}"
    return Finding(found.code, query.name, problem, _ADVICE, place, detail=detail, sqlstate=found.sqlstate)


def _early(
    queries: Sequence[Query[Any]], steps: Sequence[_Step], seen: Sequence[_Seen], undone: Mapping[str, Path]
) -> Iterator[Early]:
    for query in queries:
        # The last look at which it does not hold: it begins with the step after that.
        late = [n for n, each in enumerate(seen) if next(_breaks(query, seen[-1], each), None)]
        if late:
            yield Early(query.name, steps[late[-1]].migration.up.path, undone.get(query.name))
