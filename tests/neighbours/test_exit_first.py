"""``-x``: a regression ends the run, and what was measured before is stored."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project


def test_a_regression_ends_the_run(project: Project) -> None:
    blocks = [BLOCK.replace("test_block", f"test_{name}") for name in "abc"]
    project.write("".join(blocks))
    project.store("test_model.py::test_b", joules=40.0)
    result = project.run("-x", "--energy-update")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=1, failed=1)
    assert sorted(project.stored) == ["test_model.py::test_a", "test_model.py::test_b"]
    assert len(project.stored["test_model.py::test_b"][""]["runs"]) == 4
