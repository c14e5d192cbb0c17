"""``inferenergy mv``: a renamed or moved test keeps its baselines, on every machine."""

from __future__ import annotations

from pathlib import Path

from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.renaming import node_id, rename, renames
from pytest_inferenergy.baselines.store import path_of, update
from pytest_inferenergy.commands.documents import read_baselines
from pytest_inferenergy.errors import BaselineError
from pytest_inferenergy.escaping import line


def mv(typed_old: str, typed_new: str, folder: Path) -> tuple[str, ...]:
    """Rename in all files of a folder, or in none; lines that say what became of what.

    Raises `BaselineError` where nothing fits, or where a test would get an id that is taken.
    """
    old, new = node_id(typed_old), node_id(typed_new)
    if old == new:
        raise BaselineError(f"{old!r} is renamed to itself: give the old id, then the new one")
    machines = [stored for stored in read_baselines(folder) if renames(stored, old, new)]
    if not machines:
        raise BaselineError(_nothing(folder, old))
    for stored in machines:
        rename(stored, renames(stored, old, new))  # all of them can be renamed, or none is
        if not path_of(folder, stored.profile).is_file():
            raise BaselineError(
                f"{folder}: a file there should be named {path_of(folder, stored.profile).name}, "
                "by its machine: rename it first"
            )
    done: dict[str, str] = {}

    def change(stored: Baselines) -> Baselines:
        names = renames(stored, old, new)
        done.update(names)
        return rename(stored, names)

    for stored in machines:
        update(folder, stored.profile, change)
    files = ", ".join(path_of(folder, stored.profile).name for stored in machines)
    lines = [line(f"{before} -> {after}") for before, after in sorted(done.items())]
    return (*lines, f"renamed {len(done)} test{'s' * (len(done) != 1)} in {files}")


def _nothing(folder: Path, old: str) -> str:
    """Why nothing was renamed: perhaps it was before."""
    for stored in read_baselines(folder):
        for present, ids in sorted(stored.former.items()):
            if old in ids:
                return f"{folder}: holds no baselines of {old!r}, which became {present!r} before"
    return f"{folder}: holds no baselines of {old!r}; list what it holds: inferenergy show {folder}"
