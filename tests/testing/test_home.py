"""What a process of a test run does while it waits for the server that the run shares."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tenantstore.testing.errors import NoProvider, ServerFailed
from tenantstore.testing.home import Home
from tenantstore.testing.settings import Settings

SETTINGS = Settings("embedded", "", 0, (), "ts_app", {})
REFUSED = json.dumps({"refusals": [["embedded", "none here", "get one"]]})


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "subprocess.Popen[bytes]":
    """In the place of one: it answers nothing, and ends with its input."""
    pipe = subprocess.PIPE
    keeper = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=pipe, stdout=pipe)
    monkeypatch.setattr(Home, "_start", lambda home, _: setattr(home, "_starter", keeper))
    return keeper


@pytest.mark.parametrize("answered", ["at once", "late"])
def test_who_waits_long_for_the_server_uses_the_time(
    answered: str, keeper: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    done = []

    def answer() -> None:
        (tmp_path / "server").write_text(REFUSED)
        assert keeper.stdin is not None
        keeper.stdin.close()
        keeper.wait()

    def meanwhile() -> None:
        done.append("meanwhile")
        answer()

    home = Home(tmp_path)
    home.begin(SETTINGS)
    if answered == "at once":
        answer()
    with pytest.raises(NoProvider, match="none here"):
        home.server(SETTINGS, meanwhile)

    assert done == ([] if answered == "at once" else ["meanwhile"])


def test_a_keeper_that_is_killed_before_it_answers_is_not_waited_for(
    keeper: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    (tmp_path / "log").write_text("what it said")
    with pytest.raises(ServerFailed, match=r"has ended: run the tests again(.|\n)*what it said"):
        Home(tmp_path).server(SETTINGS, keeper.kill)
