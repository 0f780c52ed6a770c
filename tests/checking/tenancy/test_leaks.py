"""Each leak class that SQL text can hold is found, and found where it is."""

import pytest

from tenantstore.checking.ownership import OWNERSHIP
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.leaking import LEAKS
from tests.checking.tenancy.marked import findings, unmarked
from tests.isolation.leaks import CLASSES

#: What no text of a query says: connections, time, roles, and what the values are.
ELSEWHERE = {
    "COPY",
    "async task that inherits a scope",
    "connection returned in a transaction",
    "error detail, hint, constraint name",
    "held cursor left on a pooled connection",
    "pairing code claimed twice",
    "pairing code guessed",
    "pairing code reused",
    "pipeline error that leaves the connection in error",
    "plan cached under one scope reused under another",
    "self-share",
    "setting outside a transaction",
    "share outlives owner",
    "share outlives reassignment",
    "superuser",
    "suspended customer's own scope",
    "table owner",
    "temp table left on a pooled connection",
    "thread that inherits a scope",
    "write after revoke",
    "write after suspension",
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found_where_it_is(look: Look, name: str) -> None:
    texts = [unmarked(text) for text in LEAKS[name]]

    assert [findings(look.connection, look.schema, OWNERSHIP, text) for text in texts] == [text.found for text in texts]


def test_every_leak_class_that_a_text_can_hold_has_queries() -> None:
    named = {each for names in LEAKS for each in names.split(" · ")}

    assert set(CLASSES) - named == ELSEWHERE
