"""Which folders a command of ``tenantstore migrate`` is about: the one that --dir names, else those of the project."""

from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tenantstore import resources
from tenantstore.cli.output import log
from tenantstore.migrate.errors import Misconfigured
from tenantstore.migrate.project import Folder, folders
from tenantstore.resources import OURS

_HERE = Path("migrations")


def chosen(asked: Namespace) -> list[Folder]:
    """In the order in which they are applied. A folder that nobody has named is told of, and left alone.

    :raises Misconfigured: when the project's table cannot be read, or what was asked for is of one folder, and there
        are several.
    """
    if asked.dir is not None:
        return [_of_project(resources.folder("migrations") if str(asked.dir) == OURS else asked.dir)]
    found = folders(Path.cwd())
    if not any(_is_same(each.path, _HERE) for each in found) and any(_HERE.glob("*.sql")):
        log(
            f"note: ./{_HERE} is not looked at, but {named(found)}. Name it by --dir {_HERE}, or once for all commands"
            f' in pyproject.toml:\n    [tool.tenantstore.check]\n    migrations = ["{OURS}", "{_HERE}"]'
        )
    if not found:
        advice = 'Name them there, migrations = ["migrations"], or by --dir.'
        raise Misconfigured("[tool.tenantstore.check] in the nearest pyproject.toml names no migrations", advice)
    if len(found) > 1 and (of_one := _of_one(asked)):
        raise _which(of_one, found)
    return found


def _which(of_one: str, found: Sequence[Folder]) -> Misconfigured:
    return Misconfigured(
        f"`{of_one}` is for one folder, and this project has {len(found)}: {', '.join(map(str, found))}",
        f"Say which: --dir {' or --dir '.join(OURS if each.is_ours else str(each) for each in found)}.",
    )


def judged(found: Sequence[Folder]) -> Sequence[Folder]:
    """What a service tries: its own folders. Ours, where there is no other, is tried by ourselves."""
    return [each for each in found if not each.is_ours] or found


def for_new(asked: Namespace) -> Path:
    """Where the next pair is begun: an installed package is no place to write to.

    :raises Misconfigured: when the project has several folders, or that package's is named.
    """
    if str(asked.dir) == OURS:
        raise Misconfigured("tenantstore's own migrations are not a service's to add to", "Name another: --dir FOLDER.")
    if asked.dir is not None:
        return Path(asked.dir)
    theirs = [each for each in folders(Path.cwd()) if not each.is_ours]
    if len(theirs) > 1:
        raise _which("new", theirs)
    return theirs[0].path if theirs else _HERE


def named(found: Sequence[Folder]) -> str:
    """Their names, in a sentence."""
    return " and ".join(map(str, found))


def _of_project(path: Path) -> Folder:
    """The folder, with what the project knows of it."""
    # What is named must not fail by what is not asked.
    with suppress(Misconfigured):
        for each in folders(Path.cwd()):
            if _is_same(each.path, path):
                return replace(each, path=path)
    return Folder(path)


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _of_one(asked: Namespace) -> str:
    """What of the request is the business of one folder only."""
    if getattr(asked, "one_folder", False):
        return str(asked.command)
    given = {"--to": "to", f"{asked.command} N": "limit", "--table": "table"}
    return next((name for name, key in given.items() if getattr(asked, key, None) is not None), "")
