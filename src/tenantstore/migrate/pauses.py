"""How long to sleep before trying again."""

import random
from collections.abc import Iterator

_FIRST_SECONDS = 0.02
_LONGEST_SECONDS = 1.0
_GROWTH = 1.6


def pauses(first: float = _FIRST_SECONDS, longest: float = _LONGEST_SECONDS) -> Iterator[float]:
    """Seconds, growing, without end; jittered by half, so that those who failed together do not meet again."""
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.5)  # noqa: S311  # no secret
        pause = min(pause * _GROWTH, longest)
