"""Strict xfail: a regression is an expected failure, and its absence fails."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project

MARKED = BLOCK.replace("    def test", "    import pytest\n\n    @pytest.mark.xfail\n    def test")


@pytest.mark.parametrize(
    ("joules", "outcome"), [(40.0, {"xfailed": 1}), (60.0, {"failed": 1})], ids=["worse", "same"]
)
def test_a_regression_is_a_failure_like_any_other(
    project: Project, joules: float, outcome: dict[str, int]
) -> None:
    project.write(MARKED)
    project.store(joules=joules)
    before = project.baseline_file.read_bytes()
    project.run("-o", "xfail_strict=true", "--energy-update").assert_outcomes(**outcome)
    assert project.baseline_file.read_bytes() == before
