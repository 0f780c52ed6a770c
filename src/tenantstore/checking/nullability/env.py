"""Where an expression is looked at, and who proves."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from tenantstore.checking.analysis import Node, Schema
from tenantstore.checking.nullability.cases import Case, Cases, all_of
from tenantstore.checking.nullability.knowledge import Knowledge
from tenantstore.checking.nullability.scope import Scope

#: Why it may be null; None when it never is.
Why: TypeAlias = str | None


@dataclass(frozen=True, slots=True)
class Env:
    """A level with what is known there. ``grouped`` are the numbers of those scopes whose rows are groups by now.

    ``columns`` is why the columns of the sub-query at hand may be null, where a condition compares with them.
    """

    scope: Scope
    case: Case
    grouped: frozenset[int] = frozenset()
    columns: tuple[Why, ...] = ()

    def up(self, levels: int) -> "Env":
        return replace(self, scope=self.scope.up(levels)) if levels else self


class Prover(Protocol):
    """What the parts of the proof ask of each other."""

    schema: Schema
    knowledge: Knowledge
    parameters: frozenset[int]

    def why(self, expr: Node, env: Env) -> Why:
        """Why the expression may be null there."""

    def column(self, var: Node, env: Env) -> Why:
        """Why a column of a relation of ``env.scope`` may be null, when no outer join nulls it."""

    def output(self, query: Node, around: Env | None, seen: frozenset[int] = frozenset()) -> tuple[Why, ...]:
        """Why each column that a query gives may be null in a row whose columns ``seen``, from 1, are not."""

    def common(self, cte: Node, at: Env, seen: frozenset[int]) -> tuple[Why, ...]:
        """The same of the columns of a CTE, which is looked at from the level where it is written."""

    def rows(self, env: Env) -> list[Env]:
        """The same level before its rows are grouped, in each case."""


def first(prover: Prover, exprs: Iterable[Node], env: Env) -> Why:
    """Why one of the expressions may be null."""
    return next((why for expr in exprs if (why := prover.why(expr, env))), None)


def given(prover: Prover, env: Env, facts: Iterable[Cases]) -> list[Env]:
    """The cases of an environment when more is known."""
    more = all_of([(env.case,), *facts])
    return [replace(env, case=case) for each in more for case in prover.knowledge.closed(each, env.scope)]


def in_each(prover: Prover, expr: Node, envs: Iterable[Env]) -> Why:
    """Why an expression may be null in one of the cases."""
    return next((why for env in envs if (why := prover.why(expr, env))), None)
