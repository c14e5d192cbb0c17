"""Which processes are ours: this one, its children and, under a test runner, its siblings."""

from __future__ import annotations

import os
from pathlib import Path


def process_tree(root: int | None = None) -> frozenset[int]:
    """Ids of a process (this one by default) and its descendants, as far as ``/proc`` tells."""
    root = os.getpid() if root is None else root
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        except (OSError, IndexError, ValueError):  # it ended while we looked
            continue
    found, waiting = {root}, [root]
    while waiting:
        for child in children.get(waiting.pop(), []):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return frozenset(found)
