"""pytest-check: asserts that fail and let the test go on."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project
from tests.plugins import ALONE


@pytest.fixture
def checked(project: Project) -> Project:
    """A project whose runs know pytest-check."""
    project.usual = ("--energy-json=results.json", *ALONE, "-p", "pytest_check.plugin")
    return project


TEST = """
    import time
    import pytest

    calls = []

    @pytest.mark.energy
    def test_it(check):
        calls.append(1)
        time.sleep(0.25)
        check.less(len(calls), {limit})

    def test_how_often():
        assert len(calls) == {limit}
"""


def test_a_check_that_fails_ends_the_measuring(checked: Project) -> None:
    checked.write(TEST.format(limit=1))
    result = checked.run_apart("--energy-update", "--energy-strict")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Failed Checks: 1"])
    result.stdout.no_fnmatch_line("*not measured*")
    assert checked.measured == []


def test_one_that_fails_later_says_which_call(checked: Project) -> None:
    checked.write(TEST.format(limit=3))
    result = checked.run_apart("--energy-update")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Failed Checks: 1"])
    result.stdout.fnmatch_lines(["*call 3 of the measured test: *"])
    assert not (checked.path / "energy_baselines").exists()


def test_checks_that_hold_are_measured(checked: Project) -> None:
    checked.write(TEST.format(limit=100))
    checked.run_apart("--energy-update", "-k", "test_it").assert_outcomes(passed=1, deselected=1)
    assert [m["state"] for m in checked.measured] == ["measured"]
