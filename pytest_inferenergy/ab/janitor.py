"""Takes the reference side away, however the present process ends. Run as a script by itself.

It waits on its standard input, which nobody but the present process holds open. When that ends, by
a normal close or because the process was interrupted or killed, the reference process and all its
children are ended and the worktree is removed.

    python janitor.py TOPLEVEL SCRATCH WORKTREE        then "PID\\n" on standard input
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

GRACE = 2.0
"""Seconds between asking the processes to end and ending them."""


def main() -> None:
    """Wait, then clean up."""
    toplevel, scratch, worktree = sys.argv[1:4]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    told = sys.stdin.buffer.read()
    for line in told.split():
        end_group(int(line))
    if os.path.exists(worktree):
        remove = ["worktree", "remove", "--force", "--force", worktree]
        with contextlib.suppress(OSError):
            subprocess.run(["git", "-C", toplevel, *remove], check=False, capture_output=True)
    if os.path.exists(worktree):
        shutil.rmtree(worktree, ignore_errors=True)
        with contextlib.suppress(OSError):
            subprocess.run(["git", "-C", toplevel, "worktree", "prune"], check=False)
    shutil.rmtree(scratch, ignore_errors=True)


def end_group(leader: int) -> None:
    """End a process and its children, which form a group of their own."""
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        deadline = time.monotonic() + patience
        try:
            os.killpg(leader, number)
            while time.monotonic() < deadline:
                time.sleep(0.02)
                os.killpg(leader, 0)
        except (ProcessLookupError, PermissionError):
            return


if __name__ == "__main__":
    main()
