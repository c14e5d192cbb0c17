"""Tests that leak, fork, leave or wander off harm neither their figures nor the baselines."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.integration.conftest import BLOCK, Project

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX only")


def children_of(marker: str) -> list[int]:
    """Processes that carry a word in their environment, this one apart."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def test_a_leaked_thread_holds_nothing_up(project: Project) -> None:
    project.write(
        """
        import threading, time

        def call():
            threading.Thread(target=time.sleep, args=(0.5,)).start()
            time.sleep(0.25)

        def test_block(energy):
            energy(call)
        """
    )
    result = project.run_apart("--energy-update")
    result.assert_outcomes(passed=1)
    assert [m["state"] for m in project.measured] == ["measured"]


@posix
def test_a_call_that_forks_is_measured_and_leaves_no_zombie(project: Project) -> None:
    project.write(
        """
        import os, time
        from pathlib import Path

        def call():
            child = os.fork()
            if child == 0:
                time.sleep(0.05)
                os._exit(0)
            time.sleep(0.25)
            os.waitpid(child, 0)

        def test_block(energy):
            energy(call)
            assert 250 < energy.result.mean_watts < 350
            assert Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text() == ""
        """
    )
    project.run_apart().assert_outcomes(passed=1)


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["serial", "worker"])
def test_a_process_that_leaves_takes_no_baseline_with_it(
    project: Project, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_RUN", word := f"run-{os.getpid()}-{time.monotonic_ns()}")
    project.write(BLOCK + "            import os; os._exit(3)\n")
    project.store()
    before = project.baseline_file.read_bytes()
    result = project.run_apart(*options, "--energy-update")
    assert result.ret != pytest.ExitCode.OK
    assert "INTERNALERROR" not in result.stdout.str()
    assert project.baseline_file.read_bytes() == before
    monkeypatch.delenv("OUR_RUN")
    assert not Path("/proc").is_dir() or children_of(word) == []


def test_a_test_that_changes_directory_moves_no_file(project: Project) -> None:
    project.write(BLOCK + "            import os; os.chdir('elsewhere')\n")
    (project.path / "elsewhere").mkdir()
    project.run_apart("--energy-update", "--energy-baselines=kept").assert_outcomes(passed=1)
    assert list((project.path / "elsewhere").iterdir()) == []
    assert len(list((project.path / "kept").iterdir())) == 1
    assert len(project.measured) == 1


@posix
def test_a_forked_child_that_runs_on_stores_nothing_twice(project: Project) -> None:
    project.write(
        BLOCK
        + """
    def test_forks():
        import os
        child = os.fork()
        if child:
            assert os.waitpid(child, 0)[1] == 0

    def test_after(energy):
        with energy.window():
            time.sleep(0.2)
    """
    )
    result = project.run_apart("--energy-update")
    assert result.ret == pytest.ExitCode.OK
    assert "INTERNALERROR" not in result.stdout.str()
    assert sorted(project.stored) == ["test_model.py::test_after", "test_model.py::test_block"]
    for stored in project.stored.values():
        assert len(stored[""]["runs"]) == 1
