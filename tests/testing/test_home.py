"""What a process of a test run does while it waits for the server that the run shares."""

import json
from pathlib import Path

import pytest

from tenantstore.testing.errors import NoProvider
from tenantstore.testing.home import Home
from tenantstore.testing.settings import Settings

SETTINGS = Settings("embedded", "", 0, (), "ts_app", {})
REFUSED = json.dumps({"refusals": [["embedded", "none here", "get one"]]})


@pytest.mark.parametrize("answered", ["at once", "late"])
def test_who_waits_long_for_the_server_uses_the_time(
    answered: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = []

    def answer() -> None:
        done.append("meanwhile")
        (tmp_path / "server").write_text(REFUSED)

    monkeypatch.setattr(
        Home, "_start", lambda *_: (tmp_path / "server").write_text(REFUSED) if answered == "at once" else None
    )
    with pytest.raises(NoProvider, match="none here"):
        Home(tmp_path).server(SETTINGS, answer)

    assert done == ([] if answered == "at once" else ["meanwhile"])
