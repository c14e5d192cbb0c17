"""How the tests of the stand-in ask it: through the real pynvml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import pynvml
import pytest

from tests.nvml.library import FakeNvml

Device = Any
"""pynvml is untyped, its handles too."""


def opened(index: int = 0) -> Device:
    pynvml.nvmlInit()
    return pynvml.nvmlDeviceGetHandleByIndex(index)


def samples(device: Device, seen: int = 0) -> list[tuple[int, int]]:
    kind, found = pynvml.nvmlDeviceGetSamples(device, pynvml.NVML_TOTAL_POWER_SAMPLES, seen)
    assert kind == pynvml.NVML_VALUE_TYPE_UNSIGNED_INT
    return [(sample.timeStamp, sample.sampleValue.uiVal) for sample in found]


def next_tick(device: Device) -> tuple[int, float]:
    """The counter just after it changed, and when that was seen."""
    before = pynvml.nvmlDeviceGetTotalEnergyConsumption(device)
    for _ in range(20_000):
        now = pynvml.nvmlDeviceGetTotalEnergyConsumption(device)
        if now != before:
            return now, time.perf_counter()
        time.sleep(0.0002)
    pytest.fail("the counter stands still")


def in_subprocess(code: str, fake: FakeNvml) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **fake.env()},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)
