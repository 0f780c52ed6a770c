"""What a statement changes: whose rows, which columns, and what it tells by failing."""

from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.frames import Command, Frame, command_of
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.tables import judge_bound


def judge_write(frame: Frame, facts: Facts, report: Report) -> None:
    query = frame.query
    row = frame.row(query.resultRelation)
    table = frame.world.table(row)
    if table is None:
        return
    match command_of(query):
        case Command.UPDATE:
            assert row.relation is not None
            for each in query.targetList:
                column = row.relation.attributes[each.resno].name
                right = table.updates.get(column)
                if right is None:
                    report.say("update-column", report.assigned(column, "SET"), name=report.name(row), column=column)
                elif not judge_bound(row, facts, report, right):
                    break
        case Command.DELETE:
            if table.deletes is None:
                report.say("delete", report.of(row), name=report.name(row))
            else:
                judge_bound(row, facts, report, table.deletes)
        case _:
            pass
