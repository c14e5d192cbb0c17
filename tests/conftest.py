"""Fixtures for all tests, which of them run against the clock, and which on one Python only."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester", "tests.nvml.fixture"]

if find_spec("hypothesis") is not None:  # tests/packaging has nothing but pytest
    from hypothesis import settings

    # The same examples in each run: a change fails by what it changed, never by chance or a busy
    # machine. To search anew: --hypothesis-profile=default, or at length python -m benchmarks.fuzz.
    settings.register_profile("same", derandomize=True, deadline=None)
    settings.load_profile("same")

REAL_TIME = (
    "tests/against/",
    "tests/commands/test_doctor",
    "tests/docs/test_ci_recipes",
    "tests/docs/test_blocks_run",
    "tests/measure/test_leftover",
    "tests/meters/test_codecarbon",
    "tests/meters/test_foreign",
    "tests/meters/test_nvml",
    "tests/integration/test_clocks",
    "tests/integration/test_live_line",
    "tests/integration/test_prometheus",
    "tests/integration/test_workers",
    "tests/integration/test_zeus",
    "tests/meters/test_zeus",
    "tests/neighbours/",
    "tests/packaging/test_quick_start",
    "tests/prometheus/test_meter",
    "tests/distributed/",
)


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """How and where the tests under test report is no business of the run that tests them."""
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


ONE_PYTHON_FIXTURES = frozenset({"pytester", "fake_nvml", "driver", "prometheus", "cluster"})
"""A whole run of pytest, a compiled driver, a browser or a server is behind such a test: seconds
each, and the same under each Python. So one Python does them all, 3.13, where coverage costs least;
the others do the tests of our own code, and of these runs the ones marked ``every_python``: options
and what is made of them."""

TORCH = ("tests/distributed/", "tests/tasks/")
"""These run models, in an environment of their own: the pinned torch is for 3.11."""

WITH_TORCH = (*TORCH, "tests/docs/", "tests/integration/")
"""Where that environment looks for tests marked ``torch``; anywhere else, none would run them."""

OF_NO_PYTHON = ("tests/docs/", "tests/gpu/", "tests/packaging/", "tests/project/")
"""Pages, the package's files and the project's own are the same, whatever Python reads them."""

AGAINST_THE_CLOCK = ("tests/faults/", "tests/integration/", "tests/neighbours/")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    may_rerun = config.pluginmanager.hasplugin("rerunfailures")
    for item in items:
        against_the_clock = item.nodeid.startswith(REAL_TIME)
        large = not ONE_PYTHON_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
        large = large or against_the_clock or item.nodeid.startswith(OF_NO_PYTHON)
        if large and item.get_closest_marker("every_python") is None:
            item.add_marker("one_python")
        if item.nodeid.startswith(TORCH):
            item.add_marker("torch")
        if item.get_closest_marker("torch") and not item.nodeid.startswith(WITH_TORCH):
            raise pytest.UsageError(f"{item.nodeid}: tox -e torch does not look there (tox.ini)")
        if may_rerun and (against_the_clock or item.nodeid.startswith(AGAINST_THE_CLOCK)):
            # a machine that was busy elsewhere is no fault of ours; one that fails thrice is
            item.add_marker(pytest.mark.flaky(reruns=2, reruns_delay=2))
