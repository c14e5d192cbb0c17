"""pytest-repeat: each repetition is a test of its own, with a baseline of its own."""

from __future__ import annotations

from tests.integration.conftest import BLOCK, Project


def test_each_repetition_is_measured(project: Project) -> None:
    project.write(BLOCK)
    project.run("--count=2", "--energy-update").assert_outcomes(passed=2)
    assert sorted(project.stored) == [f"test_model.py::test_block[{n}-2]" for n in (1, 2)]
