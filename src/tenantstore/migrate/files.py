"""A folder of migrations: pairs ``NNN_name.up.sql`` and ``NNN_name.down.sql``, read and checked, nothing run.

What begins with a digit or has ``.sql`` in its name is meant as a migration and must be a right one; a README may stand
beside them.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tenantstore.migrate.errors import InvalidFolder, Misconfigured, Problem
from tenantstore.migrate.script import Script
from tenantstore.migrate.shown import one_line

_NAME = re.compile(r"(?P<version>[0-9]+)_(?P<name>\w[\w.-]*)\.(?P<direction>up|down)\.sql", re.ASCII)
_MEANT = re.compile(r"[0-9]|[^.].*\.sql", re.IGNORECASE)
_HIGHEST = 2**63 - 1
_BEGUN = {"up": "-- Why this is needed.", "down": "-- What this loses."}
_WAIVED = "`--allow-out-of-order` lets one run go ahead all the same."


@dataclass(frozen=True)
class Migration:
    """A version: its two scripts; ``down`` is missing where the up file says that it is irreversible."""

    version: int
    name: str
    up: Script
    down: Script | None

    def __str__(self) -> str:
        return self.up.path.name.removesuffix(".up.sql")


def load(folder: Path, allow_gaps: bool = False, allow_faults: bool = False) -> list[Migration]:
    """The migrations of a folder, the lowest version first; where faults are allowed, those that can be told.

    :raises Misconfigured: when there is no such folder or nothing in it.
    :raises InvalidFolder: when they cannot be put in one certain order, or one cannot be read.
    """
    migrations, problems = _read(folder)
    if not allow_gaps:
        problems += _gaps(migrations)
    if problems and not allow_faults:
        raise InvalidFolder(problems)
    return migrations


def check(folder: Path) -> list[Problem]:
    """Everything wrong with a folder that can be known without a database.

    :raises Misconfigured: when there is no such folder or nothing in it.
    """
    migrations, problems = _read(folder)
    return problems + _gaps(migrations) + [problem for migration in migrations for problem in faults(migration)]


def faults(migration: Migration, is_applied: bool = False) -> list[Problem]:
    """What would break a run of its files; and, unless it is applied, which of them nobody has written yet."""
    found = []
    for script in scripts(migration):
        found += script.problems() or ([] if is_applied else _unwritten(script))
    return found


def scripts(migration: Migration) -> list[Script]:
    """The one or two scripts of a migration, up first."""
    return [migration.up] if migration.down is None else [migration.up, migration.down]


def new(folder: Path, name: str) -> Migration:
    """Write the next pair, empty but for what its first lines should say.

    :raises Misconfigured: when the name is not one for a file, or there is one of that name.
    :raises InvalidFolder: when the folder is not in order.
    """
    stem = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    if not stem:
        raise Misconfigured(f"{name!r} is no name for a migration", "A few words that say what it adds.")
    folder.mkdir(parents=True, exist_ok=True)
    there = load(folder) if any(_MEANT.match(path.name) for path in folder.iterdir()) else []
    if same := next((each for each in there if each.name == stem), None):
        raise Misconfigured(f"{same.up.path} is there already", "Write into it, or name what the next one adds.")
    last = there[-1].up.path.name.split("_")[0] if there else "000"
    version = int(last) + 1
    up, down = (
        Script(folder / f"{version:0{len(last)}}_{stem}.{direction}.sql", f"{line}\n")
        for direction, line in _BEGUN.items()
    )
    _write([up, down])
    return Migration(version, stem, up, down)


def _write(made: Sequence[Script]) -> None:
    """Write them all, or none: half a pair is a fault of the folder."""
    begun: list[Path] = []
    try:
        for script in made:
            with script.path.open("x", encoding="utf-8") as file:
                begun.append(script.path)
                file.write(script.text)
    except BaseException:
        for path in begun:
            path.unlink(missing_ok=True)
        raise


def _read(folder: Path) -> tuple[list[Migration], list[Problem]]:
    begin = f"`tenantstore migrate new NAME --dir {shlex.quote(one_line(str(folder)))}` begins one."
    if not folder.is_dir():
        kind = "not a folder" if folder.exists() else "no such folder"
        raise Misconfigured(f"{folder}: {kind}", "Misspelt?" if folder.exists() else f"Misspelt? Else {begin}")
    problems: list[Problem] = []
    versions: dict[int, dict[str, list[Script]]] = defaultdict(lambda: {"up": [], "down": []})
    for path in sorted(path for path in folder.iterdir() if _MEANT.match(path.name)):
        match = _NAME.fullmatch(path.name)
        if not match:
            problems.append(
                Problem(path, "not the name of a migration", "Call it NNN_name.up.sql or NNN_name.down.sql.")
            )
            continue
        script = _odd(path, int(match["version"])) or _script(path)
        if isinstance(script, Problem):
            problems.append(script)
        else:
            versions[int(match["version"])][match["direction"]].append(script)
    if not versions and not problems:
        raise Misconfigured(f"{folder}: no migrations in it", f"Is it the right folder? Then {begin}")
    # Where a file cannot be read, its partner is not to blame.
    unread = {path.path.name.split(".")[0] for path in problems}
    migrations = []
    for version in sorted(versions):
        pair = _pair(version, versions[version], unread)
        if isinstance(pair, Migration):
            migrations.append(pair)
            problems += _half(pair)
        else:
            problems += pair
    return migrations, problems


def _odd(path: Path, version: int) -> Problem | None:
    """What keeps something of the right name from being a migration."""
    if not path.exists() and path.is_symlink():
        return Problem(path, f"a link to {one_line(str(path.readlink()))}, which is not there", "Mend it or remove it.")
    if path.is_dir():
        return Problem(path, "a folder of the name of a migration", "Call it something else, or move it.")
    if not path.is_file():
        return Problem(path, "not a file", "Remove it.")
    if not 0 < version <= _HIGHEST:
        return Problem(path, f"there is no version {version}", f"Versions are 1 to {_HIGHEST}: renumber it.")
    return None


def _script(path: Path) -> Script | Problem:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        readable, offset = error.object.decode(errors="replace"), len(error.object[: error.start].decode())
        return Problem.at(path, readable, offset, "not UTF-8", "Save the file as UTF-8.")
    if (offset := text.find("\0")) >= 0:
        readable = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
        advice = "Remove it: the server would take it for the end of the file."
        return Problem.at(path, readable, offset, "a NUL byte", advice)
    return Script(path, text)


def _pair(version: int, found: Mapping[str, list[Script]], unread: set[str]) -> Migration | list[Problem]:
    ups, downs = found["up"], found["down"]
    stems = [script.path.name.removesuffix(".sql").rsplit(".", 1)[0] for script in ups + downs]
    names = {stem.split("_", 1)[1] for stem in stems}
    if len(ups) > 1 or len(downs) > 1 or len(names) > 1:
        paths = [script.path for script in ups + downs]
        others = ", ".join(path.name for path in paths[1:])
        return [
            Problem(paths[0], f"version {version} is there more than once: also {others}", "Renumber the newer ones.")
        ]
    if set(stems) & unread:
        return []
    if not ups:
        return [Problem(downs[0].path, "no up file beside it", "Write it, or remove this one.")]
    up, down = ups[0], downs[0] if downs else None
    if down is not None and up.irreversible is not None:
        return [
            Problem(down.path, "a down file of a migration that says it is irreversible", "One of the two must go.")
        ]
    return Migration(version, names.pop(), up, down)


def _half(migration: Migration) -> list[Problem]:
    if migration.down is not None or migration.up.irreversible is not None:
        return []
    advice = "Write it, or say `-- irreversible: reason` at the head of the up file."
    return [Problem(migration.up.path, "no down file beside it", advice)]


def _unwritten(script: Script) -> list[Problem]:
    """A file without a statement, as `new` began it. One that says in its own words that it does nothing is meant."""
    if script.statements:
        return []
    begun = [offset for offset, comment in script.header if comment.strip() in _BEGUN.values()]
    advice = "Write it, or remove the pair. Where there is nothing to do, say so in place of this line."
    return [script.problem(offset, "no statement in it", advice) for offset in begun[:1]]


def _gaps(migrations: Iterable[Migration]) -> list[Problem]:
    return [
        Problem(
            above.up.path,
            f"nothing between {below} and this: {_missing(below, above)} missing",
            f"Renumber it. {_WAIVED}",
        )
        for below, above in pairwise(migrations)
        if above.version > below.version + 1
    ]


def _missing(below: Migration, above: Migration) -> str:
    first, last = below.version + 1, above.version - 1
    return f"{first} is" if first == last else f"{first} to {last} are"
