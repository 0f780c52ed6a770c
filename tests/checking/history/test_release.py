"""Where an old release is read from: a commit, an older checkout, an installed package."""

import os
import subprocess
from pathlib import Path

import pytest

from tenantstore.checking.history import Release, release
from tenantstore.migrate.errors import Misconfigured
from tenantstore.resources import folder
from tests.checking.history.conftest import QUERIES, NewFolder

# Whoever runs the tests has signed nothing and is nobody.
IDENTITY = ("-c", "user.name=tests", "-c", "user.email=tests@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture(autouse=True)
def own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither this repository nor anybody's settings are in the way."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *IDENTITY, *arguments], check=True, capture_output=True)


@pytest.fixture
def service(new_folder: NewFolder) -> Path:
    """A repository of a service, with what it released tagged v1, and changed since."""
    top = new_folder("service", QUERIES, {})
    git(top, "init", "--quiet")
    git(top, "add", ".")
    git(top, "commit", "--quiet", "-m", "First")
    git(top, "tag", "v1")
    (top / "sql/get.sql").write_text(QUERIES["get"].replace("    n.state,\n", ""))
    (top / "sql/list_all.sql").unlink()
    (top / "migrations/002_more.up.sql").write_text("-- irreversible: a test\nSELECT 1;\n")
    git(top, "commit", "--quiet", "-am", "Second")
    return top


def read(base: str, top: Path) -> tuple[Release, list[str]]:
    """The release, and the names of its migrations' files."""
    with release(base, [top / "sql"], [top / "migrations"], top) as found:
        return found, [path.name for each in found.migrations if each for path in sorted(each.iterdir())]


@pytest.mark.parametrize("base", ["v1", "HEAD~1"])
def test_a_commit_is_read_as_it_was(service: Path, base: str) -> None:
    found, migrations = read(base, service)

    assert {str(each.path): each.text for each in found.sources} == {
        f"{base}:sql/{name}.sql": text for name, text in QUERIES.items()
    }
    assert migrations == ["001_first.down.sql", "001_first.up.sql"]


def test_the_checkout_is_left_as_it_is(service: Path) -> None:
    before = subprocess.run(["git", "-C", service, "status", "--porcelain"], capture_output=True, check=True).stdout
    read("v1", service)

    assert (
        subprocess.run(["git", "-C", service, "status", "--porcelain"], capture_output=True, check=True).stdout
        == before
    )


def test_a_service_in_a_folder_of_its_repository_is_found_there(service: Path) -> None:
    git(service, "tag", "-d", "v1")
    below = service / "apps/notes"
    below.mkdir(parents=True)
    (service / "sql").rename(below / "sql")
    (service / "migrations").rename(below / "migrations")
    git(service, "add", ".")
    git(service, "commit", "--quiet", "-m", "Move")
    git(service, "tag", "v2")
    found, _ = read("v2", below)

    assert [str(each.path) for each in found.sources] == ["v2:apps/notes/sql/by_code.sql", "v2:apps/notes/sql/get.sql"]


def test_a_folder_is_an_older_checkout_or_an_installed_package(new_folder: NewFolder) -> None:
    checkout = new_folder("service/src/app", QUERIES, {})
    installed = new_folder("site/app", {"get": QUERIES["get"]}, {})
    top = checkout.parents[1]
    with (
        release(str(top), [checkout / "sql"], [checkout / "migrations"], top) as same,
        release("../site/app", [checkout / "sql"], [checkout / "migrations"], top) as package,
    ):
        assert (len(same.sources), same.migrations) == (3, (checkout / "migrations",))
        assert ([each.path for each in package.sources], package.migrations) == (
            [installed / "sql/get.sql"],
            (installed / "migrations",),
        )


def test_what_lies_elsewhere_is_taken_as_it_is(service: Path) -> None:
    with release("v1", [service / "sql"], [folder("migrations"), service / "migrations"], service) as found:
        assert found.migrations[0] == folder("migrations")


def test_a_shallow_clone_is_told_how_to_get_more(service: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", service.as_uri(), str(clone))
    with pytest.raises(Misconfigured) as caught:
        read("v1", clone)

    assert str(caught.value) == (
        f"v1 is no folder here, and no commit of {clone}\n"
        "A shallow clone has only its newest: `git fetch --unshallow --tags`. In CI, check the whole history out."
    )


def test_outside_of_a_repository_a_folder_is_to_be_named(new_folder: NewFolder) -> None:
    top = new_folder("service", QUERIES, {})
    with pytest.raises(Misconfigured) as caught:
        read("v1", top)

    assert str(caught.value) == (
        f"git rev-parse in {top}: fatal: not a git repository (or any of the parent directories): .git\n"
        "--base takes a commit, as a tag is, or a folder that holds an older checkout or an installed package."
    )


def test_without_git_a_folder_is_to_be_named(
    new_folder: NewFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="there is no git here to ask for the base"):
        read("v1", new_folder("service", QUERIES, {}))


def test_a_base_without_queries_is_none(service: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Misconfigured, match="has no queries where they are now"):
        read("../empty", service)


def test_a_base_whose_queries_cannot_be_read_is_none(new_folder: NewFolder) -> None:
    old = new_folder("old", {"get": "SELECT 1;\n"}, {})
    top = new_folder("service", QUERIES, {})
    with pytest.raises(Misconfigured, match=f"../old: {old}/sql/get.sql: the header has no line '-- scope: tenant'"):
        read("../old", top)


@pytest.mark.parametrize("base", ["--help", "v1:sql", "v1 --"])
def test_a_name_that_is_no_commit_is_no_option_either(service: Path, base: str) -> None:
    with pytest.raises(Misconfigured, match="is no folder here, and no commit of"):
        read(base, service)
