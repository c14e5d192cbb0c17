"""pytest-randomly: another order of tests, the same verdicts."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

TESTS = """
    import time
    import pytest

    @pytest.mark.parametrize("number", range(3))
    def test_block(energy, number):
        with energy.window():
            time.sleep(0.2)
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_does_not_matter(project: Project, seed: int) -> None:
    project.write(TESTS)
    for number, joules in enumerate((60.0, 40.0)):
        project.store(f"test_model.py::test_block[{number}]", joules=joules)
    options = ("--energy-json=results.json", f"--randomly-seed={seed}")
    project.pytester.runpytest_inprocess(*options).assert_outcomes(passed=2, failed=1)
    found = {m["nodeid"][-2]: m["verdict"] for m in project.measured}
    assert found == {"0": "passed", "1": "regressed", "2": "new"}
