"""Facts kept with a run: the commit and the versions of the libraries that did the work."""

from __future__ import annotations

import functools
import platform
import sys
from importlib import metadata
from pathlib import Path

from pytest_inferenergy.meters.frameworks import part_of

LIBRARIES = (
    "torch",
    "transformers",
    "diffusers",
    "jax",
    "cupy",
    "onnxruntime",
    "tensorflow",
    "vllm",
)


def library_versions() -> dict[str, str]:
    """Versions of the inference libraries that are loaded; imports nothing."""
    found = {}
    for name in LIBRARIES:
        version = part_of(name, "__version__")
        if version is not None:
            found[name] = str(version)
    return found


TESTING = ("pytest", "_pytest", "pluggy", "iniconfig", "xdist", "execnet", "coverage")
"""Packages that serve tests, and this one: the energy of a model does not depend on them."""


def environment() -> dict[str, str]:
    """Versions of Python and of the packages imported so far, by import name; imports nothing.

    Those of `LIBRARIES` are told by `library_versions`.
    """
    names = {name.partition(".")[0] for name in tuple(sys.modules)} - sys.stdlib_module_names
    found = {"python": platform.python_version()}
    for name in sorted(names):
        if not name.startswith(("_", *TESTING)) and name not in LIBRARIES:
            version = _version(name)
            if version is not None:
                found[name] = version
    return found


@functools.cache
def _version(name: str) -> str | None:
    """By the metadata of a distribution of that name, else as the package says."""
    try:
        found = metadata.version(name)
    except Exception:  # not installed under that name, or broken metadata
        found = part_of(name, "__version__")
    return line_of(found) if isinstance(found, str) and found else None


def line_of(text: str) -> str:
    """A version that can be stored and shown on one line."""
    return " ".join(text.split())[:40]


def commit_of(folder: Path) -> str | None:
    """The checked-out git commit of a folder, twelve digits; ``None`` outside a checkout.

    Read from the repository's own files: a subprocess is not worth it.
    """
    try:
        git = _git_folder(folder)
        if git is None:
            return None
        head = (git / "HEAD").read_text("utf-8").strip()
        if head.startswith("ref: "):
            head = _resolve(git, head.removeprefix("ref: ")) or ""
    except (OSError, UnicodeDecodeError):
        return None
    return head[:12] if len(head) >= 40 else None


def _git_folder(folder: Path) -> Path | None:
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree: the file names the folder
            return (parent / git.read_text("utf-8").removeprefix("gitdir:").strip()).resolve()
    return None


def _resolve(git: Path, reference: str) -> str | None:
    common = git / "commondir"
    roots = [git]
    if common.is_file():
        roots.append((git / common.read_text("utf-8").strip()).resolve())
    for root in roots:
        loose = root / reference
        if loose.is_file():
            return loose.read_text("utf-8").strip()
        packed = root / "packed-refs"
        if packed.is_file():
            for line in packed.read_text("utf-8").splitlines():
                if line.endswith(f" {reference}"):
                    return line.split(" ")[0]
    return None
