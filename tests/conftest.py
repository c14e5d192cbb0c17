"""Fixtures for all tests, and which of them run against the clock."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester", "tests.nvml.fixture"]

REAL_TIME = (
    "tests/against/",
    "tests/commands/test_doctor",
    "tests/docs/test_ci_recipes",
    "tests/docs/test_blocks_run",
    "tests/meters/test_codecarbon",
    "tests/meters/test_foreign",
    "tests/meters/test_nvml",
    "tests/integration/test_live_line",
    "tests/integration/test_prometheus",
    "tests/integration/test_workers",
    "tests/integration/test_zeus",
    "tests/meters/test_zeus",
    "tests/neighbours/",
    "tests/prometheus/test_meter",
    "tests/ranks/",
)


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """How and where the tests under test report is no business of the run that tests them."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


AGAINST_THE_CLOCK = ("tests/faults/", "tests/integration/", "tests/neighbours/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    may_rerun = config.pluginmanager.hasplugin("rerunfailures")
    for item in items:
        if item.nodeid.startswith(REAL_TIME):
            item.add_marker("real_time")
        if may_rerun and item.nodeid.startswith((*REAL_TIME, *AGAINST_THE_CLOCK)):
            # a machine that was busy elsewhere is no fault of ours; one that fails thrice is
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))
