"""A query that is well scoped is found no fault with, whatever its shape."""

import pytest

from tenantstore.checking.ownership import OWNERSHIP
from tests.checking.tenancy.conftest import Look
from tests.checking.tenancy.marked import complaints, numbered
from tests.checking.tenancy.scoped import SCOPED


@pytest.mark.parametrize("text", SCOPED)
def test_nothing_is_found(look: Look, text: str) -> None:
    assert complaints(look.connection, look.schema, OWNERSHIP, *numbered(text)) == []
