"""Whether a reference to a table is bound to the customer, and if not, what is missing."""

from collections.abc import Sequence

from tenantstore.checking.tenancy.diagnosis import explain
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.model import ANY, satisfies
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.rows import Row
from tenantstore.checking.tenancy.search import counterexample


def judge_reference(row: Row, facts: Facts, report: Report) -> None:
    """Every row that comes out of it must be one that the customer reaches."""
    world, relation = facts.world, row.relation
    if relation is None:
        report.say("sequence", report.of(row), name=report.name(row))
    elif relation.system:
        report.say("catalog", report.of(row), name=report.name(row))
    elif (table := world.table(row)) is None:
        parent = relation.parent and world.schema.relations.get(relation.parent)
        if parent and parent.oid in world.tables:
            report.say("partition", report.of(row), name=report.name(row), table=parent.name)
        else:
            report.say("table-unknown", report.of(row), name=report.name(row))
    elif not table.rules and not table.public:
        report.say("table-operator", report.of(row), name=report.name(row))
    elif table.rules:
        judge_bound(row, facts, report)


def judge_one_of(row: Row, facts: Facts, report: Report, demanded: Sequence[str]) -> None:
    """Whether the row is reached in every case with one of the rights."""

    def reached(case: Facts) -> bool:
        rights = case.rights.get(row.number)
        return rights is not None and any(satisfies(rights, each) for each in demanded)

    if counterexample(facts, reached) is not None:
        report.say("permission", report.of(row), name=report.name(row), right=" or ".join(demanded))


def judge_bound(row: Row, facts: Facts, report: Report, demanded: str = ANY, code: str | None = None) -> bool:
    """Whether the row is reached with the right demanded; a complaint where it is not, of that ``code`` if given."""

    def reached(case: Facts) -> bool:
        rights = case.rights.get(row.number)
        return rights is not None and satisfies(rights, demanded)

    case = counterexample(facts, reached)
    if case is not None and code is not None:
        report.say(code, report.of(row), name=report.name(row))
    elif case is not None:
        explain(row, case, facts, report, demanded)
    return case is None
