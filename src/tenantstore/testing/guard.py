"""A script: give up root, ask to die with the parent, wait for its word, become the program.

``python guard.py PARENT_PID UID GID PROGRAM [ARGUMENT]...``

It exists because the alternative, ``preexec_fn``, runs Python in a fork of a process that may have threads, and can
deadlock there. It must be the script that changes the user: the kernel forgets the wish to die at every change of user,
and the unprivileged user may not be able to reach this Python at all. The word is ``GO`` on standard input, so that all
of this is done while there is no data folder for the program yet; an input that ends without it ends the script.
"""

import os
import sys

GO = b"go"
_PR_SET_PDEATHSIG = 1
# The immediate shutdown: it cleans up shared memory, which SIGKILL would not. Importing ``signal`` takes 3 ms of 8.
_SIGQUIT = 3


def main(parent: int, uid: int, gid: int, *command: str) -> None:
    import ctypes

    libc = ctypes.CDLL(None)
    if os.geteuid() != uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, _SIGQUIT, 0, 0, 0)
    if os.read(0, len(GO)) != GO:
        return
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    # A parent that died before the wish was made will never set it off.
    if os.getppid() == parent:
        os.execv(command[0], command)  # noqa: S606 - that is what it is for


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
