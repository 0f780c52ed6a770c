"""``-- lint: code reason``: findings that are meant, and reasons that are given for nothing."""

import difflib
from collections.abc import Iterator, Sequence

from tenantstore.migrate.lint.finding import Finding, Found
from tenantstore.migrate.lint.rules import BUILD, REWRITE, SCAN, SEVERAL
from tenantstore.migrate.lint.tenants import UNCHECKED, UNFORCED, UNSCOPED
from tenantstore.migrate.script import Script, excuses
from tenantstore.migrate.statements import Statement
from tenantstore.queries.scanner import Kind, tokens

UNUSED = "unused-excuse"
_OURS = (BUILD, REWRITE, SCAN, SEVERAL, UNCHECKED, UNFORCED, UNSCOPED)


def excused(scripts: Sequence[Script], found: Sequence[Found], judged_by_all: bool) -> list[Finding]:
    """The findings without those that are excused, and with the excuses that excuse nothing, in the order of the files.

    Where squawk was not there to be asked, an excuse for one of its rules cannot be called unused.
    """
    left = [each for each in found if not _is_excused(each)]
    for script in scripts:
        left += _unused(script, [each for each in found if each.script is script], judged_by_all)
    order = {script.path: number for number, script in enumerate(scripts)}
    return [each.finding() for each in sorted(left, key=lambda each: (order[each.script.path], each.offset, each.code))]


def _is_excused(found: Found) -> bool:
    return any(code == found.code for _, code, _ in excuses(found.statement))


def _unused(script: Script, found: Sequence[Found], judged_by_all: bool) -> Iterator[Found]:
    for statement in [*script.statements, _end(script)]:
        codes = {each.code for each in found if each.statement is statement}
        for offset, code, _ in excuses(statement):
            if code in codes or not (judged_by_all or code in _OURS):
                continue
            close = difflib.get_close_matches(code, sorted(codes), n=1)
            advice = (
                f"Did you mean `{close[0]}`?" if close else "Take it out, or put it before the statement it is about."
            )
            yield Found(UNUSED, script, statement, offset, f"`{code}` is not found in this statement", advice)


def _end(script: Script) -> Statement:
    """The comments that are before no statement: within one, or after the last."""
    before = {offset for statement in script.statements for offset, _ in statement.comments}
    comments = [
        (each.start, script.text[each.start : each.end]) for each in tokens(script.text) if each.kind is Kind.COMMENT
    ]
    return Statement("", len(script.text), (), tuple(comment for comment in comments if comment[0] not in before))
