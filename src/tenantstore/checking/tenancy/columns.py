"""Whether a tenant may read a column."""

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.frames import Entry, Frame, kind_of
from tenantstore.checking.tenancy.report import Report


def judge_column(var: Node, frame: Frame, report: Report) -> None:
    """``var`` is a column of an entry itself, not of a join of some."""
    row = frame.owner(var)
    table = frame.world.table(row)
    entry = row.entry
    # A relation of kind c is EXCLUDED: what the statement itself would have inserted.
    if table is None or entry is None or kind_of(entry) is not Entry.RELATION or entry.relkind == "c":
        return
    if not table.rules and not table.public:
        return
    assert row.relation is not None
    if var.varattno < 0:
        report.say("system-column", report.of(row), name=report.name(row))
    elif var.varattno == 0:
        if "*" not in table.reads:
            report.say("column-whole", report.of(row), name=report.name(row))
    else:
        column = row.relation.attributes[var.varattno].name
        if not table.may_read(column):
            report.say("column-secret", report.column(row, column), name=report.name(row), column=column)
