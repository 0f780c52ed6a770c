"""The rows that a statement makes: whose they are, whom they name, and what a collision with others' would tell."""

from collections.abc import Sequence

from tenantstore.checking.analysis import Node, Reference
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.frames import Frame, assigned
from tenantstore.checking.tenancy.model import Demand, Named, Table, Through, satisfies, words
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.rows import CUSTOMER, NULL, Row, new_row
from tenantstore.checking.tenancy.search import counterexample
from tenantstore.checking.tenancy.tables import judge_bound


def judge_insert(row: Row, table: Table, values: list[Node], at: tuple[Frame, Facts], report: Report) -> Facts:
    """What is known of the row that is made, for an ON CONFLICT to go on with."""
    frame, facts = at
    made = facts.fork()
    made.make(row, frame, values)
    if not table.makes:
        report.say("insert", report.of(row), name=report.name(row))
        return made
    assert row.relation is not None
    numbers = {each.resno for each in assigned(values)}
    before = len(report.complaints)
    for number in sorted(numbers):
        column = row.relation.attributes[number].name
        if "*" not in table.inserts and column not in table.inserts:
            report.say("insert-column", report.assigned(row, column), name=report.name(row), column=column)
    for rule in table.owners:
        _judge_owner(row, table, rule, made, report)
    judge_references(row, table, numbers, (made, table.makes), report)
    if len(report.complaints) == before:
        _judge_right(row, table, with_named(row, numbers, made), report)
    judge_unique(row, table, numbers, made, report)
    return made


def judge_made(row: Row, table: Table, made: Facts, report: Report) -> None:
    """A row that a policy lets be made: by whom, and for whom."""
    if not table.makes:
        judge_bound(row, made, report)
        return
    for rule in table.owners:
        _judge_owner(row, table, rule, made, report)
    assert row.relation is not None
    attributes = row.relation.attributes
    numbers = {number for number in attributes if "*" in table.inserts or attributes[number].name in table.inserts}
    known = with_named(row, numbers, made)
    judge_references(row, table, numbers, (known, table.makes), report)
    _judge_right(row, table, known, report)


def with_named(row: Row, numbers: set[int], made: Facts) -> Facts:
    """What is known once every row that the new one names is there."""
    assert row.relation is not None
    known = made.fork()
    for reference in row.relation.references:
        if numbers.issuperset(reference.columns) and reference.relation in made.world.tables:
            _name(row, reference, known)
            for each in reference.columns:
                # A null names nothing, and is refused here, or by whatever trigger puts something in its place.
                if row.relation.attributes[each].not_null:
                    known.value(row.column(each))
    return known


def _judge_owner(row: Row, table: Table, rule: Named, made: Facts, report: Report) -> None:
    assert row.relation is not None
    column = row.column(made.world.number(row.relation.oid, rule.column))

    def owned(case: Facts) -> bool:
        return case.same(column, CUSTOMER) or _follows(row, table, rule, case)

    if counterexample(made, owned) is not None:
        names = {"name": report.name(row), "column": rule.column}
        report.say("insert-owner", report.assigned(row, rule.column), **names)


def _follows(row: Row, table: Table, rule: Named, case: Facts) -> bool:
    """Whether the row belongs to whom what it names belongs to."""
    parent = next((each for each in table.rules if isinstance(each, Through) and each.columns == rule.follows), None)
    if parent is None:
        return False
    world = case.world
    other = world.names.get(parent.table)
    assert row.relation is not None
    if other is None:
        return False
    owners = [each.column for each in world.tables[other].owners]
    return any(
        case.same(row.column(world.number(row.relation.oid, rule.column)), each.column(world.number(other, owner)))
        and all(
            case.same(row.column(one), each.column(two))
            for one, two in world.pairs(row.relation.oid, parent.columns, other, parent.key)
        )
        for each in case.rows.values()
        if each.relation is not None and each.relation.oid == other and each.number in case.rights
        for owner in owners
    )


def _judge_right(row: Row, table: Table, made: Facts, report: Report) -> None:
    """Whether whoever makes the row may, in every case."""

    def allowed(case: Facts) -> bool:
        rights = case.rights.get(row.number)
        return rights is not None and any(_meets(row, each, rights, case) for each in table.makes)

    case = counterexample(made, allowed)
    if case is None:
        return
    code = "insert-right" if row.number in case.rights else "insert-unbound"
    report.say(code, report.of(row), name=report.name(row), wants=" or ".join(map(_demand, table.makes)))


def _meets(row: Row, demand: Demand, rights: frozenset[str], case: Facts) -> bool:
    assert row.relation is not None
    return satisfies(rights, demand.right) and all(
        case.same(row.column(case.world.number(row.relation.oid, column)), ("constant", text))
        for column, text in demand.only.items()
    )


def _demand(demand: Demand) -> str:
    return demand.right + "".join(f" where {column} is {text}" for column, text in demand.only.items())


def judge_references(
    row: Row,
    table: Table,
    numbers: set[int],
    known: tuple[Facts, Sequence[Demand]],
    report: Report,
    *,
    changes: bool = False,
) -> None:
    """A foreign key is looked up whatever the policies hide: what it names must be known to be the customer's."""
    made, demands = known
    assert row.relation is not None
    attributes = row.relation.attributes
    for reference in row.relation.references:
        columns = {attributes[each].name for each in reference.columns}
        other = made.world.tables.get(reference.relation)
        given = numbers.intersection(reference.columns)
        # What an INSERT leaves out is null, and a key with a null in it is not looked up.
        if not (given if changes else given == set(reference.columns)) or (other and other.public):
            continue
        if other is None and made.world.schema.relations[reference.relation].parent in made.world.tables:
            # The server keeps one for each part of a table.
            continue
        if columns <= {*table.foreign, *(rule.column for rule in table.owners)}:
            continue
        named = [each for each in reference.columns if attributes[each].name not in table.foreign]

        def proven(case: Facts, reference: Reference = reference) -> bool:
            return _is_reached(row, reference, case, demands)

        if counterexample(made, proven) is not None:
            column = next(attributes[each].name for each in named if each in numbers or len(named) == 1)
            report.say(
                "reference" if other is not None else "reference-unknown",
                report.assigned(row, column),
                name=report.name(row),
                column=column,
                table=made.world.schema.relations[reference.relation].name,
            )


def _is_reached(row: Row, reference: Reference, case: Facts, demands: Sequence[Demand]) -> bool:
    """Whether what a key names, if it is there, is the customer's. A right's conditions are the row's own affair."""
    if any(case.same(row.column(each), NULL) for each in reference.columns):
        return True
    known = case.fork()
    named = _name(row, reference, known)
    for each in reference.columns:
        known.value(row.column(each))
    known.settle()
    rights = known.rights.get(named.number)
    return rights is not None and any(satisfies(rights, demand.right) for demand in demands)


def _name(row: Row, reference: Reference, facts: Facts) -> Row:
    """The row that a key names is there, or the row that names it cannot be made."""
    named = new_row(facts.world.schema.relations[reference.relation])
    facts.rows[named.number] = named
    for column, referenced in zip(reference.columns, reference.referenced, strict=True):
        facts.merge(named.column(referenced), row.column(column))
    return named


def judge_unique(
    row: Row, table: Table, numbers: set[int], made: Facts, report: Report, *, changes: bool = False
) -> None:
    """A collision with a row of somebody else's tells that it is there, unless the key holds what is the customer's."""
    assert row.relation is not None
    attributes = row.relation.attributes
    scoped = {rule.column for rule in table.owners}
    for rule in table.rules:
        if isinstance(rule, Through):
            scoped |= set(words(rule.columns))
    for reference in row.relation.references:
        other = made.world.tables.get(reference.relation)
        if other is not None and other.rules:
            scoped |= {attributes[each].name for each in reference.columns} - set(table.foreign)
    for key in row.relation.collisions:
        given = numbers.intersection(key.uses)
        if not given or not (changes or numbers >= key.equal):
            continue
        equal, used = ({attributes[each].name for each in columns} for columns in (key.equal, key.uses))
        if not equal & scoped and not used.intersection(table.unguessable):
            column = attributes[min(given)].name
            report.say("unique", report.assigned(row, column), name=report.name(row), column=column, key=key.index)
