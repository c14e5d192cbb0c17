"""The worktree of a revision: data is linked into it, and nothing is written anywhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pytest_inferenergy.ab.worktree import make_worktree
from pytest_inferenergy.git import find_revision


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing is committed yet."""
    path = tmp_path / "checkout"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch=main")
    return path


def git(path: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(path), *who, *words], check=True)


def commit(path: Path, message: str) -> None:
    git(path, "add", "--all")
    git(path, "commit", "--quiet", "--allow-empty", "--message", message)


def worktree(checkout: Path, folder: Path) -> Path:
    """The worktree of the commit before the last one."""
    make_worktree(find_revision("HEAD~1", checkout), folder)
    return folder


@pytest.mark.parametrize("inner", ["", "deep/er/"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_folder_that_is_a_link_at_the_revision_is_not_written_through(
    checkout: Path, tmp_path: Path, absolute: bool, inner: str
) -> None:
    elsewhere = tmp_path / "elsewhere" / "shared"
    (elsewhere / inner).mkdir(parents=True)
    (checkout / "data").symlink_to(elsewhere if absolute else "../elsewhere/shared")
    commit(checkout, "data is a link")
    (checkout / "data").unlink()
    (checkout / "data" / inner).mkdir(parents=True)
    (checkout / "data" / inner / "tracked.txt").write_text("tracked")
    commit(checkout, "data is a folder")
    (checkout / "data" / inner / "weights.bin").write_text("untracked")
    (checkout / "other.bin").write_text("untracked")
    made = worktree(checkout, tmp_path / "worktree")
    assert [path for path in elsewhere.rglob("*") if not path.is_dir()] == []
    assert (made / "other.bin").read_text() == "untracked"
    assert (made / "data").is_symlink()


def test_a_link_within_the_worktree_may_be_written_through(checkout: Path, tmp_path: Path) -> None:
    (checkout / "real").mkdir()
    (checkout / "real" / "tracked.txt").write_text("tracked")
    (checkout / "data").symlink_to("real")
    commit(checkout, "data is a link within")
    (checkout / "data").unlink()
    (checkout / "data").mkdir()
    (checkout / "data" / "tracked.txt").write_text("tracked")
    commit(checkout, "data is a folder")
    (checkout / "data" / "weights.bin").write_text("untracked")
    made = worktree(checkout, tmp_path / "worktree")
    assert (made / "data" / "weights.bin").read_text() == "untracked"
    assert (made / "real" / "weights.bin").is_symlink()


def test_a_worktree_that_is_reached_through_a_link_is_filled(
    checkout: Path, tmp_path: Path
) -> None:
    commit(checkout, "one")
    commit(checkout, "two")
    (checkout / "weights.bin").write_text("untracked")
    (tmp_path / "scratch").mkdir()
    (tmp_path / "alias").symlink_to("scratch")
    made = worktree(checkout, tmp_path / "alias" / "worktree")
    assert (made / "weights.bin").read_text() == "untracked"
