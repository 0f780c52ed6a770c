"""Table locks by strength, and whom each keeps waiting."""

from collections.abc import Iterable

# The weakest first, as pg_locks spells them.
_MODES = (
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)


def strength(mode: str | None) -> int:
    """Its place among the modes; -1 for none."""
    return -1 if mode is None else _MODES.index(mode)


def strongest(modes: Iterable[str]) -> str:
    """The one that keeps most others waiting."""
    return max(modes, key=strength)


def blocks_writes(mode: str | None) -> bool:
    """Whether who holds it keeps writers waiting."""
    return strength(mode) >= strength("ShareLock")


def blocks_reads(mode: str | None) -> bool:
    """Whether who holds it keeps readers waiting too."""
    return mode == "AccessExclusiveLock"
