"""What is asked of git: where the project is, what a revision means, what it does not track."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_inferenergy.errors import RevisionError

SECONDS = 120.0
"""Longest time for one git command; a checkout of a large project takes some."""
HOOK_VARIABLES = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
)  # fmt: skip
"""Set where pytest runs inside a git hook; they would point git at the wrong place."""


@dataclass(frozen=True)
class Revision:
    """A commit that somebody named."""

    text: str
    """As it was given, such as ``HEAD~1``."""
    commit: str
    """All forty digits."""
    toplevel: Path
    """The folder of the checkout that the present tests run in."""

    @property
    def title(self) -> str:
        """For people: ``HEAD~1 (abc1234)``."""
        return f"{self.text} ({self.commit[:7]})"


def find_revision(text: str, folder: Path) -> Revision:
    """The commit that ``text`` means in the checkout around ``folder``; `RevisionError` if none."""
    top = _run(folder, "rev-parse", "--show-toplevel")
    if top.returncode:
        raise RevisionError(f"{folder} is in no git checkout ({_last_line(top.stderr)})")
    toplevel = Path(top.stdout.rstrip("\n"))
    if not text or text.startswith("-"):
        raise RevisionError(f"{text!r} is no revision: give a commit, a tag or a branch")
    found = _run(toplevel, "rev-parse", "--verify", "--quiet", f"{text}^{{commit}}")
    if found.returncode:
        shallow = _run(toplevel, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"
        raise RevisionError(
            f"git does not know the revision {text!r}"
            + (
                ": this is a shallow clone, fetch more history first (git fetch --unshallow; "
                "with actions/checkout: fetch-depth: 0)"
                if shallow
                else ": give a commit, a tag or a branch of this repository"
            )
        )
    return Revision(text, found.stdout.strip(), toplevel)


def add_worktree(revision: Revision, folder: Path) -> None:
    """Check the revision out into a new folder, without hooks and without a branch."""
    made = _run(
        revision.toplevel, "-c", f"core.hooksPath={os.devnull}", "worktree", "add", "--detach",
        "--quiet", str(folder), revision.commit,
    )  # fmt: skip
    if made.returncode:
        raise RevisionError(f"git worktree add failed: {made.stderr.strip()}")


def untracked(toplevel: Path) -> list[str]:
    """What git does not track, relative to the checkout; a folder stands for all it holds."""
    listed = _run(
        toplevel, "ls-files", "-z", "--others", "--directory", "--no-empty-directory"
    )  # fmt: skip
    if listed.returncode:
        raise RevisionError(f"git ls-files failed: {listed.stderr.strip()}")
    return [path.rstrip("/") for path in listed.stdout.split("\0") if path]


def _run(folder: Path, *arguments: str | Sequence[str]) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in HOOK_VARIABLES}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *map(str, arguments)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
            env=environment,
            timeout=SECONDS,
        )
    except FileNotFoundError:
        raise RevisionError("the command git is not installed") from None
    except subprocess.TimeoutExpired:
        raise RevisionError(f"git {arguments[0]} did not answer within {SECONDS:g} s") from None


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["git gave no reason"])[-1]
