"""A session that waits for another one says so, also where nobody looks at a live line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from pytest_inferenergy import progress as live
from pytest_inferenergy.locks import gpu_lock as turns
from tests.holding import held
from tests.integration.conftest import BLOCK, Project
from tests.nvml.library import default_uuid


@pytest.fixture
def waiting(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose GPU another process holds, until it is asked who does."""
    with held(default_uuid(0)) as process:

        def asked(lock: Path, process: Popen[str] = process) -> str:
            assert lock.name.endswith(f"{default_uuid(0)}.lock")
            process.kill()
            process.wait()
            return "process 4711 in /home/me"

        monkeypatch.setattr(turns, "holder_of", asked)
        monkeypatch.setattr(live, "WAITS", 0.0)
        project.write(BLOCK)
        yield project


def test_a_log_tells_once_which_gpu_is_waited_for_and_who_has_it(waiting: Project) -> None:
    result = waiting.run()
    result.assert_outcomes(passed=1)
    line = "energy: waiting for GPU-00000000, * s so far: process 4711 in /home/me measures there"
    result.stdout.fnmatch_lines(["test_model.py *", line, ". *"])
    assert str(result.stdout).count("energy: waiting") == 1


def test_a_worker_tells_it_too(project: Project) -> None:
    """Workers of xdist have no terminal; their standard error stream is the controller's."""
    project.write(BLOCK)
    with held(default_uuid(0)) as process:
        timer = threading.Timer(15.0, process.kill)
        timer.start()
        result = project.run_apart("-n1")
        timer.cancel()
    result.assert_outcomes(passed=1)
    result.stderr.fnmatch_lines(["[[]gw0[]] energy: waiting for GPU-00000000, * measures there"])


def test_quiet_is_quiet(waiting: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    def told(self: live.ProgressReporter, gpu: str, seconds: float, holder: object) -> None:
        assert callable(holder)
        waited.append(holder())

    monkeypatch.setattr(live.ProgressReporter, "waiting", told)
    result = waiting.run("-q")
    result.assert_outcomes(passed=1)
    assert waited == ["process 4711 in /home/me"]
    assert "waiting" not in str(result.stdout)
