"""The one thing outside its folders that a killed server leaves: 56 bytes of System V shared memory.

Line 7 of a ``postmaster.pid`` that is still there has the segment's key and number.
"""

import ctypes
from pathlib import Path

_IPC_RMID = 0


def remove_segment(data: Path) -> None:
    """Remove the segment of a data folder whose server is gone without having done so."""
    try:
        key, number = map(int, (data / "postmaster.pid").read_text().splitlines()[6].split())
    except (OSError, ValueError, IndexError):
        return
    libc = ctypes.CDLL(None)
    # Only while the key still leads to that number: both may belong to somebody else by now.
    if libc.shmget(ctypes.c_int(key), ctypes.c_size_t(0), 0) == number:
        libc.shmctl(number, _IPC_RMID, None)
