"""Fixtures for all tests, and which of them run against the clock."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester", "tests.nvml.fixture"]

REAL_TIME = (
    "tests/against/",
    "tests/meters/test_codecarbon",
    "tests/meters/test_foreign",
    "tests/meters/test_nvml",
    "tests/meters/test_ticks",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(REAL_TIME):
            item.add_marker("real_time")
