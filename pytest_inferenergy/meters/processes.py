"""Which processes are ours: this one, its children and, under a test runner, its siblings."""

from __future__ import annotations

import os
from pathlib import Path


def exists(pid: int) -> bool:
    """Whether a process of that id can be seen from here."""
    return Path(f"/proc/{pid}").exists()


def descends(pid: int, root: int) -> bool:
    """Whether a process is ``root`` or descends from it, as far as ``/proc`` tells."""
    seen: set[int] = set()
    while pid != root:
        if pid <= 1 or pid in seen:
            return False
        seen.add(pid)
        pid = _parent(pid)
    return True


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
        self._root = os.getpid() if root is None else root
        self._known: dict[int, bool] = {}

    def adopt(self, pids: frozenset[int]) -> None:
        """Count further processes as ours."""
        self._known |= dict.fromkeys(pids, True)

    def __contains__(self, pid: int) -> bool:
        if pid not in self._known:
            self._known[pid] = pid == os.getpid() or descends(pid, self._root)
        return self._known[pid]
