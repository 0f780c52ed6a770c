"""Plans as text, a file for each query under the query's name; written by ``--update``, read in review."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from tenantstore.checking.complaint import Complaint
from tenantstore.checking.plans.planner import Plan

_UPDATE = "`tenantstore check --plans --update` writes it anew; review its diff."
# Two names and the extent of what follows, which is all there is.
_DIFF_HEAD = 3
# A mode of the planner and a kind of customer, and the plan that is made then.
_Plans = Mapping[tuple[str, str], str]


def text_of(plans: Sequence[Plan], version: int) -> str:
    """A baseline: each different plan once, under the names of all that are like it."""
    alike: dict[str, list[Plan]] = {}
    for plan in plans:
        alike.setdefault("\n".join(plan.root.lines()), []).append(plan)
    parts = [f"# {titles([each.made_for for each in which])}\n{text}\n" for text, which in alike.items()]
    return f"PostgreSQL {version}\n\n" + "\n".join(parts)


def titles(which: Iterable[tuple[str, str]]) -> str:
    """``generic plan for huge and tiny, custom plan for huge``."""
    kinds: dict[str, list[str]] = {}
    for mode, customer in which:
        kinds.setdefault(mode, []).append(customer)
    return ", ".join(f"{mode} plan for {' and '.join(customers)}" for mode, customers in kinds.items())


def compare(folder: Path, texts: Mapping[str, str], refused: Collection[str] = ()) -> dict[str, list[Complaint]]:
    """By query, how the baselines in ``folder`` are not these texts; of those that were ``refused`` there is none."""
    found: dict[str, list[Complaint]] = {}
    for name, text in texts.items():
        path = _path(folder, name)
        if not path.is_file():
            found[name] = [Complaint("plan-new", f"there is no baseline {path}", _UPDATE)]
        elif (before := path.read_text(encoding="utf-8")) != text:
            found[name] = list(_changes(path, before, text))
    for name, path in _there(folder).items():
        if name not in texts and name not in refused:
            found[name] = [Complaint("plan-stale", f"{path} is the baseline of no query", _UPDATE)]
    return found


def update(folder: Path, texts: Mapping[str, str], refused: Collection[str] = ()) -> list[Path]:
    """Make the baselines in ``folder`` these texts; the files that were written or removed.

    Those of queries that were ``refused`` stay as they are.
    """
    touched = []
    for name, text in texts.items():
        path = _path(folder, name)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            touched.append(path)
    for name, path in _there(folder).items():
        if name not in texts and name not in refused:
            path.unlink()
            touched.append(path)
    return touched


def _changes(path: Path, before: str, now: str) -> Iterator[Complaint]:
    """A complaint for each pair of plans, one in the other's place."""
    old, new = _plans(before), _plans(now)
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for which in [*new, *(each for each in old if each not in new)]:
        pairs.setdefault((old.get(which, ""), new.get(which, "")), []).append(which)
    changed = [(pair, made_for) for pair, made_for in pairs.items() if pair[0] != pair[1]]
    for pair, made_for in changed:
        yield Complaint("plan-changed", f"another {titles(made_for)} than in {path}", _UPDATE, detail=_both(*pair))
    if not changed:
        yield Complaint("plan-changed", f"{path} says the same in other words", _UPDATE)


def _both(was: str, now: str) -> str:
    """Two plans as one text: what stood there after ``-``, what stands there now after ``+``."""
    before, after = was.splitlines(), now.splitlines()
    lines = difflib.unified_diff(before, after, n=len(before) + len(after), lineterm="")
    return "\n".join(list(lines)[_DIFF_HEAD:])


def _plans(text: str) -> _Plans:
    """What a baseline says of each mode and customer."""
    found = {}
    for part in text.split("\n# ")[1:]:
        title, _, plan = part.partition("\n")
        for each in title.split(", "):
            mode, _, customers = each.partition(" plan for ")
            found.update({(mode, customer): plan.strip("\n") for customer in customers.split(" and ")})
    return found


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.plan"


def _there(folder: Path) -> dict[str, Path]:
    """The baselines of a folder by the names of their queries."""
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.plan"))}
