"""How the power samples of a recording relate to its energy counter: delay, gain, misfit."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_inferenergy.meters.samples import GAP

Floats = NDArray[np.float64]

EARLIEST, LATEST, GRID = -0.1, 0.2, 0.0025
"""The delays tried, seconds."""
DELAY_PRIOR = 0.05
"""Standard deviation, seconds, of the weak prior on the delay."""
TICK_DOUBT, TICK_DOUBT_WEIGHT = 0.003, 3.0
"""What is held of the ticks beforehand: told to 3 ms; it weighs as much as three steps."""
FEWEST_STEPS = 4
"""With fewer steps than these of the counter the delay is not estimated."""


class Fit(NamedTuple):
    """What the steps of the counter say of the samples."""

    delay: float
    """Seconds by which the ticks follow the samples."""
    gain: float
    """Joules of the counter for each joule of the samples."""
    misfit: float
    """Standard error of the curve at one instant where samples give its shape, joules."""
    rough: float
    """The same where it runs straight from tick to tick, joules."""
    unrest: float
    """Twice the standard deviation of power from tick to tick, watts."""


def fit(ticks: Floats, joules: Floats, times: Floats, shape: Floats) -> Fit:
    """Fit samples (``shape``: their integral at ``times``) to two ticks or more.

    The delay is the shift at which the steps of the shape, times a gain, match the steps of the
    counter best: least squares, tried on a grid, since a load in turns has more than one optimum.
    Where samples and ticks hardly overlap, the ticks stand alone.
    """
    rough = _rough(ticks, joules)
    unrest = 2.0 * float(np.std(np.diff(joules) / np.diff(ticks)))
    alone = Fit(0.0, 1.0, rough, rough, unrest)
    if not len(times):
        return alone
    inside = (ticks - LATEST >= times[0]) & (ticks - EARLIEST <= times[-1])
    ticks, joules = ticks[inside], joules[inside]
    if len(ticks) < 2:
        return alone
    told = _told(ticks, times)
    steps = np.diff(joules)[told]
    if len(steps) < FEWEST_STEPS:
        return alone
    watts = float((joules[-1] - joules[0]) / (ticks[-1] - ticks[0]))

    def at(delay: float) -> tuple[float, float]:
        """Gain and sum of squares at a delay."""
        moved = np.diff(np.interp(ticks - delay, times, shape))[told]
        gain = float(steps @ moved) / max(float(moved @ moved), 1e-12)
        return gain, float(np.square(steps - gain * moved).sum())

    # both ends of a step have an error; delay and gain have taken a degree of freedom each
    beforehand = TICK_DOUBT_WEIGHT * (TICK_DOUBT * watts) ** 2
    freedom = len(steps) - 2 + TICK_DOUBT_WEIGHT

    def variance(squares: float) -> float:
        return (squares / 2.0 + beforehand) / freedom

    delays = np.arange(EARLIEST, LATEST + GRID / 2, GRID)
    squares = np.array([at(float(delay))[1] for delay in delays])
    noise = max(2.0 * variance(float(squares.min())), 1e-12)
    delay = _vertex(delays, squares / noise + np.square(delays / DELAY_PRIOR))
    gain, left = at(delay)
    return Fit(delay, gain if gain > 0 else 1.0, math.sqrt(variance(left)), rough, unrest)


def _told(ticks: Floats, times: Floats) -> NDArray[np.bool_]:
    """Which steps the samples tell all through: none with a gap, such as a pause of recording."""
    apart = np.diff(times)
    gaps = np.concatenate([[0], np.cumsum(apart > GAP * np.median(apart))])
    first = np.searchsorted(times, ticks[:-1] - LATEST, side="right") - 1
    last = np.searchsorted(times, ticks[1:] - EARLIEST)
    newest = len(times) - 1
    found: NDArray[np.bool_] = gaps[np.clip(last, 0, newest)] == gaps[np.clip(first, 0, newest)]
    return found


def _rough(ticks: Floats, joules: Floats) -> float:
    """How badly a straight line between its neighbours tells a tick, joules."""
    if len(ticks) < 3:
        return float(joules[-1] - joules[0])
    share = (ticks[1:-1] - ticks[:-2]) / (ticks[2:] - ticks[:-2])
    missed = joules[1:-1] - joules[:-2] - share * (joules[2:] - joules[:-2])
    apart = ticks[2:] - ticks[:-2]
    missed = missed[apart <= GAP * np.median(apart)]  # a pause of recording tells nothing
    return float(np.sqrt(np.mean(np.square(missed))))


def _vertex(x: Floats, cost: Floats) -> float:
    """Where a curve is least: the vertex of the parabola through its lowest three points."""
    i = int(np.argmin(cost))
    if i in (0, len(x) - 1):
        return float(x[i])
    left, middle, right = cost[i - 1 : i + 2]
    bend = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / bend if bend > 0 else 0.0
    return float(x[i] + shift * (x[1] - x[0]))
