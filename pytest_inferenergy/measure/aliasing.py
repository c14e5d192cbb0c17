"""Doubt where calls keep step with the power sensor.

A sensor that looks every 20 ms at work that repeats every 20 ms sees the same moment of each call
again and again: its mean is the power of that moment, and nothing in its samples tells. On an
NVIDIA H200, bursts of 10 ms every 20 ms were told 13 % apart by when they began, by samples and
counter alike. Only the caller knows how often the work repeats, so the doubt is found here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from pytest_inferenergy.measure.window import Window

HARMONICS = 5
"""Bursts of a tenth of their period still have a fifth of their swing at the fifth harmonic."""
FASTEST = 2
"""What repeats faster than so many times a sample, board and sensor smooth."""
KNOWN = 0.002
"""To this share the period of calls or sensor is known, and keeps."""
UNKNOWN_BUSY = 0.5
"""Share of the time that a device works, where it does not say."""


def aliasing_doubt(windows: Sequence[Window], idle_watts: float | None) -> float:
    """Standard error, relative, that windows share when their calls keep step with the sensor.

    Work of mean power W that is on for a share u of the time and at rest (``idle_watts``) else,
    looked at always at the same moment of its period, is told with a standard deviation of
    (W - idle) sqrt((1 - u) / u) over the moments (a Bernoulli variable of mean u); no more than
    W - idle is stated. It is weighed by how well the calls keep step (`in_step`). 0 where no sensor
    sampled.
    """
    every = [r.sampled_every for w in windows for r in w.readings if r.sampled_every is not None]
    calls = sum(window.calls for window in windows)
    if not every or calls < 2 * len(windows):  # a call alone repeats nothing
        return 0.0
    seconds = math.fsum(window.seconds for window in windows)
    step = in_step(seconds / calls, seconds, fmean(every))
    watts = math.fsum(window.joules for window in windows) / seconds
    busy = _busy(windows)
    swing = max(0.0, watts - (idle_watts or 0.0)) * min(1.0, math.sqrt((1 - busy) / busy))
    return step * swing / watts


def in_step(period: float, seconds: float, sampled_every: float) -> float:
    """How well work of a period keeps step with a sensor over a time; 0 to 1, all in seconds.

    The n-th harmonic of the work, 1/n of its swing, meets the m-th of the sampling at the beat
    |n/period - m/sampled_every|; one whole beat within the time, and every moment has been seen.
    """
    found = 0.0
    for n in range(1, HARMONICS + 1):
        m = round(n * sampled_every / period)
        if 1 <= m <= FASTEST:
            beat = abs(n / period - m / sampled_every) - KNOWN * m / sampled_every
            found = max(found, (1.0 - min(1.0, seconds * max(0.0, beat))) / n)
    return found


def _busy(windows: Sequence[Window]) -> float:
    """Share of the time that the devices worked; at least a hundredth."""
    told = [
        reading.state.busy
        for window in windows
        for reading in window.readings
        if reading.state is not None and reading.state.busy is not None
    ]
    return max(0.01, min(1.0, fmean(told))) if told else UNKNOWN_BUSY
