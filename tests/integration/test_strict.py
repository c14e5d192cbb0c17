"""``--energy-strict``: whatever left the gate open fails, too, and says which of it it was."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, USUAL, Project

DRIVER_NOT_LOADED = 9


def fails(project: Project, *lines: str) -> None:
    project.write(BLOCK)
    result = project.run("--energy-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(list(lines))


def test_no_baseline(project: Project) -> None:
    fails(project, "energy has no baseline *", "energy: 1 measured, 0 compared, 1 new")


def test_inconclusive(project: Project) -> None:
    project.store(joules=60.0 / 1.15, spread=0.03)
    fails(project, "energy inconclusive: *", "energy: 1 measured, 1 compared, 1 inconclusive")


def test_nothing_measured(project: Project) -> None:
    project.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
    unmeasured = "energy: 0 measured, 0 compared, 1 not measured; *"
    fails(project, "energy was not measured: *", unmeasured)


def test_what_passed_passes(project: Project) -> None:
    project.store(joules=60.0)
    project.write(BLOCK)
    project.run("--energy-strict", "--energy-tolerance=40").assert_outcomes(passed=1)


def test_the_ini_key_does_the_same(project: Project) -> None:
    with (project.path / "tox.ini").open("a") as file:
        file.write("\nenergy_strict = true\n")
    project.write(BLOCK)
    project.run().assert_outcomes(failed=1)


def test_tests_without_energy_are_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_plain="def test_it(): pass")
    pytester.runpytest_inprocess(*USUAL, "--energy-strict").assert_outcomes(passed=1)
