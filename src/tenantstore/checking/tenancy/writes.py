"""What a statement changes: whose rows, which columns, and what it tells by failing."""

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.frames import Command, Frame, assigned, command_of
from tenantstore.checking.tenancy.inserts import judge_insert, judge_references, judge_unique
from tenantstore.checking.tenancy.model import ANY, Demand, Table
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.rows import Row, new_row
from tenantstore.checking.tenancy.tables import judge_bound, judge_reference

_NOTHING, _UPDATE = 1, 2
# What a row of a MERGE is, in the words of 17; before, it was matched or not.
_MATCHED, _NOT_MATCHED_BY_SOURCE, _NOT_MATCHED_BY_TARGET = 0, 1, 2


def judge_write(frame: Frame, facts: Facts, report: Report) -> None:
    """``facts`` are those of each row that the statement comes to."""
    query = frame.query
    row = frame.row(query.resultRelation)
    table = frame.world.table(row)
    command = command_of(query)
    if table is None or not (table.rules or table.public):
        # An UPDATE and a DELETE read their table, so it was told of there, unless it is a view that was read through.
        if command in (Command.INSERT, Command.MERGE) or frame.source(row) is not None:
            judge_reference(row, facts, report)
        return
    if row.relation is not None and row.relation.ruled:
        report.say("ruled", report.of(row), name=report.name(row))
    match command:
        case Command.UPDATE:
            _update(row, table, query.targetList, (frame, facts), report)
        case Command.DELETE:
            _delete(row, table, facts, report)
        case Command.INSERT:
            made = judge_insert(row, table, query.targetList, (frame, facts), report)
            conflict = query.get("onConflict")
            if conflict and conflict.action == _UPDATE:
                _upsert(row, table, conflict, (frame, made), report)
        case _:
            _merge(row, table, (frame, facts), report)


def _update(
    row: Row, table: Table, values: list[Node], at: tuple[Frame, Facts], report: Report, after: str = "SET"
) -> None:
    frame, facts = at
    values = assigned(values)
    assert row.relation is not None
    columns = [row.relation.attributes[each.resno].name for each in values]
    for column in columns:
        if column not in table.updates:
            code = "update-owner" if column in table.deciding else "update-column"
            report.say(code, report.assigned(row, column, after), name=report.name(row), column=column)
    for right in sorted({table.updates[each] for each in columns if each in table.updates}):
        judge_bound(row, facts, report, right)
    changed = new_row(row.relation, row.entry)
    made = facts.fork()
    made.change(row, changed, frame, values)
    numbers = {each.resno for each in values}
    demands = [Demand(table.updates.get(each, ANY)) for each in columns]
    judge_references(changed, table, numbers, (made, demands), report, changes=True)
    judge_unique(changed, table, numbers, made, report, changes=True)


def _delete(row: Row, table: Table, facts: Facts, report: Report) -> None:
    if table.deletes is None:
        report.say("delete", report.of(row), name=report.name(row))
    else:
        judge_bound(row, facts, report, table.deletes)


def _upsert(row: Row, table: Table, conflict: Node, at: tuple[Frame, Facts], report: Report) -> None:
    """The row that is there already agrees with the one that is made in what they conflict by."""
    frame, made = at
    there = new_row(row.relation, row.entry)
    meeting = frame.replacing({frame.query.resultRelation: there, conflict.exclRelIndex: row})
    facts = made.fork()
    facts.rows[there.number] = there
    columns = [each.expr.varattno for each in conflict.arbiterElems or [] if each.expr.tag == "VAR"]
    for each in columns or frame.world.schema.constrained(conflict.constraint):
        facts.merge(there.column(each), row.column(each))
    facts.add(conflict.onConflictWhere, meeting)
    if judge_bound(there, facts, report, code="conflict-row"):
        _update(there, table, conflict.onConflictSet, (meeting, facts), report, "CONFLICT SET")


def _merge(row: Row, table: Table, at: tuple[Frame, Facts], report: Report) -> None:
    """A row that is not matched is made: so what is matched must be the customer's before any further condition."""
    frame, source = at
    query = frame.query
    matched = source.fork()
    matched.activate(row, frame)
    matched.add(query.get("mergeJoinCondition") or query.jointree.quals, frame)
    alone = _alone(row, source)
    kinds = [(each, _kind(each)) for each in query.mergeActionList]
    if any(kind == _NOT_MATCHED_BY_TARGET for _, kind in kinds):
        judge_bound(row, matched, report)
    for action, kind in kinds:
        known = {_MATCHED: matched, _NOT_MATCHED_BY_SOURCE: alone, _NOT_MATCHED_BY_TARGET: source}[kind].fork()
        known.add(action.qual, frame)
        if action.commandType == Command.UPDATE:
            _update(row, table, action.targetList, (frame, known), report)
        elif action.commandType == Command.DELETE:
            _delete(row, table, known, report)
        elif action.commandType == Command.INSERT:
            judge_insert(new_row(row.relation, row.entry), table, action.targetList, (frame, known), report)


def _alone(row: Row, source: Facts) -> Facts:
    """What is known of a row of the target for which there is no row of the source: that it is there."""
    alone = Facts(source.world)
    alone.rows[row.number] = row
    return alone


def _kind(action: Node) -> int:
    if "matched" in action.fields:
        return _MATCHED if action.matched else _NOT_MATCHED_BY_TARGET
    kind: int = action.matchKind
    return kind
