"""Measured tests beside pytest's own ways to pass, fail and run again."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.integration.conftest import BLOCK, Project


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("@pytest.mark.xfail(strict=True)", {"xfailed": 1}),
        ("@pytest.mark.xfail(raises=ValueError)", {"failed": 1}),
    ],
)
def test_an_expected_regression(project: Project, marker: str, expected: dict[str, int]) -> None:
    project.store(joules=30.0)
    project.write(f"""
        import time
        import pytest

        {marker}
        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    before = project.baseline_file.read_bytes()
    project.run("--energy-update").assert_outcomes(**expected)
    assert project.baseline_file.read_bytes() == before


def test_an_expected_regression_that_does_not_come_fails_when_strict(project: Project) -> None:
    project.store()
    project.write("""
        import time
        import pytest

        @pytest.mark.xfail(strict=True)
        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    before = project.baseline_file.read_bytes()
    project.run("--energy-update").assert_outcomes(failed=1)
    assert project.baseline_file.read_bytes() == before


def test_a_rerun_raises_the_stored_verdict_and_measures_nothing(project: Project) -> None:
    pytest.importorskip("pytest_rerunfailures")
    project.store(joules=30.0)
    project.write("""
        import time

        calls = []

        def test_block(energy):
            energy.run(lambda: calls.append(time.sleep(0.2)), once=True)
            with open("calls", "w") as file:
                file.write(str(len(calls)))
    """)
    result = project.run("-p", "rerunfailures", "--reruns=2", "--junitxml=junit.xml")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 regressed"])
    assert (project.path / "calls").read_text() == "3"  # each rerun needs a result of its own
    (measured,) = project.measured
    junit = project.path / "junit.xml"
    verdicts = re.findall('name="energy.verdict" value="(.*?)"', junit.read_text())
    assert set(verdicts) == {"regressed"}
    assert measured["test_outcome"] == "failed"


def test_a_rerun_after_a_failure_of_its_own_is_judged_by_the_first_figure(
    project: Project,
) -> None:
    pytest.importorskip("pytest_rerunfailures")
    project.write("""
        import time

        attempts, figures = [], []

        def test_block(energy):
            with energy.window() as w:
                time.sleep(0.2)
            attempts.append(1)
            figures.append(w.kwh_per_1k)
            assert len(attempts) == 2
            assert figures[0] == figures[1]
    """)
    result = project.run("-p", "rerunfailures", "--reruns=1", "--energy-update")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])
    assert project.measured[0]["test_outcome"] == "rerun"
    assert not (project.path / "energy_baselines").exists()  # it is of the run that failed


def test_groups_of_xdist_do_not_change_the_name_of_a_test(project: Project) -> None:
    project.store()
    project.write("""
        import time
        import pytest

        @pytest.mark.xdist_group("gpu")
        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    result = project.run_apart("-n", "2", "--dist=loadgroup", "--energy-update")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared"])
    assert list(project.stored) == ["test_model.py::test_block"]


def test_workers_measure_one_after_the_other(project: Project) -> None:
    project.write("""
        import time
        import pytest

        @pytest.mark.parametrize("number", range(4))
        def test_block(energy, number):
            with energy.window():
                start = time.perf_counter()
                time.sleep(0.2)
                end = time.perf_counter()
            with open("times", "a") as file:
                file.write(f"{start} {end}\\n")
    """)
    result = project.run_apart("-n", "2")
    result.assert_outcomes(passed=4)
    lines = (project.path / "times").read_text().splitlines()
    times = sorted(tuple(map(float, line.split())) for line in lines)
    assert len(times) == 4
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(times))


def test_a_test_that_is_called_twice_by_name_is_measured_once(project: Project) -> None:
    project.write(BLOCK)
    result = project.run("test_model.py::test_block", "test_model.py")
    result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])


def test_a_worker_that_crashes_leaves_the_others_their_turn(project: Project) -> None:
    project.write("""
        import os, time

        def test_crash(energy):
            with energy.window():
                os._exit(3)

        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    result = project.run_apart("-n", "2")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["energy: 1 measured, 0 compared, 1 new, 1 energy test without a measurement"]
    )


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="pytest 9 brought subtests")
def test_nothing_is_stored_of_a_test_with_a_failing_subtest(project: Project) -> None:
    project.write("""
        import time

        def test_block(energy, subtests):
            for number in range(2):
                with subtests.test(number=number):
                    with energy.window(f"window {number}"):
                        time.sleep(0.2)
                    assert number > 0
    """)
    result = project.run("--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["energy: 2 measured, 0 compared, 2 new"])
    assert not (project.path / "energy_baselines").exists()


def test_an_interrupted_measurement_stores_nothing_and_ends_cleanly(project: Project) -> None:
    project.write("""
        import time

        def test_block(energy):
            with energy.window("first"):
                time.sleep(0.2)
            with energy.window("second"):
                raise KeyboardInterrupt
    """)
    result = project.run_apart("--energy-update")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not (project.path / "energy_baselines").exists()
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
