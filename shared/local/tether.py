"""Run a command that dies with its parent: ``python -IS tether.py PARENT_PID SIGNAL COMMAND ARGUMENT…``.

A small program of its own, because ``preexec_fn`` is not safe in a process that has threads. The kernel's
request (``PR_SET_PDEATHSIG``) survives ``execve``; it exists on Linux only. Elsewhere a child that was left
behind is found by the record in its directory at the next start (``LocalServer.spawn``).
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Ask to be signalled when the parent dies, then become the command."""
    parent, number, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:  # it died before we could ask
            raise SystemExit(1)
    os.execvp(command[0], command)  # noqa: S606 - the caller names the program by its whole path


if __name__ == "__main__":
    main(sys.argv[1:])
