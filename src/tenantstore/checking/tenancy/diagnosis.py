"""What is missing where a row is not bound: the nearest thing that its author may have meant."""

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.model import ANY, Granted, Listed, Named, Through, satisfies, words
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.rows import CUSTOMER, FALSE, Row
from tenantstore.checking.tenancy.search import counterexample

# As many cases as a message is worth.
_FEW = 8


def explain(row: Row, case: Facts, facts: Facts, report: Report, demanded: str) -> None:
    """``case`` is one in which the row is not proven to be reached, ``facts`` what is known of every case."""
    table = case.world.table(row)
    assert table is not None
    names = {"name": report.name(row), "wants": _wants(table.rules), "right": demanded}
    rights = case.rights.get(row.number)
    if rights is not None and not satisfies(rights, demanded):
        report.say("permission", report.of(row), **names)
        return
    for rule in table.rules:
        if isinstance(rule, Named) and case.same(_column(row, rule.column, case), CUSTOMER):
            flag = next(each for each in rule.unless if not case.same(_column(row, each, case), FALSE))
            report.say("share-suspended", report.of(row), **names, flag=flag)
            return
        if isinstance(rule, Through) and _permission(row, rule, case):
            report.say("permission", report.of(row), **{**names, "right": rule.demands})
            return
    code = next((found for rule in table.rules if (found := _stand_in(row, rule, case))), None)
    if code:
        report.say(code, report.of(row), **names)
    elif (escape := _escape(row, case, facts)) is not None:
        report.say("tenant-or", report.disjunction(escape) or report.of(row), **names)
    elif _bound_when_matched(row, facts):
        report.say("tenant-outer-join", report.of(row), **names)
    else:
        report.say("tenant-missing", report.of(row), **names)


def _column(row: Row, column: str, case: Facts) -> tuple[object, ...]:
    assert row.relation is not None
    return row.column(case.world.number(row.relation.oid, column))


def _permission(row: Row, rule: Through, case: Facts) -> bool:
    """Whether the row hangs on one that is reached, though not with the right that it takes."""
    other = case.world.names.get(rule.table)
    assert row.relation is not None
    return other is not None and any(
        parent.relation is not None
        and parent.relation.oid == other
        and parent.number in case.rights
        and all(
            case.same(row.column(one), parent.column(two))
            for one, two in case.world.pairs(row.relation.oid, rule.columns, other, rule.key)
        )
        for parent in case.rows.values()
    )


def _stand_in(row: Row, rule: object, case: Facts) -> str | None:
    """What stands where the customer ought to, as far as that is known."""
    if not isinstance(rule, Named):
        return None
    members = case.members(_column(row, rule.column, case))
    for term, code in case.near.items():
        if term in members:
            return code
    kinds = {term[0] for term in members}
    if "parameter" in kinds:
        return "tenant-parameter"
    return "tenant-constant" if "constant" in kinds else None


def _escape(row: Row, case: Facts, facts: Facts) -> Node | None:
    """The OR of which one arm binds the row, and another does not."""
    choices = [choice for choice in (*(choice for choice, _ in case.taken), *facts.choices) if choice.node is not None]
    for choice in choices[:_FEW]:
        for number in range(len(choice.arms)):
            arm = facts.fork()
            arm.choices = tuple(each for each in arm.choices if each is not choice)
            arm.take(choice, number)
            if counterexample(arm, lambda known: row.number in known.rights, _FEW) is None:
                return choice.node
    return None


def _bound_when_matched(row: Row, facts: Facts) -> bool:
    """Whether the row would be bound if every outer join found what it looks for."""
    case = facts.fork()
    for outer in case.outers:
        case.arrive(outer, True, True)
    case.settle()
    return row.number in case.rights


def _wants(rules: object) -> str:
    """The rules, in words."""
    assert isinstance(rules, tuple | list)
    found = []
    for rule in rules:
        match rule:
            case Named(column, unless=unless):
                also = "".join(f" AND NOT {each}" for each in unless)
                found.append(f"{column} = :customer_id{also}")
            case Through(columns, table, _, demands):
                by = f" with the right {demands}" if demands != ANY else ""
                found.append(f"{_list(columns)}, which names a row of {table} that is bound{by}")
            case Granted(table, columns):
                found.append(f"{_list(columns)} of a row of {table} that is bound")
            case Listed():
                pass
    return " or ".join(found)


def _list(columns: str) -> str:
    return ", ".join(words(columns))
