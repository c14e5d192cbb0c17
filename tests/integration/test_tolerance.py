"""``--energy-tolerance``, ``--energy-must-detect``: what may change, and what has to be told."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ([], "regressed"),
        (["--energy-tolerance=25"], "regressed"),
        (["--energy-tolerance=150"], "passed"),
        (["--energy-tolerance=150", "--energy-must-detect=151"], "passed"),
    ],
    ids=str,
)
def test_half_as_much_again_against_margins(
    project: Project, options: list[str], verdict: str
) -> None:
    project.store(joules=60.0 / 1.5)
    project.write(BLOCK)
    result = project.run(*options, "--energy-gate=warn")
    assert [measured["verdict"] for measured in project.measured] == [verdict]
    result.assert_outcomes(passed=1, warnings=1 if verdict == "regressed" else 0)


def test_what_narrow_margins_leave_open_wide_ones_settle(project: Project) -> None:
    project.store(joules=60.0 / 1.15, spread=0.03)
    project.write(BLOCK)
    project.run()
    assert project.measured[0]["verdict"] == "inconclusive"
    project.run("--energy-must-detect=200")
    assert project.measured[0]["verdict"] == "passed"


def test_the_failure_names_the_tolerance(project: Project) -> None:
    project.store(joules=60.0 / 1.5)
    project.write(BLOCK)
    result = project.run("--energy-tolerance=7.5")
    result.stdout.fnmatch_lines(["*energy +*, tolerance 7.5 %"])
