"""Each leak class that SQL text can hold is found, and found where it is."""

import pytest

from tenantstore.checking.ownership import OWNERSHIP
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.leaking import LEAKS
from tests.checking.tenancy.marked import findings, unmarked


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found_where_it_is(look: Look, name: str) -> None:
    texts = [unmarked(text) for text in LEAKS[name]]

    assert [findings(look.connection, look.schema, OWNERSHIP, text) for text in texts] == [text.found for text in texts]
