"""What a killed server leaves outside its folders: processes that notice only later, and 56 bytes of shared memory.

Line 7 of a ``postmaster.pid`` that is still there has the key and the number of that System V segment, to which every
process of the server is attached.
"""

import time
from pathlib import Path

_IPC_RMID = 0
_LEAVE_SECONDS = 5.0
_POLL_SECONDS = 0.002


def remove_segment(data: Path) -> None:
    """See off the processes of a data folder whose postmaster is gone without having done so, and remove the segment.

    Without its files the autovacuum launcher would only go from error to error, and never notice that it is alone.
    """
    number = _segment(data)
    if number is None:
        return
    deadline = time.monotonic() + _LEAVE_SECONDS
    while _attached(number) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    import ctypes

    ctypes.CDLL(None).shmctl(number, _IPC_RMID, None)


def is_left_alone(data: Path) -> bool:
    """Whether the last process of a data folder's killed server goes within some seconds, or has gone."""
    number = _segment(data)
    deadline = time.monotonic() + _LEAVE_SECONDS
    while number is not None and _attached(number):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _segment(data: Path) -> int | None:
    """The segment's number, while its key still leads to it: both may belong to somebody else by now."""
    try:
        key, number = map(int, (data / "postmaster.pid").read_text().splitlines()[6].split())
    except (OSError, ValueError, IndexError):
        return None
    import ctypes

    return number if ctypes.CDLL(None).shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) == number else None


def _attached(number: int) -> int:
    """How many processes use a segment; 0 where the system does not list them."""
    try:
        rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()]
    except OSError:
        return 0
    column = rows[0].index("nattch")
    return next((int(row[column]) for row in rows[1:] if row[1] == str(number)), 0)
