"""Whether a test failed by its energy alone: `inferenergy accept` hangs on it."""

from __future__ import annotations

import pytest

from tests.integration.conftest import BLOCK, Project

TEARDOWN = """
    import time, pytest

    @pytest.fixture
    def model():
        yield
        assert 1 == 2

    def test_block(energy, model):
        with energy.window():
            time.sleep(0.2)
"""


@pytest.mark.parametrize(
    ("test", "stored_joules", "expected"),
    [
        (BLOCK, 30.0, ("regressed", "failed", True)),
        (BLOCK, 60.0, ("passed", "passed", False)),
        (f"{BLOCK}        assert 1 == 2\n", 30.0, ("regressed", "failed", False)),
        (f"{BLOCK}        assert 1 == 2\n", 60.0, ("passed", "failed", False)),
        (TEARDOWN, 30.0, ("regressed", "failed", False)),
        (TEARDOWN, 60.0, ("passed", "failed", False)),
    ],
)
def test_results_tell_why_a_test_failed(
    project: Project, test: str, stored_joules: float, expected: tuple[str, str, bool]
) -> None:
    project.write(test)
    project.store(joules=stored_joules)
    project.run()
    (outcome,) = project.measured
    assert (outcome["verdict"], outcome["test_outcome"], outcome["failed_by_gate"]) == expected
