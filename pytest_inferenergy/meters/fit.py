"""How the power samples of a recording relate to its energy counter: delay, gain, misfit."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_inferenergy.meters.samples import GAP

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

EARLIEST, LATEST, GRID = -0.1, 0.2, 0.0025
"""The delays tried, seconds."""
DELAY_PRIOR = 0.05
"""Standard deviation, seconds, of the weak prior on the delay."""
TICK_DOUBT, TICK_DOUBT_WEIGHT = 0.003, 3.0
"""What is held of the ticks beforehand: told to 3 ms; it weighs as much as three steps."""
FEWEST_STEPS = 4
"""With fewer steps than these of the counter the delay is not estimated."""
STRETCH = 0.9
"""Counter and samples are compared over stretches of at least so long, seconds."""
STEADY = 0.1
"""A stretch is steady where power from tick to tick differs by no more than this (relative sd)."""
STEADY_BAND, BAND, GROSS_BAND = 0.05, 0.15, 0.3
"""In a steady stretch counter and samples agree to 5 %: on an H200 they do to 1.5 %. In others, and
over less than a stretch, the edges of a load may hide more, and most while the delay is unknown."""
SHORTEST = 0.25
"""Over less than this, seconds, they are not compared."""


class Fit(NamedTuple):
    """What the steps of the counter say of the samples."""

    rough: float = 0.0
    """Standard error of the curve at one instant where it runs straight from tick to tick, J."""
    unrest: float = 0.0
    """Twice the standard deviation of power from tick to tick, watts."""
    misfit: float = 0.0
    """Standard error of the curve at one instant where samples give its shape, joules."""
    delay: float = 0.0
    """Seconds by which the ticks follow the samples."""
    delay_doubt: float = 0.0
    """Standard error of that."""
    gain: float = 1.0
    """Joules of the counter for each joule of the samples."""
    watts: float = 0.0
    """Mean power."""
    disagree: bool = False
    """Whether counter and samples tell of different powers, beyond what the edges explain."""


def fit(ticks: Floats, joules: Floats, times: Floats, shape: Floats) -> Fit:
    """Fit samples (``shape``: their integral at ``times``) to two ticks or more.

    Where samples and ticks hardly overlap, the ticks stand alone.
    """
    rough = _rough(ticks, joules)
    alone = Fit(rough, 2.0 * float(np.std(np.diff(joules) / np.diff(ticks))), rough)
    if not len(times):
        return alone
    alone = alone._replace(disagree=_grossly(ticks, joules, times, shape))
    inside = (ticks - LATEST >= times[0]) & (ticks - EARLIEST <= times[-1])
    if inside.sum() < 2:
        return alone
    ticks, joules = ticks[inside], joules[inside]
    told = _told(ticks, times)
    if told.sum() < FEWEST_STEPS:
        return alone
    found = _fit_shape(ticks, np.diff(joules), told, times, shape, alone)
    moved = np.diff(np.interp(ticks - found.delay, times, shape))
    return found._replace(disagree=_disagree(np.diff(ticks), np.diff(joules), moved, told))


def _fit_shape(
    ticks: Floats, steps: Floats, told: Bools, times: Floats, shape: Floats, alone: Fit
) -> Fit:
    """The delay at which the steps of the shape, times a gain, match those of the counter best.

    Least squares, tried on a grid, since a load in turns has more than one optimum.
    """
    watts = float(steps.sum() / (ticks[-1] - ticks[0]))
    steps = steps[told]

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
    delay, doubt = _vertex(delays, squares / noise + np.square(delays / DELAY_PRIOR))
    gain, left = at(delay)
    return alone._replace(
        misfit=math.sqrt(variance(left)),
        delay=delay,
        delay_doubt=doubt,
        gain=gain if gain > 0 else 1.0,
        watts=watts,
    )


def _told(ticks: Floats, times: Floats) -> Bools:
    """Which steps the samples tell all through: none with a gap, such as a pause of recording."""
    apart = np.diff(times)
    gaps = np.concatenate([[0], np.cumsum(apart > GAP * np.median(apart))])
    first = np.searchsorted(times, ticks[:-1] - LATEST, side="right") - 1
    last = np.searchsorted(times, ticks[1:] - EARLIEST)
    newest = len(times) - 1
    found: Bools = gaps[np.clip(last, 0, newest)] == gaps[np.clip(first, 0, newest)]
    return found


def _disagree(seconds: Floats, steps: Floats, moved: Floats, told: Bools) -> bool:
    """Whether the steps of the counter and of the shape (``moved``) differ in most stretches."""
    beyond: list[bool] = []
    first = 0
    for last in range(len(steps)):
        if not told[last]:  # a pause of recording, or a gap
            first = last + 1
        elif seconds[first : last + 1].sum() >= STRETCH:
            whole = slice(first, last + 1)
            beyond.append(_differ(seconds[whole], steps[whole], moved[whole], BAND))
            first = last + 1
    if not beyond:
        return _differ(seconds[told], steps[told], moved[told], BAND, steady=BAND)
    return 2 * sum(beyond) > len(beyond)


def _grossly(ticks: Floats, joules: Floats, times: Floats, shape: Floats) -> bool:
    """The same of a recording too short to tell the delay."""
    inside = (ticks >= times[0]) & (ticks <= times[-1])
    ticks, joules = ticks[inside], joules[inside]
    if len(ticks) < 2 or ticks[-1] - ticks[0] < SHORTEST or not _told(ticks, times).all():
        return False
    moved = np.diff(np.interp(ticks, times, shape))
    return _differ(np.diff(ticks), np.diff(joules), moved, GROSS_BAND, steady=GROSS_BAND)


def _differ(
    seconds: Floats, steps: Floats, moved: Floats, band: float, *, steady: float = STEADY_BAND
) -> bool:
    """Whether counter and samples differ by more than the band of such a stretch."""
    watts = steps / seconds
    is_steady = float(np.std(watts)) <= STEADY * float(np.mean(watts))
    joules = float(moved.sum())
    return abs(float(steps.sum()) - joules) > (steady if is_steady else band) * joules


def _rough(ticks: Floats, joules: Floats) -> float:
    """How badly a straight line between its neighbours tells a tick, joules."""
    if len(ticks) < 3:
        return float(joules[-1] - joules[0])
    share = (ticks[1:-1] - ticks[:-2]) / (ticks[2:] - ticks[:-2])
    missed = joules[1:-1] - joules[:-2] - share * (joules[2:] - joules[:-2])
    apart = ticks[2:] - ticks[:-2]
    missed = missed[apart <= GAP * np.median(apart)]  # a pause of recording tells nothing
    return float(np.sqrt(np.mean(np.square(missed))))


def _vertex(x: Floats, cost: Floats) -> tuple[float, float]:
    """Where a sum of squared errors in units of one is least, and the standard error of that.

    From the parabola through its lowest three points.
    """
    i = min(max(int(np.argmin(cost)), 1), len(x) - 2)
    left, middle, right = cost[i - 1 : i + 2]
    bend = left - 2.0 * middle + right
    if bend <= 0:
        return float(x[i]), DELAY_PRIOR
    grid = x[1] - x[0]
    shift = min(max(0.5 * (left - right) / bend, -1.0), 1.0)
    return float(x[i] + shift * grid), min(float(grid * math.sqrt(2.0 / bend)), DELAY_PRIOR)
