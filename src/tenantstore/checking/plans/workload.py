"""What plans are made for: rows that are skewed as life is, and values for each parameter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from psycopg import Connection

from tenantstore.errors import TenantstoreError
from tenantstore.queries import Scope

Fill: TypeAlias = Callable[[Connection[Any]], None]


@dataclass(frozen=True)
class Workload:
    """How a service's data look, for :func:`tenantstore.checking.plans.examine`.

    ``data`` fills an empty, migrated database: a file of SQL, or a function. It must make the same rows each time, as
    many to a partition whatever the day, at most 120,000 to a table, or plans will change that nobody has changed.

    ``customers`` name the kinds of customer that plans are made for, ``{"huge": …, "tiny": …}``, each with SQL for the
    one value of its id. ``parameters`` give for a parameter's name, or for ``query:name`` where one query needs another
    value, SQL for a value that this customer could give; ``%(customer_id)s`` stands in it for their id, and a ``%`` of
    its own is doubled. A parameter that is not named gets a plain value of its type.

    ``enter`` is the SQL by which a scope becomes who it is for the length of a transaction, with the same placeholder.

    Baselines are of PostgreSQL ``version``: the planner of another one has its own mind.
    """

    data: Path | Fill
    customers: Mapping[str, str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    enter: Mapping[Scope, str] = field(default_factory=dict)
    version: int = 18


class UnusableWorkload(TenantstoreError):
    """The rows cannot be made, or a parameter has no value among them.

    :next: mend the workload, ``data`` or ``parameters``, as the text says.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
