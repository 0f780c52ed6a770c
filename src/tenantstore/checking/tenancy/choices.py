"""What is known only in part: that one of several things holds."""

from typing import Any, NamedTuple

from tenantstore.checking.analysis import Node
from tenantstore.checking.tenancy.frames import Frame
from tenantstore.checking.tenancy.rows import Row


class Arm(NamedTuple):
    """One way in which a condition can be true: an expression that is, or a branch of a union that gave the ``row``."""

    frame: Frame
    node: Any
    positive: bool = True
    row: Row | None = None


class Choice(NamedTuple):
    """At least one of the arms holds; ``node`` is the OR, where it is one."""

    arms: tuple[Arm, ...]
    node: Node | None = None


class Outer(NamedTuple):
    """An outer join, whose sides wait until something proves that their rows are there."""

    frame: Frame
    join: Node
    left: frozenset[int]
    right: frozenset[int]
    waits_left: bool
    waits_right: bool
