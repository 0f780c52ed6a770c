"""Where a server's folder is made, and what is removed beside it."""

import os
import tempfile
from pathlib import Path

import psycopg
import pytest

from tenantstore.testing import NoProvider, folders, launch


@pytest.fixture
def base(public_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place for servers' folders: the one for temporary files, as on a machine without memory to spare."""
    monkeypatch.setattr(folders, "_SHM", Path("/nowhere"))
    monkeypatch.setattr(folders, "_TMP", Path("/nowhere"))
    monkeypatch.setattr(tempfile, "tempdir", str(public_folder))
    public_folder.chmod(0o1777)
    return public_folder


def test_without_room_in_memory_the_folder_for_temporary_files_serves(base: Path) -> None:
    with launch("embedded") as server, psycopg.connect(server.dsn()) as connection:
        found = connection.execute("SELECT current_setting('data_directory')").fetchone()

        assert found == (str(server.data),)
        assert server.data is not None
        assert server.data.parents[1] == base
    assert list(base.glob(f"tenantstore-{os.geteuid()}-*")) == []


def test_where_a_sockets_path_would_be_too_long_it_goes_to_tmp(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = base / ("x" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(NoProvider, match=f"{long}: too long a path for a socket in it\n"):
        launch("embedded")
    monkeypatch.setattr(folders, "_TMP", base)
    with launch("embedded") as server:
        assert server.data is not None
        assert server.data.parents[1] == base


@pytest.mark.parametrize("provider", ["embedded", "docker"])
def test_where_there_is_no_place_that_is_the_reason_given(
    provider: str, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(NoProvider) as refused:
        launch(provider)

    assert [refusal.reason for refusal in refused.value.refusals] == [
        "no place for a server's data\n  /nowhere: not there, or closed to this user\n  TMPDIR names another."
    ]


def test_only_this_users_own_abandoned_folders_are_removed(base: Path) -> None:
    prefix = f"tenantstore-{os.geteuid()}-"
    (base / "precious").mkdir()
    (base / f"{prefix}link").symlink_to(base / "precious")
    (base / f"{prefix}file").touch()
    (base / f"{prefix}stale" / "data").mkdir(parents=True)
    # A number that another process got since: this one's.
    (base / f"{prefix}stale" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (base / "tenantstore-12345-other").mkdir()
    kept = {"precious", f"{prefix}link", f"{prefix}file", "tenantstore-12345-other"}
    launch("embedded").close()

    assert {path.name for path in base.iterdir()} - {f"tenantstore-cache-{os.geteuid()}"} == kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to another user")
def test_a_folder_of_another_user_is_left_alone(base: Path) -> None:
    planted = base / "tenantstore-0-planted"
    planted.mkdir()
    os.chown(planted, 65534, 65534)
    launch("embedded").close()

    assert planted.exists()
