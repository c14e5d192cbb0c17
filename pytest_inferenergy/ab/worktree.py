"""A revision checked out beside the present one, with the data that git does not track.

Untracked files and folders (model files, data sets) are reached through links at the same places.
Python sources, caches, virtual environments and build results are left out: code has to come from
the revision.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path, PurePosixPath

from pytest_inferenergy.errors import RevisionError
from pytest_inferenergy.git import Revision, add_worktree, untracked

CODE_SUFFIXES = (".py", ".pyi", ".pyc", ".pyo", ".pyx", ".pxd", ".pth", *EXTENSION_SUFFIXES)
LEFT_OUT = frozenset(
    {
        "__pycache__", ".git", ".venv", "venv", "env", "node_modules", "build", "dist",
        "htmlcov", ".eggs", ".tox", ".nox", ".hypothesis", "site-packages",
    }
)  # fmt: skip
"""Folders by these names, and those that end in ``_cache`` or ``.egg-info``, are no data."""


def make_worktree(revision: Revision, folder: Path) -> None:
    """Check out and link; raises `RevisionError`."""
    others = untracked(revision.toplevel)
    compiled = compiled_parts(others, revision.toplevel)
    if compiled:
        raise RevisionError(
            f"the project has compiled parts, which a worktree of {revision.title} lacks: "
            f"{', '.join(compiled[:3])}; only Python sources can take turns, compare by stored "
            "baselines instead (--energy-update)"
        )
    add_worktree(revision, folder)
    real = folder.resolve()
    for path in others:
        if is_data(revision.toplevel / path):
            _link(revision.toplevel / path, folder / path, real)


def compiled_parts(others: list[str], toplevel: Path) -> list[str]:
    """Untracked extension modules that lie where packages are imported from."""
    found = []
    for path in others:
        if _left_out(PurePosixPath(path)):
            continue
        if path.endswith(tuple(EXTENSION_SUFFIXES)) and _is_package((toplevel / path).parent):
            found.append(path)
    return sorted(found)


def is_data(path: Path) -> bool:
    """Whether an untracked file or folder is to be reached from the worktree."""
    if _left_out(PurePosixPath(path.name)) or path.name.endswith(CODE_SUFFIXES):
        return False
    if not path.is_dir():
        return path.exists()
    if (path / "pyvenv.cfg").exists() or (path / ".git").exists():
        return False
    try:
        return not any(entry.name.endswith(CODE_SUFFIXES) for entry in os.scandir(path))
    except OSError:
        return False


def _left_out(path: PurePosixPath) -> bool:
    return any(
        part in LEFT_OUT or part.endswith(("_cache", ".egg-info")) or part.startswith(".coverage")
        for part in path.parts
    )


def _is_package(folder: Path) -> bool:
    return any(entry.name.endswith(".py") for entry in os.scandir(folder))


def _link(target: Path, link: Path, worktree: Path) -> None:
    """Link a place that the revision leaves free, in a folder of the revision.

    A folder that is a link there may lead anywhere: nothing is written outside the worktree.
    """
    inside = link.parent.resolve().is_relative_to(worktree)
    if inside and link.parent.is_dir() and not os.path.lexists(link):
        link.symlink_to(target, target_is_directory=target.is_dir())


COMMON = frozenset({"conftest", "setup", "tests", "test", "docs", "examples", "benchmarks"})
"""Names that many distributions install by mistake; they tell nothing."""


def project_names(worktree: Path, search_path: list[str]) -> list[str]:
    """Top-level packages and modules that the checkout provides for import."""
    found = set()
    for root in dict.fromkeys((worktree, worktree / "src", *map(Path, search_path))):
        if not root.is_dir():
            continue
        for entry in os.scandir(root):
            if os.path.isfile(os.path.join(entry.path, "__init__.py")):
                found.add(entry.name)
            elif str(root) in search_path and entry.name.endswith(".py"):
                found.add(entry.name[:-3])
    return sorted(found - COMMON - sys.stdlib_module_names)
