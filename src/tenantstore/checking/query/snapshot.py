"""The facts about every query in a file that is committed: what a check without a database goes by.

One line for each column, parameter and reason, so that a diff of it reads as what has changed. It says of which
migrations, model and texts its facts are, and is stale when one of these is another.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import ndiff
from hashlib import sha256
from pathlib import Path
from typing import Any

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.query.asked import Asked
from tenantstore.checking.query.facts import (
    Facts,
    as_dict,
    complaints_as_list,
    complaints_from_list,
    from_dict,
)
from tenantstore.checking.query.project import Project
from tenantstore.migrate.errors import Misconfigured

_FORMAT = 1
# How deep the file is laid out: format, queries, one query, its columns.
_LINES = 3
_UPDATE = "`tenantstore check --update` makes it anew."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``facts`` by :func:`keys`; ``migrations`` and ``model`` identify what they were gathered with.

    ``policies`` is what there was to say of the database's.
    """

    migrations: str
    model: str
    facts: Mapping[str, Facts]
    policies: tuple[Complaint, ...] = ()


def snapshot_of(project: Project, facts: Mapping[str, Facts], policies: tuple[Complaint, ...] = ()) -> Snapshot:
    """What the project's files say now, with these facts."""
    return Snapshot(_migrations(project), _digest(repr(project.model).encode()), facts, policies)


def keys(asked: Iterable[Asked], project: Project) -> dict[Asked, str]:
    """What each query is called in the snapshot: its file as seen from there, or its name where it lies elsewhere.

    Where one file is declared again, a number follows.
    """
    root = project.snapshot.parent.resolve()
    found: dict[Asked, str] = {}
    times: Counter[str] = Counter()
    for each in asked:
        path = each.query.source.path.resolve()
        called = path.relative_to(root).as_posix() if path.is_relative_to(root) else each.query.name
        times[called] += 1
        found[each] = f"{called} {times[called]}" if times[called] > 1 else called
    return found


def read(path: Path) -> Snapshot:
    """The snapshot in a file.

    :raises Misconfigured: when there is none, or not one of this format.
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"{path}: there is no snapshot", "`tenantstore check --update` makes one.") from None
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path}: {error}", _UPDATE) from None
    try:
        if told["format"] != _FORMAT:
            raise Misconfigured(f"{path}: another version of tenantstore made this snapshot", _UPDATE)
        queries = {name: from_dict(each) for name, each in told["queries"].items()}
        policies = complaints_from_list(told.get("policies", ()))
        return Snapshot(told["migrations"], told["model"], queries, policies)
    except (KeyError, TypeError, AttributeError) as error:
        raise Misconfigured(f"{path}: not a snapshot: {error!r}", _UPDATE) from None


def write(path: Path, snapshot: Snapshot) -> None:
    """Put a snapshot into a file, in the place of what was there.

    :raises Misconfigured: when it cannot be written.
    """
    told = {
        "format": _FORMAT,
        "migrations": snapshot.migrations,
        "model": snapshot.model,
        **({"policies": complaints_as_list(snapshot.policies)} if snapshot.policies else {}),
        "queries": {name: as_dict(snapshot.facts[name]) for name in sorted(snapshot.facts)},
    }
    try:
        path.write_text(_laid_out(told) + "\n", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{path}: the snapshot cannot be written: {error.strerror}") from None


def changes(before: Facts | None, after: Facts | None) -> list[str]:
    """What differs in the facts about one query, a line each, ``-`` before what was and ``+`` before what is."""
    old, new = (_laid_out(as_dict(each), "  ").splitlines() if each else [] for each in (before, after))
    lines = (line.rstrip().rstrip(",") for line in ndiff(old, new) if line[0] in "+-")
    return [line for line in lines if line[1:].strip(" []{}")]


def _migrations(project: Project) -> str:
    texts = sorted(each for folder in project.migrations for each in folder.glob("*.up.sql"))
    return _digest(b"\0".join(part for each in texts for part in (each.name.encode(), each.read_bytes())))


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]


def _laid_out(value: Any, indent: str = "") -> str:
    """JSON with a line for each thing that can change by itself: a column, a parameter, a name in a list."""
    match value:
        case {**items} if indent.count(" ") < _LINES or any(isinstance(each, dict) for each in items.values()):
            parts = [f"{json.dumps(name)}: {_laid_out(each, indent + ' ')}" for name, each in items.items()]
            opened, closed = "{", "}"
        case [_, *_] if indent.count(" ") <= _LINES:
            parts = [_laid_out(each, indent + " ") for each in value]
            opened, closed = "[", "]"
        case _:
            return json.dumps(value, ensure_ascii=False)
    body = ",\n".join(f"{indent} {part}" for part in parts)
    return f"{opened}\n{body}\n{indent}{closed}"
