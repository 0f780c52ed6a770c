"""Every reference of a statement, level by level, and every expression on the way."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, TypeAlias

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.calls import judge_call
from tenantstore.checking.tenancy.columns import judge_column
from tenantstore.checking.tenancy.facts import Facts
from tenantstore.checking.tenancy.frames import (
    Command,
    Entry,
    Frame,
    Join,
    Link,
    branches_of,
    command_of,
    is_plain,
    is_witnessed,
    kind_of,
)
from tenantstore.checking.tenancy.report import Report
from tenantstore.checking.tenancy.rows import Row
from tenantstore.checking.tenancy.tables import judge_reference
from tenantstore.checking.tenancy.writes import judge_write

#: What is known of a level when one of its rows is left out, which is about to be looked into by itself.
Around: TypeAlias = Callable[[Row], Facts]


class At(NamedTuple):
    """Where an expression stands: its level, what is known there, and what of each row that an aggregate takes.

    ``known`` says that the expression itself is known to be true; ``asked``, that null is as good as false there.
    """

    frame: Frame
    facts: Facts
    each: Facts
    known: bool = False
    asked: bool = False


def prove_level(frame: Frame, facts: Facts, report: Report) -> None:
    """A level with all that it holds; ``facts`` are those of the levels around it."""
    query = frame.query
    for each in query.cteList or []:
        prove_level(Frame(each.ctequery, frame, frame.world), facts, report)
    inner = facts.fork()
    if query.setOperations:
        for number in branches_of(query.setOperations, every=True):
            source = frame.source(frame.row(number))
            assert source is not None
            prove_level(source, facts, report)
    else:
        inner.enter(frame)
        inner.settle()

        def around(row: Row) -> Facts:
            without = facts.fork()
            without.opaque |= {row.number}
            without.enter(frame)
            return without

        _tree(query.jointree, frame, inner, around, report)
    _expressions(frame, facts, inner, report)
    if command_of(query) is not Command.SELECT:
        judge_write(frame, inner, report)


def _expressions(frame: Frame, outer: Facts, inner: Facts, report: Report) -> None:
    query = frame.query
    # Without a row for each that comes out, nothing is known of one where what comes out is put together.
    after = At(frame, inner if is_witnessed(query) else outer, inner)
    always = At(frame, outer, outer)
    for at, expression in (
        (after, query.targetList),
        (after._replace(asked=True), query.havingQual),
        (_left(frame, inner) if query.returningList else after, query.returningList),
        (after, query.get("windowClause")),
        (always, query.limitCount),
        (always, query.limitOffset),
    ):
        _visit(expression, at, report)
    conflict = query.get("onConflict")
    if conflict:
        for part in (conflict.arbiterElems, conflict.arbiterWhere, conflict.onConflictSet, conflict.onConflictWhere):
            _visit(part, after, report)
    _visit(query.get("mergeActionList"), after, report)
    _visit(query.get("mergeJoinCondition"), after, report)


def _left(frame: Frame, facts: Facts) -> At:
    """What is known where a change gives back what it left."""
    left = facts.fork()
    if command_of(frame.query) is Command.UPDATE:
        left.update(frame)
    left.settle()
    return At(frame.after, left, left)


def _tree(node: Any, frame: Frame, facts: Facts, around: Around, report: Report) -> None:
    match node:
        case Node(tag="FROMEXPR"):
            for each in node.fromlist or []:
                _tree(each, frame, facts, around, report)
            known = command_of(frame.query) is not Command.MERGE
            _visit(node.quals, At(frame, facts, facts, known, asked=True), report)
        case Node(tag="RANGETBLREF"):
            _row(frame.row(node.rtindex), frame, facts, around, report)
        case Node(tag="JOINEXPR"):
            kind = Join(node.jointype)
            for side, may_lack in ((node.larg, (Join.RIGHT, Join.FULL)), (node.rarg, (Join.LEFT, Join.FULL))):
                if kind in may_lack:
                    _nullable(side, node, frame, (facts, around), report)
                else:
                    _tree(side, frame, facts, around, report)
            both = _arrived(facts, frame, node, True, True)
            _visit(node.quals, At(frame, both, both, known=True, asked=True), report)
        case _:
            pass


def _nullable(side: Any, join: Node, frame: Frame, known: tuple[Facts, Around], report: Report) -> None:
    """The side of an outer join that may not be there, where it is."""
    facts, around = known
    left = side is join.larg

    def here(row: Row) -> Facts:
        return _arrived(around(row), frame, join, left, not left)

    _tree(side, frame, _arrived(facts, frame, join, left, not left), here, report)


def _arrived(facts: Facts, frame: Frame, join: Node, left: bool, right: bool) -> Facts:
    found = next((each for each in facts.outers if each.join is join and each.frame is frame), None)
    if found is None:
        return facts
    arrived = facts.fork()
    arrived.arrive(found, left, right)
    arrived.settle()
    return arrived


def _row(row: Row, frame: Frame, facts: Facts, around: Around, report: Report) -> None:
    entry = row.entry
    assert entry is not None
    kind = kind_of(entry)
    if kind is Entry.RELATION and frame.source(row) is None:
        judge_reference(row, facts, report)
        if entry.get("tablesample"):
            report.say("sample", report.of(row), name=report.name(row))
    elif kind in (Entry.FUNCTION, Entry.TABLE_FUNCTION, Entry.VALUES):
        for part in ("functions", "tablefunc", "values_lists"):
            _visit(entry.get(part), At(frame, facts, facts), report)
    elif kind is not Entry.WITH:
        source = frame.source(row)
        if source is not None and is_plain(source.query) and not source.query.cteList:
            with _view(row, report):
                _tree(source.query.jointree, source, facts, around, report)
                _visit(source.query.targetList, At(source, facts, facts), report)
        elif source is not None:
            with _view(row, report):
                prove_level(source, around(row), report)


def _view(row: Row, report: Report) -> AbstractContextManager[None]:
    return report.within(row) if row.relation is not None else nullcontext()


def _visit(value: Any, at: At, report: Report) -> None:
    """Every call, column and sub-query in an expression; what its conditions say holds inside them."""
    match value:
        case list():
            for each in value:
                _visit(each, at, report)
        case Node(tag="SUBLINK"):
            _visit(value.testexpr, at._replace(known=False, asked=False), report)
            prove_level(Frame(value.subselect, at.frame, at.frame.world), at.facts, report)
        case Node(tag="VAR"):
            resolved, frame = at.frame.resolve(value)
            if resolved is value:
                judge_column(value, at.frame, report)
            else:
                _visit(resolved, at._replace(frame=frame, known=False, asked=False), report)
        case Node(tag="BOOLEXPR"):
            _visit_boolean(value, at, report)
        case Node(tag="CASEEXPR"):
            _visit_case(value, at._replace(known=False, asked=False), report)
        case Node():
            judge_call(value, at.frame, report)
            inside = at._replace(known=False, asked=False, facts=at.each if value.tag == "AGGREF" else at.facts)
            for name, each in value.fields.items():
                _visit(each, inside._replace(asked=name == "aggfilter"), report)
        case _:
            pass


def _visit_boolean(expression: Node, at: At, report: Report) -> None:
    for number, argument in enumerate(expression.args):
        if expression.boolop == "not" or not _holds_link(argument):
            inside = at._replace(known=False, asked=False)
        elif expression.boolop == "or":
            inside = at._replace(facts=_in_arm(expression, number, at)) if at.known else at
        elif at.known:
            inside = at
        else:
            facts = at.facts.fork()
            for other in expression.args:
                # Null AND what is looked up is null, or false: where that is told apart, so is what was found.
                if other is not argument and (at.asked or _is_decided(other)):
                    facts.add(other, at.frame)
            inside = at._replace(facts=facts)
        _visit(argument, inside, report)


def _in_arm(expression: Node, number: int, at: At) -> Facts:
    """What is known where this arm of an OR is the one that decides."""
    facts = at.facts.fork()
    choice = next((each for each in facts.choices if each.node is expression), None)
    if choice is not None:
        facts.choices = tuple(each for each in facts.choices if each is not choice)
        facts.take(choice, number)
    return facts


def _visit_case(expression: Node, at: At, report: Report) -> None:
    _visit(expression.arg, at, report)
    for each in expression.args:
        _visit(each.expr, at._replace(asked=expression.arg is None), report)
        facts = at.facts
        if expression.arg is None and _holds_link(each.result):
            facts = facts.fork()
            facts.add(each.expr, at.frame)
        _visit(each.result, at._replace(facts=facts), report)
    _visit(expression.defresult, at, report)


def _is_decided(condition: Any) -> bool:
    """Whether a condition is true or false, and never null."""
    match condition:
        case Node(tag="SUBLINK"):
            return bool(condition.subLinkType == Link.EXISTS)
        case Node(tag="BOOLEXPR"):
            return all(map(_is_decided, condition.args))
        case Node(tag=tag):
            return tag in ("NULLTEST", "BOOLEANTEST", "DISTINCTEXPR")
        case _:
            return False


def _holds_link(value: Any) -> bool:
    match value:
        case Node(tag="SUBLINK"):
            return True
        case Node():
            return any(_holds_link(each) for each in value.fields.values())
        case list():
            return any(map(_holds_link, value))
        case _:
            return False
