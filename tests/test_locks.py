"""Lock files lie where no other user can plant anything."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_inferenergy.baselines.store import update
from pytest_inferenergy.errors import BaselineError, MeterError
from pytest_inferenergy.locks.files import hold, lock_file
from pytest_inferenergy.locks.gpu_lock import GpuLock
from tests.baselines.baseline_examples import H200

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has a folder for each user")


@pytest.fixture(autouse=True)
def _locks_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def let_go_of(lock: Path) -> None:
    let_go = hold(lock)
    assert let_go is not None
    let_go()


def test_the_folder_is_the_users_alone() -> None:
    old = os.umask(0)
    try:
        let_go_of(lock_file("a"))
    finally:
        os.umask(old)
    folder = lock_file("a").parent
    assert folder.parent == Path(tempfile.gettempdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_folder_that_was_opened_is_closed_again() -> None:
    folder = lock_file("a").parent
    folder.mkdir(0o700)
    folder.chmod(0o777)
    let_go_of(lock_file("a"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def link(folder: Path, elsewhere: Path) -> None:
    elsewhere.mkdir()
    folder.symlink_to(elsewhere)


def file(folder: Path, elsewhere: Path) -> None:
    folder.write_text("")


def another_users(folder: Path, elsewhere: Path) -> None:
    folder.mkdir()


@pytest.mark.parametrize("plant", [link, file, another_users])
def test_a_planted_folder_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Path, Path], None]
) -> None:
    folder, elsewhere = lock_file("a").parent, tmp_path / "elsewhere"
    if plant is another_users:
        monkeypatch.setattr(os, "getuid", lambda: 4711)
        folder = lock_file("a").parent
    plant(folder, elsewhere)
    turn = GpuLock(None).take(frozenset({"GPU-a"}))
    with pytest.raises(MeterError, match=r"cannot be locked.*set TMPDIR to a folder of your own"):
        turn.__enter__()
    with pytest.raises(BaselineError, match=r"cannot be locked.*set TMPDIR"):
        update(tmp_path / "energy_baselines", H200, lambda stored: stored)
    assert not elsewhere.exists() or list(elsewhere.iterdir()) == []


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    let_go_of(lock_file("a"))
    precious = tmp_path / "precious"
    precious.write_text("kept")
    lock_file("b").symlink_to(precious)
    with pytest.raises(OSError, match="it is a link: delete it"):
        hold(lock_file("b"))
    assert precious.read_text() == "kept"
