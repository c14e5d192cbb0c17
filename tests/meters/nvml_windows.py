"""An open NVML meter on the stand-in, and its windows beside the truth."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from pytest_inferenergy.meters.nvml.meter import NvmlMeter
from tests.nvml.curve import Curve
from tests.nvml.library import FakeDevice, FakeNvml

TURNS: Curve = ((0.15, 600.0), (0.17, 130.0))
REAL = partial(FakeDevice, sample_jitter=0.005, tick_jitter=0.003, latency=0.003)
"""A device that strays from its beat as real ones do."""
EVEN = FakeDevice

HONEST = 1.4
"""Most that errors may be in standard errors, root mean square over the windows of one recording.

They are few that do not overlap, and they share one estimate of the delay.
"""

OpenMeter = Callable[[], NvmlMeter]
"""Opens a meter, which is closed after the test."""


def recorded(meter: NvmlMeter, seconds: float) -> tuple[float, float]:
    """Attach, let time pass, and give the stretch that is known then."""
    meter.attach()
    start = time.perf_counter()
    time.sleep(seconds)
    end = time.perf_counter()
    meter.wait_until_covered(end)
    return start, end


def compare(
    meter: NvmlMeter, fake: FakeNvml, start: float, end: float, count: int = 60
) -> tuple[list[float], list[float]]:
    """Errors of random windows of 0.5 to 1.5 s: relative, and in standard errors."""
    random = np.random.default_rng(1)
    relative, scores = [], []
    for _ in range(count):
        length = random.uniform(0.5, 1.5)
        a = random.uniform(start, end - length)
        (reading,) = meter.read(a, a + length)
        truth = fake.joules(a, a + length)
        relative.append(reading.joules / truth - 1.0)
        scores.append((reading.joules - truth) / reading.stderr)
    return relative, scores


def rms(values: list[float]) -> float:
    return math.sqrt(math.fsum(v * v for v in values) / len(values))
