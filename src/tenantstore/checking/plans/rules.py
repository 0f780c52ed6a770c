"""What no plan may do, whatever the baseline says.

A customer's query finds its rows of every table by an index and by a value: the customer, or a key. The operator may
read a whole table; but not to look for a value in it, which an index should have. The operator's custom plans are not
judged: for a value that half of the rows have, to read them all is right.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.plans.baseline import titles
from tenantstore.checking.plans.planner import Plan, Stored
from tenantstore.checking.plans.shape import Step
from tenantstore.queries import Scope, Source
from tenantstore.queries.scanner import Kind, Token, tokens

# A table of fewer rows than this is read as it lies, and rightly.
SMALL = 1000

_SCAN = "Make an index that begins with what it looks for; where it is to read all, `-- scan: reason` in the header."
_TAKE_OUT = "Take it out of the header."
_WHOLE = ("Seq Scan", "Sample Scan")
_BY_INDEX = ("Index Scan", "Index Scan Backward", "Index Only Scan", "Index Only Scan Backward", "Bitmap Index Scan")
_BY_BITMAP = "Bitmap Heap Scan"
# Equality, or an array that has something in common. A range may be everything.
_EQUAL = re.compile(r" (?:OPERATOR\([^)]*?\.)?(?:=|@>|<@|&&)\)? ")
_LITERAL = re.compile(r"(?:ANY \()?'|[0-9]|true\b|false\b")
_FOR_PARAMETER = re.compile(r"\(?\b(?P<column>\w+)\)?(?:::[\w ]+)? = (?P<parameter>:\w+)\b")


def judge(source: Source, plans: Sequence[Plan], stored: Stored) -> list[Complaint]:
    """What is wrong with the plans of one query, each thing once."""
    judged = [plan for plan in plans if source.scope is Scope.TENANT or plan.mode == "generic"]
    own = _own(plans)
    told: dict[tuple[str, str, str], list[Plan]] = {}
    for plan in judged:
        for step in _unbound(plan.root, stored, own):
            if (problem := _problem(step, stored, own)) and (source.scope is Scope.TENANT or _searched(step)):
                told.setdefault((step.relation, step.alias, problem), []).append(plan)
    if any(claim.key == "scan" for claim in source.claims):
        needless = Complaint("needless-claim", "`scan` is claimed, and no plan reads all of a table", _TAKE_OUT)
        return [] if told else [needless]
    found = []
    for (relation, alias, problem), where in told.items():
        plan_of = titles(each.made_for for each in where)
        found.append(Complaint("plan-scan", f"the {plan_of} {problem}", _SCAN, _place(source.sql, relation, alias)))
    return [*found, *_unfilled(plans, stored)]


def _unfilled(plans: Sequence[Plan], stored: Stored) -> Iterator[Complaint]:
    """A complaint for each table that a query reads and the workload leaves empty."""
    reads = (*_WHOLE, *_BY_INDEX, _BY_BITMAP)
    for table in sorted({step.relation for plan in plans for step in plan.root.walk() if step.kind in reads}):
        if stored.rows.get(table) == 0:
            problem = f"the workload has no row of {table}, so the plans show nothing"
            yield Complaint(
                "plan-no-rows", problem, "Make rows of it with the others, as many and as skewed as in life."
            )


def _own(plans: Sequence[Plan]) -> frozenset[str]:
    """What the text itself compares with, a status or a kind: it is everybody's. A generic plan has no other values."""
    steps = [step for plan in plans if plan.mode == "generic" for step in plan.root.walk()]
    parts = [part for step in steps for text in (step.condition, step.filter) for part in _parts(text)]
    return frozenset(part for part in parts if _EQUAL.search(part) and _LITERAL.match(_EQUAL.split(part)[1]))


def _parts(condition: str) -> Iterator[str]:
    """What is joined by AND on the outermost level, without brackets around it."""
    text = _unbracketed(condition)
    begin = 0
    for token, depth in _depths(text):
        if depth == 0 and text[token.start : token.end] == "AND":
            yield _unbracketed(text[begin : token.start].strip())
            begin = token.end
    yield _unbracketed(text[begin:].strip())


def _unbracketed(text: str) -> str:
    """Without a pair of brackets around the whole."""
    depths = [depth for _, depth in _depths(text)]
    return text[1:-1] if text.startswith("(") and depths.index(0) == len(depths) - 1 else text


def _depths(text: str) -> Iterator[tuple[Token, int]]:
    """Each token with how many brackets are open after it."""
    depth = 0
    for token in tokens(text):
        depth += (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE)
        yield token, depth


def _unbound(step: Step, stored: Stored, own: Collection[str]) -> Iterator[Step]:
    """The steps that read a table without a value to find its rows by."""
    if step.kind == _BY_BITMAP:
        found = not any(_bound(each, stored, own) for each in step.inputs if "Bitmap" in each.kind)
    else:
        found = step.kind in _WHOLE or (
            step.kind in _BY_INDEX and bool(step.relation) and not _bound(step, stored, own)
        )
    if found and stored.rows.get(step.relation, 0) >= SMALL:
        yield step
    for each in step.inputs:
        yield from _unbound(each, stored, own)


def _bound(step: Step, stored: Stored, own: Collection[str]) -> bool:
    match step.kind:
        case "BitmapOr":
            return all(_bound(each, stored, own) for each in step.inputs)
        case "BitmapAnd":
            return any(_bound(each, stored, own) for each in step.inputs)
    # Whoever asks for a later column of an index walks along all of it, or skips from value to value of the first.
    parts = [part for part in _parts(step.condition) if part not in own]
    return any(_EQUAL.search(part) and _begins(step, stored, _EQUAL.split(part)[0]) for part in parts)


def _begins(step: Step, stored: Stored, text: str) -> bool:
    """Whether what the step's index begins with is in the text; an index of no order begins with all it has."""
    leading = stored.leading.get(step.index, "")
    return re.search(rf"(?<!\w){re.escape(leading)}(?!\w)", text) is not None if leading else True


def _problem(step: Step, stored: Stored, own: Collection[str]) -> str:
    if conditions := " or ".join(_conditions(step, stored, own)):
        return f"finds rows of {step.relation} by {conditions}"
    return f"walks along all of {step.index}" if step.index else f"reads all of {step.relation}{_searched(step)}"


def _searched(step: Step) -> str:
    """`` for a = :b``, what the rows that are read are searched for."""
    searched = " and ".join(
        f"{match['column']} = {match['parameter']}" for match in _FOR_PARAMETER.finditer(step.filter)
    )
    return f" for {searched}" if searched else ""


def _conditions(step: Step, stored: Stored, own: Collection[str]) -> Iterator[str]:
    """What an index is asked for that is no customer's value and no key, or not what it begins with."""
    if step.condition and not _bound(step, stored, own):
        elsewhere = f" in {step.index}, which begins with {stored.leading.get(step.index)}"
        everybodys = ", which is no customer's value and no key"
        yield step.condition + (everybodys if _begins(step, stored, step.condition) else elsewhere)
    for each in step.inputs:
        if "Bitmap" in each.kind:
            yield from _conditions(each, stored, own)


def _place(sql: str, relation: str, alias: str) -> tuple[int, int] | None:
    """Where the text names the table by that alias; None where that is not certain, as within a policy."""
    words = [token for token in tokens(sql) if token.kind is not Kind.COMMENT]
    texts = [sql[token.start : token.end] for token in words]
    found = []
    for n, text in enumerate(texts):
        rest = [each for each in texts[n + 1 : n + 3] if each.upper() != "AS"]
        if text == relation and (rest[:1] == [alias] or alias == relation):
            found.append((words[n].start, words[n].end))
    return found[0] if len(found) == 1 else None
