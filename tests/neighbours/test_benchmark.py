"""pytest-benchmark: one test may be timed and measured."""

from __future__ import annotations

import pytest

from tests.integration.conftest import Project

BOTH = """
    import time

    def test_block(benchmark, energy):
        benchmark.pedantic(time.sleep, (0.01,), rounds=2)
        with energy.window():
            time.sleep(0.2)
"""


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-benchmark does nothing in a worker of xdist, where these tests may run themselves."""
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)


def test_a_test_may_use_both(project: Project) -> None:
    project.write(BOTH)
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*benchmark: 1 tests*", "energy: 1 measured, *"])


@pytest.mark.parametrize("option", ["--benchmark-disable", "--benchmark-only"])
def test_its_options_do_not_switch_the_gate_off(project: Project, option: str) -> None:
    project.write(BOTH)
    project.store(joules=40.0)
    result = project.run(option)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
