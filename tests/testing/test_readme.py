"""What the README says of fixtures is so."""

import re
from pathlib import Path

import pytest


def test_every_fixture_that_it_names_is_one_of_the_plugins(request: pytest.FixtureRequest) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text()
    named = set(re.findall(r"\b(ts_\w+)", text))

    assert named
    assert {name for name in named if not request._fixturemanager.getfixturedefs(name, request.node)} == set()
