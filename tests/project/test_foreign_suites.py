"""`benchmarks.foreign_suites`: what it records of a run, and when two runs differ."""

from __future__ import annotations

import json

import pytest

from benchmarks.foreign import suite_recorder
from benchmarks.foreign.compare import Arm, Comparison, read_arm

PASSED = ("setup passed", "call passed", "teardown passed")
FAILED = ("setup passed", "call failed", "teardown passed")
SUITE = """
    import warnings, pytest

    def test_passes(): pass

    def test_fails(): assert 1 == 2

    @pytest.mark.xfail
    def test_expected(): assert 1 == 2

    def test_warns(request):
        warnings.warn("by itself")
        assert request.node.get_closest_marker("energy") is None
"""


def arm(warnings: int = 0, text: str = "", **outcomes: tuple[str, ...]) -> Arm:
    return Arm(outcomes, dict.fromkeys(outcomes, text), warnings, wall=1.0, cpu=1.0)


def compared(without: list[Arm], present: list[Arm]) -> Comparison:
    return Comparison("theirs", "1.0", tuple(without), tuple(present))


def recorded(pytester: pytest.Pytester, *arguments: str) -> Arm:
    target = pytester.path / "outcomes.json"
    pytester.makepyfile(SUITE)
    pytester.runpytest_inprocess(
        f"--record-to={target}", "-p", "no:cacheprovider", *arguments, plugins=[suite_recorder]
    )
    return read_arm(target, wall=1.0, cpu=1.0)


def test_each_outcome_and_the_number_of_warnings_are_recorded(pytester: pytest.Pytester) -> None:
    found = recorded(pytester)
    by_name = {nodeid.partition("::")[2]: ends for nodeid, ends in found.outcomes.items()}
    assert by_name == {
        "test_passes": PASSED,
        "test_fails": FAILED,
        "test_expected": ("setup passed", "call skipped (xfail)", "teardown passed"),
        "test_warns": PASSED,
    }
    assert found.warnings == 1
    (failed,) = (nodeid for nodeid, ends in found.outcomes.items() if ends == FAILED)
    assert "assert 1 == 2" in found.texts[failed]


def test_a_sample_is_the_same_each_time(pytester: pytest.Pytester) -> None:
    sample = ("--record-sample=2", "--record-seed=3")
    first, second = recorded(pytester, *sample), recorded(pytester, *sample)
    assert len(first.outcomes) == 2
    assert first.outcomes == second.outcomes


def test_named_tests_alone_are_run_and_all_are_marked(pytester: pytest.Pytester) -> None:
    only = pytester.path / "only.json"
    name = f"{pytester.makepyfile(SUITE).name}::test_warns"
    only.write_text(json.dumps([name]))
    found = recorded(pytester, f"--record-only={only}", "--record-mark", "-p", "no:inferenergy")
    assert found.outcomes == {name: FAILED}
    assert "energy" in found.texts[name]


def test_a_test_that_ends_otherwise_is_a_difference() -> None:
    found = compared([arm(a=PASSED, b=PASSED)], [arm(a=FAILED, b=PASSED)])
    assert list(found.differing) == ["a"]
    (line,) = found.faults
    assert line.startswith("a: setup passed, call passed, teardown passed without, setup passed")


def test_a_test_that_ran_in_one_arm_only_is_a_difference() -> None:
    assert "not run with" in compared([arm(a=PASSED)], [arm()]).faults[0]
    assert "not run without" in compared([arm()], [arm(a=PASSED)]).faults[0]


def test_a_race_that_ends_both_ways_without_the_plugin_is_none() -> None:
    found = compared([arm(a=PASSED), arm(a=FAILED)], [arm(a=FAILED), arm(a=FAILED)])
    assert found.faults == []
    assert found.by_chance == ["a"]


def test_a_test_that_says_it_cannot_be_repeated_is_none() -> None:
    said = arm(a=FAILED, text="call 2 of the measured test: ...")
    found = compared([arm(a=PASSED)], [said])
    assert found.faults == []
    assert found.not_repeatable == ["a"]


def test_more_than_twice_the_warnings_are_a_fault() -> None:
    assert compared([arm(warnings=3)], [arm(warnings=6)]).faults == []
    assert compared([arm(warnings=3)], [arm(warnings=7)]).faults == ["3 warnings without, 7 with"]


def test_a_suite_of_which_hardly_anything_ran_is_a_fault() -> None:
    broken = arm(a=("collect failed",))
    found = Comparison("theirs", "1.0", (broken,), (broken,), least=200)
    assert found.faults == ["only 1 tests ran, not 200"]
