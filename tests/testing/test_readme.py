"""What the README shows of tests is run."""

import re
from pathlib import Path

import pytest

from tests.packaging.test_readme import block
from tests.testing.project import Project, summary


def test_the_test_that_it_shows_passes(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("test_shown.py", block("python", "ts_tenants"))

    assert summary(project.run("--ts-provider", "embedded")) == "1 passed"


def test_every_fixture_that_it_names_is_one_of_the_plugins(request: pytest.FixtureRequest) -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text()
    named = set(re.findall(r"`(ts_\w+)`", text))

    assert {name for name in named if not request._fixturemanager.getfixturedefs(name, request.node)} == set()
