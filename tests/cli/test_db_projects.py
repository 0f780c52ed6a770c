"""Each project has a development server of its own, and what is in none has another."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tenantstore import Store
from tenantstore.cli import main
from tenantstore.testing.development import default_folder

_ENDS = ("status", "down")


@pytest.fixture
def open_place() -> Iterator[Path]:
    # Not pytest's own temporary folder: of root, nobody gets there, as whom the server runs.
    path = Path(tempfile.mkdtemp(prefix="ts-db-", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


def _project(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "pyproject.toml").write_text("[tool.tenantstore.check]\nmigrations = []\n")
    return path


def test_each_project_has_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    one, other = (_project(tmp_path / place / "my desk, anew") for place in ("one", "other"))
    (one / "below").mkdir()
    found = [default_folder(start) for start in (one, one / "below", other, tmp_path)]

    assert found[0] == found[1] != found[2]
    assert [re.sub("[0-9a-f]{8}$", "KEY", str(each)) for each in found] == [
        *["/state/tenantstore/my_desk__anew-KEY"] * 3,
        "/state/tenantstore/db",
    ]


@pytest.mark.parametrize(("state", "length"), [(20, 20), (55, 8), (63, 0)])
def test_a_projects_name_is_cut_where_the_socket_has_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: int, length: int
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/" + "s" * (state - 1))
    folder = default_folder(_project(tmp_path / ("n" * 40)))

    assert (folder.name.count("n"), len(str(folder / "socket/.s.PGSQL.65535")) <= 107) == (length, True)


def test_the_server_of_a_project_is_not_the_one_outside_of_projects(
    open_place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = open_place / "state"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.chdir(tmp_path)
    main(["db", "up"])
    monkeypatch.chdir(_project(tmp_path / "desk"))
    capsys.readouterr()
    main(["db", "up"])
    told = capsys.readouterr().err.splitlines()
    mine = default_folder(Path.cwd())
    codes = [main(["db", command, *there]) for there in ([], ["--dir", f"{state}/tenantstore/db"]) for command in _ENDS]

    assert (told, codes) == (
        [
            f"PostgreSQL 18 (embedded) is up, its data in {mine}/data",
            f"note: a new server, of this project. The one outside of projects: --dir {state}/tenantstore/db",
            "nothing to migrate",
        ],
        [0, 0] * 2,
    )


@pytest.mark.parametrize(("command", "code"), [("psql", 5), ("status", 5), ("down", 0)])
def test_who_became_a_project_after_up_is_told_where_that_server_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, code: int
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(_project(tmp_path / "desk"))
    alone = main(["db", command]), "note" in capsys.readouterr().err
    # What is known of a server that has been up.
    common = tmp_path / "tenantstore/db"
    common.mkdir(parents=True)
    known = {"provider": "embedded", "version": 18, "programs": "/nowhere", "port": None, "secret": "s"}
    (common / "server.json").write_text(json.dumps(known))
    beside = main(["db", command]), capsys.readouterr().err.splitlines()
    named = main(["db", command, "--dir", str(tmp_path / "new")]), "note" in capsys.readouterr().err

    note = f"note: this project has no server yet. The one outside of projects: --dir {common}"
    assert (alone, beside[0], beside[1].count(note), named) == ((code, False), code, 1, (code, False))


def _told(dsn: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The last line that each of those who connect says of it."""
    monkeypatch.setenv("TENANTSTORE_DSN", dsn)
    last = []
    for command in (["doctor"], ["migrate", "status"]):
        main(command)
        last.append(capsys.readouterr().err.splitlines()[-1])
    with pytest.raises(psycopg.OperationalError) as failed, Store.open():
        pass
    return [*last, *getattr(failed.value, "__notes__", ["nothing"])]


def test_where_a_dsn_leads_to_no_socket_it_is_told_what_starts_a_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn, removed = (f"postgresql://app@/dev?host={folder}" for folder in (tmp_path, tmp_path / "gone"))
    advice = "No socket is in {}: `tenantstore db up` starts a development server again."
    none = _told(dsn, capsys, monkeypatch), _told(removed, capsys, monkeypatch)
    (tmp_path / ".s.PGSQL.5432").touch()
    other = _told(dsn, capsys, monkeypatch), _told(f"{dsn}&hostaddr=127.0.0.1&port=1", capsys, monkeypatch)

    assert none == ([advice.format(tmp_path)] * 3, [advice.format(tmp_path / "gone")] * 3)
    assert [line for told in other for line in told if "db up" in line] == []
