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


def test_the_controller_writes_what_workers_measured(project: Project) -> None:
    project.write(BLOCK)
    project.run_apart("-n", "2", "--energy-update").assert_outcomes(passed=1)
    assert list(project.stored) == ["test_model.py::test_block"]
