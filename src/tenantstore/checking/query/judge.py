"""Facts about a query, held against what its author declared: the record, the shape, the functions that call it.

Pure: the same facts give the same findings, whether a server has just told them or a snapshot keeps them.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.query import columns, layout, parameters
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import Facts
from tenantstore.checking.query.finding import Finding
from tenantstore.queries import Shape

#: Codes of complaints that a header may claim away, by the key that does it.
_CLAIMED = {"volatile": "volatile"}

_UNTYPED = "42P18"
_PARAMETER = re.compile(r":\w+")
# More of them than this are more than a row has columns.
_TOO_MANY_COLUMNS, _MOST_PARAMETERS = "54011", 1600
# As the server calls what the analysis wraps a statement in.
_UTILITY = "not yet supported in unquoted SQL function body"
# And what ends the body itself.
_SEVERAL = "cannot insert multiple commands into a prepared statement"


def judge(asked: Asked, facts: Facts) -> list[Finding]:
    """What is wrong with one query, in the order of its file."""
    if facts.refusal:
        found = [_refused(asked, facts)]
    else:
        found = [
            *(complained(asked, each) for each in _distinct(facts.complaints) if not _is_claimed(asked, each)),
            *_stars(asked),
            *columns.judge(asked, facts),
            *parameters.judge(asked, facts),
            *_rows(asked, facts),
            *_claims_for_nothing(asked, facts),
        ]
    return sorted(found, key=Finding.order)


def _refused(asked: Asked, facts: Facts) -> Finding:
    refusal = facts.refusal
    assert refusal is not None, "the server said no"
    problem = asked.with_names(refusal.problem)
    advice = asked.with_names(refusal.hint)
    if refusal.sqlstate == _UNTYPED:
        named = _PARAMETER.search(problem)
        advice = f"Say its type: `{named[0] if named else ':name'}::text`, or whatever it is."
    elif problem.endswith(_UTILITY) or problem == _SEVERAL:
        problem = problem.replace(_UTILITY, "not a query").replace(_SEVERAL, "this is not a query")
        advice = (
            "SELECT, INSERT, UPDATE, DELETE and MERGE are; pg_notify(), set_config() and their like work in a SELECT."
        )
    elif refusal.sqlstate == _TOO_MANY_COLUMNS and len(asked.query.parameters) > _MOST_PARAMETERS:
        problem = f"{len(asked.query.parameters)} parameters are more than the {_MOST_PARAMETERS} that can be analysed"
        advice = "Pass those of one kind as an array: `= ANY (:ids)`, or unnest(:ids, :names) AS t (id, name)."
    # What has no SQLSTATE did not come from the server.
    found = asked.finding("refused" if refusal.sqlstate else "unproven", problem, advice, refusal.offset)
    return replace(found, sqlstate=refusal.sqlstate)


def _distinct(complaints: Iterable[Complaint]) -> Iterable[Complaint]:
    """One for each code and place: an OR that lets rows of two tables through is one mistake."""
    return {(each.code, each.place or each): each for each in reversed([*complaints])}.values()


def complained(asked: Asked, complaint: Complaint) -> Finding:
    """What a proof has against a query's text, at its place in the file."""
    place = complaint.place[0] if complaint.place else None
    problem, advice = asked.with_names(complaint.problem), asked.with_names(complaint.advice)
    return replace(asked.finding(complaint.code, problem, advice, place), detail=complaint.detail)


def _is_claimed(asked: Asked, complaint: Complaint) -> bool:
    return complaint.code in _CLAIMED and asked.claim(_CLAIMED[complaint.code]) is not None


def _stars(asked: Asked) -> Iterator[Finding]:
    for offset in layout.stars(asked.query.sql):
        advice = "Name the columns; what EXISTS looks for needs none: EXISTS (SELECT FROM …)."
        yield asked.finding("star", "a star gives whatever columns the table has on that day", advice, offset)


def _rows(asked: Asked, facts: Facts) -> Iterator[Finding]:
    query = asked.query
    if _takes_many(asked) or facts.one or asked.claim("at-most-one"):
        return
    problem = f"declared as {query.shape.name.lower()}, and nothing bounds it to one row"
    advice = (
        "Ask by a unique key, aggregate, or LIMIT 1; declare it as many; or say why there is never a second:"
        " `-- at-most-one: reason`."
    )
    yield asked.finding("many-rows", problem, advice, None, asked.declaration())


def _claims_for_nothing(asked: Asked, facts: Facts) -> Iterator[Finding]:
    for claim in asked.query.source.claims:
        if claim.key == "at-most-one" and _takes_many(asked):
            problem = f"`at-most-one` is claimed of a query that is declared as {asked.query.shape.name.lower()}"
        elif claim.key == "at-most-one" and facts.one:
            problem = f"`at-most-one` is claimed, and is proven: {facts.one}"
        elif claim.key == "volatile" and not any(each.code == "volatile" for each in facts.complaints):
            problem = "`volatile` is claimed, and nothing volatile is in the way"
        elif claim.key in ("not-null", "type"):
            problem = columns.claimed_for_nothing(asked, facts, claim)
        else:
            problem = ""
        if problem:
            yield asked.in_text("needless-claim", problem, "Take it out of the header.", claim.offset)


def _takes_many(asked: Asked) -> bool:
    """Whether the shape makes no promise of one row."""
    return asked.query.shape not in (Shape.ONE, Shape.OPTIONAL)
