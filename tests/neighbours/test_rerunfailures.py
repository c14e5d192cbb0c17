"""pytest-rerunfailures: a rerun raises the stored verdict, it never measures again."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project


def test_a_regression_stays_one(project: Project) -> None:
    path = project.path / "calls"
    project.write(
        f"""
        import time

        def test_block(energy):
            def call():
                with open({str(path)!r}, "a") as file:
                    file.write("x")
                time.sleep(0.25)
            energy(call)
        """
    )
    project.store(joules=50.0)
    result = project.run("--reruns=2", "--energy-update")
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert [m["verdict"] for m in project.measured] == ["regressed"]
    # three windows in the first run; then the body's own call, unmeasured, in each rerun
    measured = sum(m["windows"] for m in project.measured)
    assert len(path.read_text()) <= measured + 3 + 2
    assert len(project.stored["test_model.py::test_block"][""]["runs"]) == 4


def test_nothing_is_stored_of_what_was_measured_before_the_test_failed(project: Project) -> None:
    project.write(
        """
        import itertools, time

        runs = itertools.count()

        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
            assert next(runs) > 0
        """
    )
    result = project.run_apart("--reruns=1", "--energy-update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    assert not (project.path / "energy_baselines").exists()


def test_a_regression_in_a_worker_stays_one(regressed: Project) -> None:
    result = regressed.run_apart("-n", "2", "--reruns=1", "--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 regressed"])
    assert len(regressed.stored["test_model.py::test_block"][""]["runs"]) == 4
