"""Which processes are ours: this one, those that do the same work, and all that these started."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

MPS_SERVER = "nvidia-cuda-mps"
"""Name of the process through which CUDA's multi-process service works for its clients; the kernel
keeps fifteen characters of ``nvidia-cuda-mps-server``."""
WORKER = b"exec(eval(sys.stdin.readline()))"
"""The command by which pytest-xdist starts a test worker."""


def exists(pid: int) -> bool:
    """Whether a process of that id can be seen from here; where there is no ``/proc``, any can."""
    return not Path("/proc/self").exists() or Path(f"/proc/{pid}").exists()


def one_unknown(pids: Iterable[int]) -> bool:
    """Whether these are one process alone, of an id that means nothing here.

    In a container ids may be those of another PID namespace, the host's: one that works where none
    of ours is seen to is ours.
    """
    first, *more = [*pids] or [0]
    return not more and first > 0 and not exists(first)


def descends(pid: int, root: int) -> bool:
    """Whether a process is ``root`` or descends from it, as far as ``/proc`` tells."""
    return root in _line(pid)


def is_mps_server(pid: int) -> bool:
    """Whether a process is CUDA's multi-process server, which works in its clients' names."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text("utf-8", "replace")
    except OSError:
        return False
    return name.startswith(MPS_SERVER)


def is_sibling(pid: int) -> bool:
    """Whether a process is another test worker of this session, or was started by one."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return False
    line, controller = _line(pid), os.getppid()
    if controller not in line or pid == controller:
        return False
    worker = line[line.index(controller) - 1]
    try:
        return worker != os.getpid() and WORKER in Path(f"/proc/{worker}/cmdline").read_bytes()
    except OSError:
        return False


def _line(pid: int) -> list[int]:
    """A process and its ancestors."""
    line: list[int] = []
    while pid > 0 and pid not in line:
        line.append(pid)
        pid = _parent(pid)
    return line


def _parent(pid: int) -> int:
    """The parent's id, 0 where there is none or the process is gone."""
    try:
        # the name in brackets may hold anything, brackets too
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return int(fields[1])
    except (OSError, IndexError, ValueError):
        return 0


class Family:
    """The processes that count as our own; what was found once is remembered."""

    def __init__(self, root: int | None = None) -> None:
        self._roots = frozenset({os.getpid() if root is None else root})
        self._known: dict[int, bool] = {}

    def adopt(self, pids: frozenset[int]) -> None:
        """Count further processes as ours, with those that they started."""
        self._roots |= pids
        self._known = dict.fromkeys(pids, True)

    def __contains__(self, pid: object) -> bool:
        if not isinstance(pid, int):
            return False
        if pid not in self._known:
            self._known[pid] = pid == os.getpid() or not self._roots.isdisjoint(_line(pid))
        return self._known[pid]
