"""What the isolation engines have covered, said at the end of a run: queries, leak classes, examples by engine."""

from collections import Counter
from typing import Any

import pytest

#: Engine to query to how often it ran; ``LEAKS`` to the name of the class.
_COUNTS: Counter[tuple[str, str]] = Counter()
LEAKS = "leak classes"


def count(engine: str, name: str) -> None:
    """Note that an engine ran the query ``name`` once more."""
    _COUNTS[engine, name] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    # A worker of xdist hands its part to the process that reports.
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["isolation"] = [[engine, name, number] for (engine, name), number in _COUNTS.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    for engine, name, number in getattr(node, "workeroutput", {}).get("isolation", ()):
        _COUNTS[engine, name] += number


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not _COUNTS:
        return
    from tests.isolation.functions import TENANT_QUERIES
    from tests.isolation.leaks import CLASSES

    terminalreporter.section("isolation")
    for engine in sorted({engine for engine, _ in _COUNTS}):
        names = {name for each, name in _COUNTS if each == engine}
        kind, everything = ("classes", set(CLASSES)) if engine == LEAKS else ("queries", set(TENANT_QUERIES))
        examples = sum(number for (each, _), number in _COUNTS.items() if each == engine)
        terminalreporter.write_line(
            f"{engine}: {len(names & everything)} of {len(everything)} {kind}, {examples} examples"
        )
