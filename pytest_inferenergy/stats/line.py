"""The straight line energy = a + P0 · time through a run's windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from pytest_inferenergy.stats.series import mean

MIN_WINDOWS = 6
WORST_RELATIVE_STDERR = 0.25
"""A slope is identified when its standard error is at most this share of the mean power."""


class Line(NamedTuple):
    """Ordinary least squares of joules on seconds per inference, over windows."""

    watts: float
    """The slope P0: power while waiting for the host, watts."""
    stderr: float
    """Standard error of the slope, watts."""
    share: float
    """R²: share of the windows' variance that the pace explains, 0 to 1."""


def fit(joules: Sequence[float], seconds: Sequence[float]) -> Line | None:
    """The line through the windows, or ``None`` where pace varies too little to tell its slope.

    Both sequences have one value a window: joules and seconds per inference. The time is known
    exactly beside the energy, so least squares of energy on time is unbiased. The slope's standard
    error is √(Σresidual²/(n − 2)/Σ(t − t0)²).
    """
    n = len(joules)
    if n < MIN_WINDOWS:
        return None
    t0, e0 = mean(seconds), mean(joules)
    stt = math.fsum((t - t0) ** 2 for t in seconds)
    see = math.fsum((e - e0) ** 2 for e in joules)
    if stt <= (1e-9 * t0) ** 2 * n or see <= (1e-12 * e0) ** 2 * n:
        return None
    ste = math.fsum((t - t0) * (e - e0) for t, e in zip(seconds, joules, strict=True))
    share = min(1.0, ste * ste / (stt * see))
    slope = ste / stt
    stderr = math.sqrt(see * (1 - share) / (n - 2) / stt)
    if stderr > WORST_RELATIVE_STDERR * e0 / t0:
        return None
    return Line(slope, stderr, share)
