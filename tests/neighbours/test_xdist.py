"""pytest-xdist: the gate holds in workers, and the controller writes."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project


def test_a_regression_in_a_worker_fails_the_run(regressed: Project) -> None:
    result = regressed.run_apart("-n", "1", "--energy-update")
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 regressed"])
    assert len(regressed.stored["test_model.py::test_block"][""]["runs"]) == 4


@pytest.mark.parametrize("dist", ["loadfile", "loadgroup", "each"])
def test_however_tests_are_shared_out(regressed: Project, dist: str) -> None:
    each = ["--tx", "2*popen"] if dist == "each" else ["-n", "2"]
    result = regressed.run_apart("--dist", dist, *each, "--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 regressed"])
    assert len(regressed.stored["test_model.py::test_block"][""]["runs"]) == 4


def test_what_failed_on_one_of_two_workers_is_not_stored(project: Project) -> None:
    project.write(
        """
        import os, time

        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
            if os.environ["PYTEST_XDIST_WORKER"] == "gw1":
                time.sleep(1)
            else:
                raise AssertionError("here it fails")
        """
    )
    result = project.run_apart("--dist=each", "--tx=2*popen", "--energy-update")
    result.assert_outcomes(passed=1, failed=1)
    assert not (project.path / "energy_baselines").exists()


def test_the_controller_writes_what_workers_measured(project: Project) -> None:
    project.write(BLOCK)
    project.run_apart("-n", "2", "--energy-update").assert_outcomes(passed=1)
    assert list(project.stored) == ["test_model.py::test_block"]
