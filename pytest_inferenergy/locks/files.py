"""Lock files of this user on this machine; they stay when released.

They lie in a folder of the user's own in the temporary folder, as pytest's do. Their names can be
guessed, and whoever may write where a lock file is to be can plant a link there that leads to any
file of the user's. A folder from the environment (``XDG_RUNTIME_DIR``) or the home would not do:
sessions with another environment would not see each other's locks.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

from pytest_inferenergy.clock import real_time, time

REMEDY = "delete it, or set TMPDIR to a folder of your own"
LOCKS = Path("/proc/locks")
"""Here Linux tells which process holds which lock."""


def lock_file(name: str) -> Path:
    """The lock file of a name; processes of the same user get the same one."""
    user = f"-{os.getuid()}" if hasattr(os, "getuid") else ""
    return Path(tempfile.gettempdir()) / f"inferenergy-locks{user}" / f"{name}.lock"


def make_ready(lock: Path) -> None:
    """Make the folder of a lock file, which no other user can reach.

    Raises `OSError` where one of that name is not this user's, or the lock file is a link.
    """
    folder = lock.parent
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, f"{folder} is no folder: {REMEDY}")
    if hasattr(os, "getuid"):
        if found.st_uid != os.getuid():
            raise PermissionError(errno.EPERM, f"{folder} is another user's: {REMEDY}")
        if stat.S_IMODE(found.st_mode) & 0o077:
            folder.chmod(0o700)
    if lock.is_symlink():
        raise OSError(errno.ELOOP, "it is a link: delete it")


def hold(lock: Path) -> Callable[[], None] | None:
    """Hold a lock file: what lets go of it, ``None`` where another process holds it.

    Never waits: filelock would do so by a clock that a test may have stopped.
    """
    import filelock

    make_ready(lock)
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
        found = lock.stat()
        return found.st_atime_ns, found.st_atime - time.time()
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
