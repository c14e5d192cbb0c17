"""``--energy-strict``: whatever left the gate open fails, too, and says which of it it was."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, USUAL, Project

DRIVER_NOT_LOADED = 9


@pytest.mark.parametrize(
    ("options", "expected"),
    [([], {"passed": 1}), (["--energy-strict"], {"failed": 1})],
    ids=["usual", "strict"],
)
class TestOpenGates:
    """Each state in which nothing was gated: passed over, and failed under the option."""

    def test_no_baseline(
        self, project: Project, options: list[str], expected: dict[str, int]
    ) -> None:
        project.write(BLOCK)
        result = project.run(*options)
        result.assert_outcomes(**expected)
        result.stdout.fnmatch_lines(["energy: 1 measured, 0 compared, 1 new"])

    def test_inconclusive(
        self, project: Project, options: list[str], expected: dict[str, int]
    ) -> None:
        project.store(joules=60.0 / 1.15, spread=0.03)
        project.write(BLOCK)
        result = project.run(*options)
        result.assert_outcomes(**expected, warnings=0 if options else 1)
        result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 inconclusive"])

    def test_nothing_measured(
        self, project: Project, options: list[str], expected: dict[str, int]
    ) -> None:
        project.gpu.fail("nvmlInit*", DRIVER_NOT_LOADED)
        project.write(BLOCK)
        result = project.run(*options)
        result.assert_outcomes(**expected)
        result.stdout.fnmatch_lines(["energy: 0 measured, 0 compared, 1 not measured; *"])


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
