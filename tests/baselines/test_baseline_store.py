from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_inferenergy.baselines import store
from pytest_inferenergy.baselines.change import join, prune
from pytest_inferenergy.baselines.format import parse, serialise
from pytest_inferenergy.baselines.history import Baselines
from pytest_inferenergy.baselines.store import load, load_all, path_of, update
from pytest_inferenergy.errors import BaselineError

from .baseline_examples import H200, NODEID, NOON, a_run, some_baselines

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")


@pytest.fixture(autouse=True)
def _locks_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "energy_baselines"


def joining(nodeid: str = NODEID, **facts: float) -> Callable[[Baselines], Baselines]:
    return lambda before: join(before, nodeid, "", a_run(**facts))


def unchanged(before: Baselines) -> Baselines:
    return before


# Reading


def test_no_file_means_no_baselines(folder: Path) -> None:
    assert load(folder, H200) is None
    assert load_all(folder) == ()


def test_what_was_updated_is_loaded(folder: Path) -> None:
    returned = update(folder, H200, joining())
    assert load(folder, H200) == returned
    assert returned.history(NODEID) is not None


def test_every_profile_has_its_file(folder: Path) -> None:
    eight = replace(H200, count=8)
    update(folder, H200, joining())
    update(folder, eight, joining())
    assert [found.profile for found in load_all(folder)] == [H200, eight]


def test_other_files_in_the_folder_are_left_alone(folder: Path) -> None:
    update(folder, H200, joining())
    (folder / "README.md").write_text("ours")
    (folder / ".hidden.json").write_text("not ours")
    assert len(load_all(folder)) == 1


def test_broken_file_is_an_error_and_never_overwritten(folder: Path) -> None:
    update(folder, H200, joining())
    path = path_of(folder, H200)
    path.write_text('{"schema": 1, ')
    with pytest.raises(BaselineError, match=path.name):
        load(folder, H200)
    with pytest.raises(BaselineError, match=path.name):
        load_all(folder)
    with pytest.raises(BaselineError, match=path.name):
        update(folder, H200, joining())
    assert path.read_text() == '{"schema": 1, '


def test_file_of_another_machine_under_our_name_is_an_error(folder: Path) -> None:
    eight = replace(H200, count=8)
    update(folder, eight, joining())
    path_of(folder, eight).rename(path_of(folder, H200))
    with pytest.raises(BaselineError, match=f"its name should be {eight.slug}.json"):
        load(folder, H200)


def test_folder_in_place_of_the_file_is_named(folder: Path) -> None:
    path_of(folder, H200).mkdir(parents=True)
    with pytest.raises(BaselineError, match=r"h200.*cannot be read"):
        load(folder, H200)


def test_file_in_place_of_the_folder_is_named(folder: Path) -> None:
    folder.write_text("")
    with pytest.raises(BaselineError, match=folder.name):
        load_all(folder)
    with pytest.raises(BaselineError, match=folder.name):
        update(folder, H200, joining())


# Writing


def test_folder_holds_baselines_and_nothing_else(folder: Path) -> None:
    update(folder, H200, joining())
    update(folder, H200, joining(windows=10))
    assert [path.name for path in folder.iterdir()] == [f"{H200.slug}.json"]


def test_nothing_to_store_makes_no_file(folder: Path) -> None:
    update(folder, H200, unchanged)
    assert not folder.exists()


def test_unchanged_content_leaves_the_file_untouched(folder: Path) -> None:
    update(folder, H200, joining())
    before = path_of(folder, H200).stat()
    update(folder, H200, joining())
    after = path_of(folder, H200).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_pruned_tests_leave_the_file(folder: Path) -> None:
    update(folder, H200, joining())
    update(folder, H200, lambda before: prune(before, ()))
    assert load(folder, H200) == Baselines(H200)


@posix
def test_permissions_are_kept(folder: Path) -> None:
    update(folder, H200, joining())
    path_of(folder, H200).chmod(0o640)
    update(folder, H200, joining(windows=10))
    assert stat.S_IMODE(path_of(folder, H200).stat().st_mode) == 0o640


@posix
def test_new_file_follows_the_umask(folder: Path) -> None:
    old = os.umask(0o002)
    try:
        update(folder, H200, joining())
    finally:
        os.umask(old)
    assert stat.S_IMODE(path_of(folder, H200).stat().st_mode) == 0o664


@posix
def test_link_to_a_shared_file_stays_a_link(folder: Path, tmp_path: Path) -> None:
    update(tmp_path / "shared", H200, joining())
    folder.mkdir()
    path_of(folder, H200).symlink_to(path_of(tmp_path / "shared", H200))
    update(folder, H200, joining(windows=10))
    assert path_of(folder, H200).is_symlink()
    assert load(folder, H200) == load(tmp_path / "shared", H200)


def test_failing_change_leaves_everything_as_it_was(folder: Path) -> None:
    update(folder, H200, joining())
    before = path_of(folder, H200).read_bytes()
    with pytest.raises(BaselineError, match="cannot be stored"):
        update(folder, H200, joining(stderr=float("nan")))
    assert path_of(folder, H200).read_bytes() == before


@posix
def test_read_only_folder_is_named_and_the_old_file_kept() -> None:
    # in a place that nobody may reach, since root may write anywhere
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        os.chmod(place, 0o777)
        folder = Path(place) / "energy_baselines"
        update(folder, H200, joining())
        before = path_of(folder, H200).read_bytes()
        folder.chmod(0o555)

        def refused() -> None:
            tempfile.tempdir = place
            if os.getuid() == 0:
                os.setuid(65534)
            with pytest.raises(
                BaselineError, match=r"energy_baselines.*cannot be written"
            ) as error:
                update(folder, H200, joining(windows=10))
            assert "--energy-baselines=DIR" in str(error.value)

        child = forked(refused)
        assert os.waitpid(child, 0)[1] == 0
        assert path_of(folder, H200).read_bytes() == before
        folder.chmod(0o755)


@posix
def test_full_disk_is_named_and_the_old_file_kept(folder: Path) -> None:
    import resource

    update(folder, H200, joining())
    before = path_of(folder, H200).read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), limits[1]))
    try:
        with pytest.raises(BaselineError, match=r"h200.*cannot be written") as caught:
            update(folder, H200, joining(windows=10))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "unchanged" in str(caught.value)
    assert path_of(folder, H200).read_bytes() == before
    assert len(list(folder.iterdir())) == 1


def test_what_would_be_too_large_to_read_is_not_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(folder, H200, joining())
    before = path_of(folder, H200).read_bytes()
    monkeypatch.setattr(store, "LARGEST_FILE", len(before) + 10)
    with pytest.raises(BaselineError, match="not written: it would be"):
        update(folder, H200, joining(windows=10))
    assert path_of(folder, H200).read_bytes() == before


def test_leftover_of_a_killed_writer_is_swept_up(folder: Path) -> None:
    update(folder, H200, joining())
    old, fresh = (folder / f".{H200.slug}.json.{n}.tmp" for n in ("0000", "1111"))
    old.write_text("")
    fresh.write_text("")
    os.utime(old, (NOON - 10**9, NOON - 10**9))
    update(folder, H200, joining(windows=10))
    assert not old.exists()
    assert fresh.exists()


# Several sessions


def test_session_that_never_ends_is_not_waited_for_for_ever(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOCK_TIMEOUT", 0.2)

    def while_another_writes(before: Baselines) -> Baselines:
        with pytest.raises(BaselineError, match="another session has been writing"):
            update(folder, H200, joining())
        return before

    update(folder, H200, while_another_writes)


def test_lock_that_cannot_be_made_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(BaselineError, match=r"\.lock: cannot be locked"):
        update(folder, H200, joining())


WRITER = f"""
import sys
from pathlib import Path
sys.path.insert(0, {os.path.dirname(__file__)!r})
from baseline_examples import H200, a_run
from pytest_inferenergy.baselines.change import join
from pytest_inferenergy.baselines.store import update

folder, nodeid, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for n in range(rounds):
    update(folder, H200, lambda before: join(before, nodeid, str(n % 50), a_run(time=n + 1.0)))
"""


def writer(folder: Path, nodeid: str, rounds: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), nodeid, str(rounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def begin(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def test_two_sessions_updating_at_once_lose_nothing(folder: Path) -> None:
    sessions = [writer(folder, f"tests/test_{name}.py::test_x", 20) for name in "ab"]
    begin(*sessions)
    for session in sessions:
        session.communicate(timeout=60)
        assert session.returncode == 0
    stored = load(folder, H200)
    assert stored is not None
    assert {nodeid: len(names) for nodeid, names in stored.tests.items()} == {
        "tests/test_a.py::test_x": 20,
        "tests/test_b.py::test_x": 20,
    }
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("refusals", [2, 99])
def test_a_file_that_somebody_reads_is_replaced_a_little_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch, refusals: int
) -> None:
    """As on Windows, where an open file cannot be replaced."""
    update(folder, H200, joining())
    before = path_of(folder, H200).read_bytes()
    left = [refusals]
    replace = os.replace

    def refused(source: Path, target: Path) -> None:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError(13, "Access is denied")
        replace(source, target)

    monkeypatch.setattr("pytest_inferenergy.baselines.store.PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(os, "replace", refused)
    if refusals == 2:
        update(folder, H200, joining(time=NOON + 1))
        assert path_of(folder, H200).read_bytes() != before
    else:
        with pytest.raises(BaselineError, match="cannot be written: Access is denied"):
            update(folder, H200, joining(time=NOON + 1))
        assert path_of(folder, H200).read_bytes() == before
    assert len(list(folder.iterdir())) == 1


def forked(work: Callable[[], object]) -> int:
    """Do something in a fork of this process; its id. It ends by 0 where the work did."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


@posix
def test_killing_a_writer_never_loses_what_was_stored(folder: Path) -> None:
    update(folder, H200, joining())
    rng = random.Random(20261122)
    seen = 0
    for n in range(200):
        nodeid = f"tests/test_{n % 10}.py::test_x"

        def write(nodeid: str = nodeid, n: int = n) -> None:
            for i in range(100_000):
                update(folder, H200, joining(nodeid, time=float(1000 * n + i)))

        child = forked(write)
        time.sleep(rng.uniform(0.0, 0.03))
        os.kill(child, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
        stored = load(folder, H200)
        assert stored is not None
        assert stored.history(NODEID) == some_as_stored().history(NODEID)
        assert len(stored.tests) >= seen
        seen = len(stored.tests)
    assert seen > 2
    # And the lock of a killed session holds nobody up.
    update(folder, H200, joining(windows=10))


def some_as_stored() -> Baselines:
    return parse(serialise(some_baselines()).encode(), "here")
