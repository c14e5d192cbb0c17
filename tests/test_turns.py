"""Processes of one user take turns at measuring on one GPU, and on different ones they do not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import pytest

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.locks import gpu_lock as turns
from pytest_inferenergy.locks.files import date_turn, holder_of, lock_file, turn_of
from pytest_inferenergy.locks.gpu_lock import GpuLock
from pytest_inferenergy.progress import ProgressReporter
from tests.holding import held


@pytest.fixture(autouse=True)
def _locks_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Another process that measures on GPU-a."""
    with held("GPU-a") as process:
        yield process


def is_free(uuid: str) -> bool:
    lock = filelock.FileLock(lock_file(uuid))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    lock.release()
    return True


def test_a_gpu_is_held_as_long_as_the_turn_lasts(holder: subprocess.Popen[str]) -> None:
    assert not is_free("GPU-a")
    holder.communicate("")
    assert is_free("GPU-a")


def test_another_gpu_is_free_meanwhile(holder: subprocess.Popen[str]) -> None:
    with GpuLock(None).take(frozenset({"GPU-b"})):
        assert not is_free("GPU-b")


@pytest.mark.skipif(os.name != "posix", reason="POSIX only")
def test_the_turn_of_a_killed_process_is_over(holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    with GpuLock(None).take(frozenset({"GPU-a"})):
        assert not is_free("GPU-a")


def test_work_that_spreads_to_another_gpu_waits_for_both(tmp_path: Path) -> None:
    turns = GpuLock(tmp_path / "workers.lock")
    with turns.take(frozenset({"GPU-b"})):
        turns.widen(frozenset({"GPU-b"}))
        assert is_free("GPU-a")
        turns.widen(frozenset({"GPU-a"}))
        assert not is_free("GPU-a")
        assert not is_free("GPU-b")
    assert is_free("GPU-a")
    assert is_free("GPU-b")


def test_workers_without_a_gpu_take_turns_all_the_same(tmp_path: Path) -> None:
    lock = filelock.FileLock(tmp_path / "workers.lock")
    with GpuLock(tmp_path / "workers.lock").take(frozenset()), pytest.raises(filelock.Timeout):
        lock.acquire(timeout=0)
    lock.acquire(timeout=0)
    lock.release()


def test_an_error_in_a_turn_ends_it() -> None:
    with pytest.raises(KeyError), GpuLock(None).take(frozenset({"GPU-a"})):
        raise KeyError
    assert is_free("GPU-a")


def test_a_temporary_folder_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    turn = GpuLock(None).take(frozenset({"GPU-a"}))
    with pytest.raises(MeterError, match=r"\.lock: cannot be locked"), turn:
        raise AssertionError


def test_who_waits_can_be_told_to_give_up(holder: subprocess.Popen[str]) -> None:
    turns = GpuLock(None)
    threading.Timer(0.2, turns.interrupt).start()
    with (
        pytest.raises(MeterError, match="the measurement was cancelled"),
        turns.take(frozenset({"GPU-0", "GPU-a"})),
    ):
        pytest.fail("the turn is another's")
    assert is_free("GPU-0")
    holder.kill()
    holder.wait()
    with turns.take(frozenset({"GPU-a"})):
        assert not is_free("GPU-a")
    assert is_free("GPU-a")


class Heard(ProgressReporter):
    """Hears of waiting, and ends it."""

    def __init__(self, holder: subprocess.Popen[str]) -> None:
        self._holder = holder
        self.told: list[tuple[str, str | None]] = []

    def waiting(self, gpu: str, seconds: float, holder: Callable[[], str | None]) -> None:
        assert seconds > 0
        self.told.append((gpu, holder()))
        self._holder.kill()
        self._holder.wait()


def test_who_waits_tells_for_what_and_for_whom(holder: subprocess.Popen[str]) -> None:
    heard = Heard(holder)
    with GpuLock(None, heard).take(frozenset({"GPU-0", "GPU-a"})):
        pass
    known = f"process {holder.pid} in {Path.cwd()}" if sys.platform == "linux" else None
    assert heard.told == [("GPU-a", known)]


def test_a_turn_that_never_ends_is_not_waited_for_for_ever(
    holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.3)
    reason = r"waited 0 s for GPU-a, where .* measures and does not come to an end"
    with pytest.raises(MeterError, match=reason), GpuLock(None).take(frozenset({"GPU-a"})):
        pytest.fail("the turn is another's")
    assert holder.poll() is None


def test_each_new_turn_is_waited_for_anew(
    holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many workers on one GPU: each turn is short, waiting for all of them is long."""
    monkeypatch.setattr(turns, "PATIENCE", 0.5)
    lock = lock_file("GPU-a")
    stop = threading.Event()

    def change() -> None:
        for _ in range(6):
            time.sleep(0.25)
            date_turn(lock, 0.0)
        stop.set()
        holder.kill()

    thread = threading.Thread(target=change)
    thread.start()
    with GpuLock(None).take(frozenset({"GPU-a"})):
        assert stop.is_set()
    thread.join()


def test_a_turn_may_last_as_long_as_its_test_may_measure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ours = GpuLock(None)
    ours.allow(100.0)
    with ours.take(frozenset({"GPU-b"})):
        _, left = turn_of(lock_file("GPU-b"))
    assert 900.0 < left <= 1000.0
    assert turn_of(tmp_path / "none") == (0, 0.0)


def test_a_free_lock_has_no_holder(tmp_path: Path) -> None:
    lock = filelock.FileLock(tmp_path / "a.lock")
    assert holder_of(tmp_path / "a.lock") is None
    lock.acquire()
    lock.release()
    assert holder_of(tmp_path / "a.lock") is None
