"""Every proof over every query of a project, against a database or against the snapshot of one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.history import Survival
from tenantstore.checking.query import snapshot as snapshots
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import Facts, identity
from tenantstore.checking.query.finding import Finding, Place
from tenantstore.checking.query.gather import Gatherer
from tenantstore.checking.query.judge import judge
from tenantstore.checking.query.modules import UNDECLARED, declared
from tenantstore.checking.query.planned import planned
from tenantstore.checking.query.project import Project
from tenantstore.checking.query.since import since
from tenantstore.checking.query.snapshot import Snapshot, changes, keys
from tenantstore.migrate.connect import connect
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.scratch import scratch
from tenantstore.migrate.session import unbroken
from tenantstore.queries import Scope

_UNDEFINED_TABLE = "42P01"
_NOT_FOR_US = ("42501", "25006")  # a privilege that is missing, a database that takes no writes
_STALE = "`tenantstore check --update` writes it anew; review its diff."


@dataclass(frozen=True, slots=True)
class Report:
    """``findings`` in the order of the files; ``facts`` by query, of those that there are facts about.

    ``survival`` is what the migrations since an older release do, where one was asked for.
    """

    project: Project
    findings: tuple[Finding, ...]
    facts: Mapping[Asked, Facts]
    survival: Survival | None = None


def check(
    project: Project,
    dsn: str = "",
    scratch_dsn: str = "",
    *,
    update: bool = False,
    plans: bool = False,
    base: str = "",
) -> Report:
    """Against the database of ``dsn``, which is migrated, or one that is made on the server of ``scratch_dsn``.

    Without either a server is launched. Nothing is changed in a database that was there. Where the project has a
    snapshot, it is held against the facts that were found, or they are written to it for an ``update``. The same goes
    for ``plans``, which are made last: they take rows, so a scratch database it must be. With a ``base``, a commit or a
    folder, the queries that it had are held against every schema since, on a scratch database of their own.

    :raises MigrationError: ``Misconfigured``, as for an ``update`` while a module does not load, ``Unreachable``, or
        what stopped a migration.
    """
    queries, found = declared(project.modules)
    lost = _lost(found, update)
    with _migrated(project, dsn, scratch_dsn) as made:
        with connect(made) as connection, unbroken(connection, "the check"):
            gatherer = Gatherer(connection, project.model)
            facts = {Asked(query): gatherer.facts(query) for query in queries}
            _refuse_an_unfit_database(facts, dsn)
            policies = gatherer.policies()
        if plans:
            told = planned(project, made, facts, update)
            found += [each for each in told if not lost or each.code != "plan-stale"]
    survival = since(project, base, queries, scratch_dsn) if base else None
    found += survival.findings if survival else ()
    called = keys(facts, project)
    now = snapshots.snapshot_of(project, {called[each]: of for each, of in facts.items()}, policies)
    if update:
        snapshots.write(project.snapshot, now)
    elif project.snapshot.exists():
        found += _stale(project, called, snapshots.read(project.snapshot), now, lost)
    return replace(_judged(project, facts, [*found, *map(_of_policy, policies)]), survival=survival)


def check_offline(project: Project) -> Report:
    """Against the project's snapshot, without a database.

    What the snapshot does not know, or knew otherwise, is a finding of its own.

    :raises Misconfigured: when there is no snapshot.
    """
    queries, found = declared(project.modules)
    kept = snapshots.read(project.snapshot)
    called = keys(map(Asked, queries), project)
    known = {each: kept.facts.get(name) for each, name in called.items()}
    facts = {each: of for each, of in known.items() if of and of.text == identity(each.query)}
    now = snapshots.snapshot_of(project, {})
    lost = _lost(found)
    stale = [*_other_ground(project, kept, now), *_gone(project, kept, called, lost)]
    for each, of in known.items():
        if each not in facts:
            problem = "is not in the snapshot" if of is None else "is not the statement that the snapshot is about"
            stale.append(each.finding("stale-snapshot", problem, _STALE))
    return _judged(project, facts, [*found, *stale, *map(_of_policy, kept.policies)])


def _of_policy(complaint: Complaint) -> Finding:
    return Finding(complaint.code, "", complaint.problem, complaint.advice, None, detail=complaint.detail)


def _judged(project: Project, facts: Mapping[Asked, Facts], found: list[Finding]) -> Report:
    judged = [finding for asked, each in facts.items() for finding in judge(asked, each)]
    # What is wrong with a query shows in its facts too, and an update would not mend it.
    wrong = {each.query for each in judged}
    findings = [*(each for each in found if each.code != "stale-snapshot" or each.query not in wrong), *judged]
    findings += _without_a_model(project, facts)
    # A query that is declared twice has what is wrong with its text once.
    once = dict.fromkeys(findings)
    return Report(project, tuple(sorted(once, key=_order)), facts)


def _order(finding: Finding) -> tuple[bool, tuple[str, int, int]]:
    # What an update writes anew comes after what somebody has to mend.
    return finding.code == "stale-snapshot", finding.order()


def _without_a_model(project: Project, facts: Mapping[Asked, Facts]) -> Iterator[Finding]:
    """One finding, at the first of those queries that a model is for."""
    tenants = [each for each in facts if each.query.scope is Scope.TENANT]
    if tenants and project.model is None:
        problem = "there is no tenant model: nothing is proven of what queries of scope tenant reach"
        advice = (
            'Say in a TenantModel whose rows each table has, and name it: model = "shop.tenancy:MODEL", or --model.'
        )
        yield tenants[0].finding("no-model", problem, advice)


@contextmanager
def _migrated(project: Project, dsn: str, scratch_dsn: str) -> Iterator[str]:
    """The DSN of a database that has the project's tables."""
    if dsn:
        yield dsn
        return
    with scratch(scratch_dsn, project.migrations) as made:
        yield made


def _refuse_an_unfit_database(facts: Mapping[Asked, Facts], dsn: str) -> None:
    """:raises Misconfigured: where each query would have the same finding, since the database is not for them."""
    of_tables = [each.refusal for each in facts.values() if each.refusal or each.reads or each.writes]
    refused = [each for each in of_tables if each]
    if not refused or len(refused) < len(of_tables):
        return
    if all(each.sqlstate == _UNDEFINED_TABLE for each in refused):
        advice = "Is it migrated? `tenantstore migrate status` tells." if dsn else "Name all migrations it stands on."
        raise Misconfigured(f"the database has none of the tables of these queries: {refused[0].problem}", advice)
    if refused[0].sqlstate in _NOT_FOR_US:
        advice = "The check makes a temporary function: it takes TEMPORARY on the database, and one that is written to."
        raise Misconfigured(refused[0].problem, advice)


def _lost(found: list[Finding], update: bool = False) -> list[Finding]:
    """The findings of modules that do not load, which may declare more queries than are known.

    :raises Misconfigured: where there are any and an ``update`` would leave their queries out.
    """
    lost = [each for each in found if each.code == UNDECLARED]
    if update and lost:
        problem = "nothing is written while a module does not load: the queries that it declares would be left out"
        raise Misconfigured(problem, "\n".join(map(str, lost)))
    return lost


def _stale(
    project: Project, called: Mapping[Asked, str], kept: Snapshot, now: Snapshot, lost: list[Finding]
) -> list[Finding]:
    found = [*_other_ground(project, kept, now), *_gone(project, kept, called, lost)]
    if kept.policies != now.policies:
        found.append(_of_snapshot(project, "the policies are not as the snapshot says", '"policies"'))
    for asked, name in called.items():
        before, after = kept.facts.get(name), now.facts[name]
        if before != after:
            problem = "is not in the snapshot" if before is None else "is not as the snapshot says"
            detail = "\n".join(changes(before, after)) if before else ""
            found.append(replace(asked.finding("stale-snapshot", problem, _STALE), detail=detail))
    return found


def _other_ground(project: Project, kept: Snapshot, now: Snapshot) -> Iterator[Finding]:
    if kept.migrations != now.migrations:
        yield _of_snapshot(project, "the migrations have changed", '"migrations"')
    if kept.model != now.model:
        yield _of_snapshot(project, "the tenant model has changed", '"model"')


def _gone(project: Project, kept: Snapshot, called: Mapping[Asked, str], lost: list[Finding]) -> Iterator[Finding]:
    """None where modules are ``lost``: the queries may be theirs."""
    for name in () if lost else sorted(kept.facts.keys() - set(called.values())):
        yield _of_snapshot(project, f"{name} is gone", f'"{name}"')


def _of_snapshot(project: Project, problem: str, marker: str) -> Finding:
    text = project.snapshot.read_text(encoding="utf-8")
    return Finding("stale-snapshot", "", problem, _STALE, Place.at(project.snapshot, text, max(text.find(marker), 0)))
