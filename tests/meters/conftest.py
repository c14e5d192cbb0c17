"""Fixtures of the meters' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pytest_inferenergy.meters.nvml.meter import NvmlMeter
from tests.meters.nvml_windows import OpenMeter


@pytest.fixture
def open_meter() -> Iterator[OpenMeter]:
    opened: list[NvmlMeter] = []

    def opener() -> NvmlMeter:
        opened.append(NvmlMeter())
        return opened[-1]

    yield opener
    for meter in opened:
        meter.close()
