"""``--lf``: a regression is among the tests that failed last."""

from __future__ import annotations

from tests.integration.conftest import BLOCK, Project


def test_a_regression_is_run_again(regressed: Project) -> None:
    regressed.write(BLOCK + "\n    def test_other():\n        pass\n")
    regressed.run().assert_outcomes(passed=1, failed=1)
    result = regressed.run("--lf")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["energy: 1 measured, 1 compared, 1 regressed"])
