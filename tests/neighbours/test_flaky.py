"""flaky: it runs a test again as pytest-rerunfailures does, and reports the last run alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import Project
from tests.plugins import ALONE

BETWEEN = """
    import itertools, time

    runs = itertools.count()

    def test_block(energy):
        if next(runs) == 1:
            raise RuntimeError("before anything is measured")
        with energy.window():
            with open("{path}", "a") as file:
                file.write("x")
            time.sleep(0.2)
"""

FLAKY = ("-p", "flaky.flaky_pytest_plugin", "--force-flaky", "--max-runs=3")


@pytest.fixture
def flaky(project: Project) -> Project:
    """A project whose runs know flaky, which does not get on with pytest-rerunfailures."""
    project.usual = ("--energy-json=results.json", *ALONE, *FLAKY)
    return project


def test_nothing_is_stored_of_a_test_that_failed_once(flaky: Project) -> None:
    flaky.write(
        """
        import itertools, time

        runs = itertools.count()

        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
            assert next(runs) > 0
        """
    )
    flaky.run_apart("--energy-update").assert_outcomes(passed=1)
    assert [m["test_outcome"] for m in flaky.measured] == ["rerun"]
    assert not (flaky.path / "energy_baselines").exists()


def test_a_test_that_passes_at_once_is_stored(flaky: Project) -> None:
    flaky.write("""
        import time

        def test_block(energy):
            with energy.window():
                time.sleep(0.2)
    """)
    flaky.run_apart("--energy-update").assert_outcomes(passed=1)
    assert len(flaky.stored["test_model.py::test_block"][""]["runs"]) == 1


def test_the_first_verdict_stands_whatever_comes_between(flaky: Project) -> None:
    flaky.write(BETWEEN.format(path=flaky.path / "calls"))
    flaky.store(joules=30.0)
    result = flaky.run_apart("--energy-update")
    result.assert_outcomes(failed=1)
    assert [m["verdict"] for m in flaky.measured] == ["regressed"]
    assert Path(flaky.path / "calls").read_text() == "xx"
