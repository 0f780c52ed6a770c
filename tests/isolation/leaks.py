"""The ways in which one customer has been seen to reach another's rows; each has a test of its name."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from tenantstore.testing.fixtures.isolation import count, cover

P = ParamSpec("P")

CLASSES = (
    "missing predicate",
    "OR that escapes the predicate",
    "predicate on one side of a join only",
    "predicate in one branch of a union only",
    "predicate in one CTE only",
    "unscoped update",
    "unscoped delete",
    "insert with another's device_id",
    "composite key with null",
    "existence by foreign key",
    "existence by unique violation",
    "existence by ON CONFLICT",
    "error detail, hint, constraint name",
    "count",
    "aggregate",
    "RETURNING",
    "keyset cursor of another tenant replayed",
    "null owner",
    "a permission used for another operation",
    "recipient takes a share",
    "recipient extends a share",
    "write after revoke",
    "write after suspension",
    "share outlives reassignment",
    "share outlives owner",
    "self-share",
    "re-share",
    "share with a suspended customer",
    "session setting left on a pooled connection",
    "temp table left on a pooled connection",
    "held cursor left on a pooled connection",
    "connection returned in a transaction",
    "setting outside a transaction",
    "empty setting cast",
    "plan cached under one scope reused under another",
    "table owner",
    "superuser",
    "view owner",
    "definer function",
    "partition addressed directly",
    "COPY",
    "sequence inference",
    "size inference",
    "tenant named by SQL text",
    "suspended customer's own scope",
    "pairing code guessed",
    "pairing code reused",
    "pairing code claimed twice",
    "async task that inherits a scope",
    "thread that inherits a scope",
    "pipeline error that leaves the connection in error",
)

LEAKS = "leak classes"
cover(LEAKS, CLASSES, "classes")

#: Class to the name of the test that covers it.
COVERED: dict[str, str] = {}


def leak(*names: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Say which classes a test covers."""

    def mark(test: Callable[P, None]) -> Callable[P, None]:
        COVERED.update(dict.fromkeys(names, test.__name__))

        @wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            for name in names:
                count(LEAKS, name)
            test(*args, **kwargs)

        return run

    return mark
