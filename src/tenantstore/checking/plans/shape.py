"""A plan without what changes from run to run: its steps, relations, indexes and index conditions.

No costs, no numbers of rows, no values: a parameter stands as ``:name``, whether the planner knew it or not. Partitions
are called by their table's name, and those that are read in one way stand there once, so that a plan is the same next
month. The numbers that the server gives to aliases and sub-plans are left out: one sub-query more changes them all.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_STRATEGIES = {"Hashed": "HashAggregate", "Sorted": "GroupAggregate", "Mixed": "MixedAggregate"}
_JOINS = {"Nested Loop": "Nested Loop {} Join", "Hash Join": "Hash {} Join", "Merge Join": "Merge {} Join"}
_CONDITIONS = ("Index Cond", "TID Cond")
_MEMBERS = ("Append", "Merge Append")
_NUMBERED = re.compile(r"_\d+$")
_NUMBERED_PREFIX = re.compile(r"\b(\w+?)_\d+(?=\.)")
_NUMBERED_PLAN = re.compile(r"\b(InitPlan|SubPlan) \d+(?: \(returns [^)]*\))?")
_CAST = r"(?:::(?:character varying|timestamp with(?:out)? time zone|double precision|[\w.]+)(?:\[\])?)?"


class Shorthand:
    """What stands for what in a plan.

    ``partitions`` gives for a partition, or an index of one, the table's own by name; ``texts`` what is written in the
    place of a text in conditions: ``:name`` for ``$1`` and for a value, a function for its body.
    """

    def __init__(self, partitions: Mapping[str, str], texts: Mapping[str, str]) -> None:
        self._partitions = partitions
        self._texts = [(re.compile(rf"(?<![\w$']){re.escape(text)}{_CAST}(?![\w'])"), texts[text]) for text in texts]

    def name(self, name: str) -> str:
        return self._partitions.get(name, name)

    def condition(self, text: str) -> str:
        text = _NUMBERED_PREFIX.sub(r"\1", _NUMBERED_PLAN.sub(r"\1", text))
        for pattern, replacement in self._texts:
            text = pattern.sub(replacement, text)
        return text


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan. ``relation``, ``alias`` and ``index`` are empty where it reads none.

    ``condition`` is what the index finds rows by, ``filter`` what is asked of each row afterwards, which is no part of
    the shape; ``role`` says what the step is to the one above where it is not simply its input: ``CTE page``.
    """

    kind: str
    relation: str
    index: str
    condition: str
    role: str
    inputs: tuple["Step", ...]
    alias: str = field(compare=False)
    filter: str = field(compare=False)

    def walk(self) -> Iterator["Step"]:
        """This step and all below."""
        yield self
        for each in self.inputs:
            yield from each.walk()

    def lines(self) -> Iterator[str]:
        """As text, two spaces for each step down."""
        if self.role:
            yield f"{self.role}:"
        indent = "  " if self.role else ""
        yield f"{indent}{self}"
        if self.condition:
            yield f"{indent}    by {self.condition}"
        for each in self.inputs:
            yield from (f"{indent}  {line}" for line in each.lines())

    def __str__(self) -> str:
        index = f" {'using' if self.relation else 'on'} {self.index}" if self.index else ""
        relation = f" on {self.relation}" if self.relation else ""
        alias = _NUMBERED.sub("", self.alias)
        return f"{self.kind}{index}{relation}{f' {alias}' if alias not in ('', self.relation) else ''}"


def shape(plan: Mapping[str, Any], shorthand: Shorthand) -> Step:
    """The shape of a plan as ``EXPLAIN (FORMAT JSON)`` gives it, from its ``Plan`` down."""
    inputs = tuple(shape(each, shorthand) for each in plan.get("Plans", ()))
    if plan["Node Type"] in _MEMBERS:
        inputs = tuple(dict.fromkeys(inputs))
    return Step(
        _kind(plan),
        shorthand.name(plan.get("Relation Name") or plan.get("CTE Name") or plan.get("Function Name") or ""),
        shorthand.name(plan.get("Index Name", "")),
        " ".join(shorthand.condition(plan[key]) for key in _CONDITIONS if key in plan),
        _NUMBERED_PLAN.sub(r"\1", plan.get("Subplan Name", "")),
        inputs,
        plan.get("Alias", ""),
        shorthand.condition(plan.get("Filter", "")),
    )


def _kind(plan: Mapping[str, Any]) -> str:
    kind: str = plan["Node Type"]
    if kind == "ModifyTable":
        return str(plan["Operation"])
    if kind == "Aggregate":
        return _STRATEGIES.get(plan["Strategy"], kind)
    if kind in _JOINS and plan["Join Type"] != "Inner":
        return _JOINS[kind].format(plan["Join Type"])
    return f"{kind} Backward" if plan.get("Scan Direction") == "Backward" else kind
