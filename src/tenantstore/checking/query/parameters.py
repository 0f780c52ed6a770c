"""Proof one, the second half: each parameter's type takes what the annotation of the function's argument allows."""

from collections.abc import Iterator

from tenantstore.checking.query import layout
from tenantstore.checking.query.annotations import of_argument
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import Facts
from tenantstore.checking.query.finding import Finding
from tenantstore.checking.query.values import refusals


def judge(asked: Asked, facts: Facts) -> Iterator[Finding]:
    """For each parameter and each function that passes an argument on to it."""
    declared = asked.query.declared
    if declared is None:
        return
    source = asked.query.source
    for parameter in facts.parameters:
        place = layout.parameter(source.text, parameter.name)
        assert place is not None, "it is in the text"
        for call in declared.calls:
            annotation = of_argument(declared, call, parameter.name)
            if annotation is None:
                continue
            for problem in refusals(annotation.hint, parameter.type, facts.types):
                takes = f"{call.function} takes {annotation.text}"
                told = f":{parameter.name} is of type {parameter.type}, and {takes}: {problem}"
                advice = "Annotate what the type takes, convert it in the function, or cast the parameter."
                yield asked.in_text("parameter", told, advice, place[0], annotation.half)
