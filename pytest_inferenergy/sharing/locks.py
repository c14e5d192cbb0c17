"""Lock files of this user on this machine, in the temporary folder; they stay when released."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

LOCKS = Path("/proc/locks")
"""Here Linux tells which process holds which lock."""


def lock_file(name: str) -> Path:
    """The lock file of a name; processes of the same user get the same one."""
    user = os.getuid() if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"pytest-inferenergy-{user}-{name}.lock"


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
