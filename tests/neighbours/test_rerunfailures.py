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


def test_the_first_verdict_stands_whatever_comes_between(project: Project) -> None:
    path = project.path / "calls"
    project.write(
        f"""
        import itertools, time

        runs = itertools.count()

        def test_block(energy):
            if next(runs) == 1:
                raise RuntimeError("before anything is measured")
            with energy.window():
                with open({str(path)!r}, "a") as file:
                    file.write("x")
                time.sleep(0.2)
        """
    )
    project.store(joules=30.0)
    result = project.run_apart("--reruns=2", "--energy-update")
    result.assert_outcomes(failed=1)
    assert [m["verdict"] for m in project.measured] == ["regressed"]
    assert path.read_text() == "xx"


def test_a_comparison_keeps_its_answer(project: Project) -> None:
    project.write(
        """
        import time

        ratios, calls = [], []

        def work():
            calls.append(time.sleep(0.02))

        def test_block(energy):
            before = len(calls)
            ratios.append(energy.compare(work, work, at_most=3).ratio)
            ratios.append(energy.compare(work, work, at_most=3).ratio)
            if len(ratios) == 4:
                assert len(calls) == before + 4
                assert ratios[:2] == ratios[2:]
            else:
                raise RuntimeError("once more")
        """
    )
    project.run_apart("--reruns=1").assert_outcomes(passed=1)


@pytest.mark.parametrize("phase", ["setup", "teardown"])
def test_nothing_is_stored_where_a_fixture_failed_once(project: Project, phase: str) -> None:
    steps = {
        "setup": "fail_once()\n            yield",
        "teardown": "yield\n            fail_once()",
    }
    project.write(
        f"""
        import itertools, time
        import pytest

        runs = itertools.count()

        def fail_once():
            assert next(runs) > 0

        @pytest.fixture
        def unsure():
            {steps[phase]}

        def test_block(unsure, energy):
            with energy.window():
                time.sleep(0.2)
        """
    )
    assert project.run_apart("--reruns=1", "--energy-update").ret == pytest.ExitCode.OK
    assert [m["test_outcome"] for m in project.measured] == ["rerun"]
    assert not (project.path / "energy_baselines").exists()
