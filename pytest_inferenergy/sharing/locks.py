"""Lock files of this user on this machine, in the temporary folder; they stay when released."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from pytest_inferenergy.clock import real_time, time

LOCKS = Path("/proc/locks")
"""Here Linux tells which process holds which lock."""


def lock_file(name: str) -> Path:
    """The lock file of a name; processes of the same user get the same one."""
    user = os.getuid() if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"pytest-inferenergy-{user}-{name}.lock"


def hold(lock: Path) -> Callable[[], None] | None:
    """Hold a lock file: what lets go of it, ``None`` where another process holds it.

    Never waits: filelock would do so by a clock that a test may have stopped.
    """
    import filelock

    held = filelock.FileLock(lock)
    with real_time():
        try:
            held.acquire(timeout=0)
        except filelock.Timeout:
            return None

    def let_go() -> None:
        with real_time():
            held.release()

    return let_go


def date_turn(lock: Path, seconds: float) -> None:
    """Let who waits for a lock file know that it is held anew, for so long at most.

    The file's time of access tells it: nobody reads these files, and no writer touches it.
    """
    now = time.time()
    with contextlib.suppress(OSError):
        os.utime(lock, (now + seconds, now))


def turn_of(lock: Path) -> tuple[int, float]:
    """What tells one turn from the next, and the seconds that the present one may last yet."""
    with contextlib.suppress(OSError):
        stat = lock.stat()
        return stat.st_atime_ns, stat.st_atime - time.time()
    return 0, 0.0


def holder_of(lock: Path) -> str | None:
    """Who holds a lock file: ``process 4711 in /home/me/project``; ``None`` where nobody tells."""
    with contextlib.suppress(OSError):
        process = _process_at(lock.stat(), LOCKS.read_text("ascii", "replace"))
        if process is not None:
            where = ""
            with contextlib.suppress(OSError):  # it is gone, or another user's
                where = f" in {os.readlink(f'/proc/{process}/cwd')}"
            return f"process {process}{where}"
    return None


def _process_at(file: os.stat_result, table: str) -> int | None:
    """The process that holds ``flock`` on a file, by the kernel's table (see ``proc_locks(5)``).

    Its lines: number, kind, mode, access, process, device and inode, first and last byte.
    """
    place = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    for line in table.splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5] == place and int(words[4]) > 0:
            return int(words[4])
    return None
