"""One monotone energy curve from a coarse counter and fine power samples.

NVML's energy counter is absolute but moves in ticks of about 100 ms; its power samples are about
20 ms apart but carry a gain of their own. Joined, they tell the energy between any two instants:

* the samples, integrated, give the *shape* ``S(t)``: each sample stands for the time since the
  one before;
* between two ticks the shape is scaled to the counter's step, so nothing drifts from the counter;
* the counter's tick shows an instant of the samples' clock that lies a ``delay`` back. The delay
  differs by device and recording and is estimated from this recording: it is the shift at which
  the steps of ``S`` match the steps of the counter best (least squares, with a weak prior at 0
  that matters only where a steady load leaves the delay open, and where it does not matter).

Instants are in the counter's clock: at a tick the curve equals the counter. To ask about an instant
of the samples' clock, add `Timeline.delay`.

The standard error is found from the recording too: how badly the scaled samples miss the counter's
steps tells how far a point of the curve can be off (`_edge_variance`).
"""

from __future__ import annotations

import itertools
import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from pytest_inferenergy.meters.energy import Energy

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Energy", "Timeline"]

RESTAMPED = 1e-3
"""Samples closer than this, seconds, are one sample stamped twice."""
GAP = 3.0
"""A pause longer than this many usual sample distances is a gap: its power is not known."""
FIT_TICKS = 600
"""The delay and the misfit are estimated from this many of the newest ticks (about a minute)."""
REFIT_EVERY = 50
"""New ticks after which the estimate is made again; sooner while there are few."""
DELAY_PRIOR = 0.05
"""Standard deviation, seconds, of the weak prior on the delay."""


class Timeline:
    """What a meter recorded; answers how many joules passed between two instants.

    ``ticks`` are (seconds, joules) pairs of the counter at its changes, ``samples`` (seconds,
    watts) pairs, both in order of time and one clock. Either may be empty: without samples the
    curve runs straight between ticks, without ticks it is the integral of the samples alone; the
    standard error says what that costs. Raises ``ValueError`` for numbers that are not finite, and
    for a counter that goes back.
    """

    def __init__(
        self,
        ticks: Iterable[tuple[float, float]] = (),
        samples: Iterable[tuple[float, float]] = (),
    ) -> None:
        self._tick_time = array("d")
        self._tick_joules = array("d")
        self._time = array("d")
        self._watts = array("d")
        self._integral = array("d")  # of the samples, joules, at each of their instants
        self._doubt = array("d")  # running sum of (change of power x duration)^2 / 12, J^2
        self._fit_at = 0
        self._tick_count = 0
        self._delay = 0.0
        self._gain = 1.0
        self._misfit = 0.0
        self._period = math.nan
        self.extend(ticks, samples)

    # -- recording -----------------------------------------------------------------------------

    def extend(
        self,
        ticks: Iterable[tuple[float, float]] = (),
        samples: Iterable[tuple[float, float]] = (),
    ) -> None:
        """Append newer ticks and samples."""
        for time, joules in ticks:
            self._add_tick(float(time), float(joules))
        for time, watts in samples:
            self._add_sample(float(time), float(watts))

    def _add_tick(self, time: float, joules: float) -> None:
        if not (math.isfinite(time) and math.isfinite(joules)):
            raise ValueError(f"a counter tick must be finite, got ({time}, {joules})")
        if self._tick_time:
            if joules < self._tick_joules[-1]:
                raise ValueError(f"the counter went back at {time} s: {joules} J")
            if time <= self._tick_time[-1]:
                return
        self._tick_time.append(time)
        self._tick_joules.append(joules)
        self._tick_count += 1

    def _add_sample(self, time: float, watts: float) -> None:
        if not (math.isfinite(time) and math.isfinite(watts)) or watts < 0:
            raise ValueError(f"a power sample must be finite and >= 0, got ({time}, {watts})")
        if not self._time:
            self._integral.append(0.0)
            self._doubt.append(0.0)
        else:
            duration = time - self._time[-1]
            if duration < RESTAMPED:
                return
            before = self._watts[-1]
            power = 0.5 * (before + watts) if self._is_gap(duration) else watts
            self._integral.append(self._integral[-1] + power * duration)
            self._doubt.append(self._doubt[-1] + ((watts - before) * duration) ** 2 / 12.0)
        self._time.append(time)
        self._watts.append(watts)

    def _is_gap(self, duration: float) -> bool:
        if math.isnan(self._period) and len(self._time) >= 16:
            self._period = float(np.median(np.diff(np.asarray(self._time[:64]))))
        return duration > GAP * self._period  # never while the period is unknown (nan)

    def forget(self, before: float) -> None:
        """Drop what lies before an instant, keeping one tick and a few samples ahead of it."""
        first = bisect_right(self._tick_time, before) - 2
        if first > 0:
            del self._tick_time[:first]
            del self._tick_joules[:first]
        start = self._tick_time[0] if self._tick_time else before
        oldest = bisect_right(self._time, start - 1.0) - 1
        if oldest > 0:
            for column in (self._time, self._watts, self._integral, self._doubt):
                del column[:oldest]

    # -- what can be asked ---------------------------------------------------------------------

    @property
    def delay(self) -> float:
        """Seconds by which the counter's ticks follow the samples, as estimated."""
        self._fit()
        return self._delay

    @property
    def gain(self) -> float:
        """Joules of the counter for each joule of the samples; near 1 on a healthy device."""
        self._fit()
        return self._gain

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last instant for which energy can be told, ``None`` while there is none."""
        if len(self._tick_time) >= 2:
            return self._tick_time[0], self._tick_time[-1]
        if not self._tick_time and len(self._time) >= 2:
            return self._time[0], self._time[-1]
        return None

    def energy_between(self, t0: float, t1: float) -> Energy:
        """Joules from ``t0`` to ``t1`` (seconds, counter's clock) and their standard error.

        The error has one part for each edge, and they are added as if independent: the curve
        meets the counter at every tick, so an error at one edge says nothing of the other.
        Raises ``ValueError`` where the recording does not reach.
        """
        if not t0 <= t1:
            raise ValueError(f"a window must end after it starts, got {t0} to {t1}")
        self._fit()
        joules = self._curve(t1) - self._curve(t0)
        if t0 == t1:
            return Energy(0.0, 0.0)
        if self._tick_time:
            variance = self._edge_variance(t0) + self._edge_variance(t1)
        else:
            variance = self._doubt_between(t0, t1)
        return Energy(joules, math.sqrt(variance))

    # -- the curve -----------------------------------------------------------------------------

    def _shape(self, t: float) -> float:
        """Integral of the samples up to ``t``, joules; ``t`` in the samples' clock."""
        i = bisect_left(self._time, t)
        if i == len(self._time) and self._time and t <= self._reach:
            return self._integral[-1] + self._watts[-1] * (t - self._time[-1])
        if i == 0 and self._time and t == self._time[0]:
            return self._integral[0]
        if i == 0 or i == len(self._time):
            raise ValueError(f"no power sample reaches the instant {t:.6f} s")
        before, after = self._time[i - 1], self._time[i]
        share = (t - before) / (after - before)
        return self._integral[i - 1] + share * (self._integral[i] - self._integral[i - 1])

    @property
    def _reach(self) -> float:
        """How far the samples tell the shape: the newest one holds until the next is due."""
        held = 0.0 if math.isnan(self._period) or not self._tick_time else 1.5 * self._period
        return self._time[-1] + held

    def _has_shape(self, start: float, end: float) -> bool:
        return bool(self._time) and self._time[0] <= start and end <= self._reach

    def _interval(self, t: float) -> tuple[int, int] | None:
        """Indices of the ticks around ``t``, ``None`` beyond the first and the last."""
        i = bisect_right(self._tick_time, t)
        if i == len(self._tick_time) and i and t == self._tick_time[-1]:
            i -= 1
        return (i - 1, i) if 0 < i < len(self._tick_time) else None

    def _curve(self, t: float) -> float:
        """Joules of the counter at ``t``, had it no ticks."""
        if not self._tick_time:
            return self._shape(t)
        between = self._interval(t)
        if between is None:
            return self._beyond(t)
        k, n = between
        start, end = self._tick_time[k], self._tick_time[n]
        base, step = self._tick_joules[k], self._tick_joules[n] - self._tick_joules[k]
        if self._has_shape(start - self._delay, end - self._delay):
            origin = self._shape(start - self._delay)
            whole = self._shape(end - self._delay) - origin
            if whole > 0:
                return base + step * ((self._shape(t - self._delay) - origin) / whole)
        return base + step * ((t - start) / (end - start))

    def _beyond(self, t: float) -> float:
        """The curve before the first or after the last tick, by the samples and their gain."""
        i = 0 if t < self._tick_time[0] else -1
        tick = self._tick_time[i]
        if t == tick:
            return self._tick_joules[i]
        try:
            shape = self._shape(t - self._delay) - self._shape(tick - self._delay)
        except ValueError:
            raise ValueError(
                f"the recording runs from {self._tick_time[0]:.6f} to {self._tick_time[-1]:.6f} s; "
                f"{t:.6f} s is outside"
            ) from None
        return self._tick_joules[i] + self._gain * shape

    # -- how sure ------------------------------------------------------------------------------

    def _edge_variance(self, t: float) -> float:
        """Variance of the curve at one instant, J^2.

        Three causes, added: the misfit of the whole recording (ticks noticed late, samples that
        do not add up); power that changes within the sample around the edge (uniform over it); and
        where no samples tell the shape, any course between the ticks: a point a share u into a step
        of E joules has at most E u (1 - u) of error for a load switched once.
        """
        variance = self._misfit**2
        between = self._interval(t)
        if between is None:
            return variance + self._extrapolation_variance(t)
        k, n = between
        start, end = self._tick_time[k], self._tick_time[n]
        if self._has_shape(start - self._delay, end - self._delay):
            i = bisect_left(self._time, t - self._delay)
            variance += self._doubt[min(i + 1, len(self._doubt) - 1)] - self._doubt[max(i - 1, 0)]
            if not self._gap_within(start - self._delay, end - self._delay):
                return variance
        share = (t - start) / (end - start)
        step = self._tick_joules[n] - self._tick_joules[k]
        return variance + (step * share * (1.0 - share)) ** 2

    def _gap_within(self, start: float, end: float) -> bool:
        i, n = bisect_right(self._time, start), bisect_left(self._time, end)
        times = self._time[max(i - 1, 0) : n + 1]
        return any(self._is_gap(b - a) for a, b in itertools.pairwise(times))

    def _extrapolation_variance(self, t: float) -> float:
        tick = self._tick_time[0] if t < self._tick_time[0] else self._tick_time[-1]
        if t == tick:
            return 0.0
        shape = self._shape(t - self._delay) - self._shape(tick - self._delay)
        return (0.01 * shape) ** 2  # samples' gain has been seen within 1 % over short bursts

    def _doubt_between(self, t0: float, t1: float) -> float:
        """Variance of a pure integral of held samples, J^2: each change fell somewhere within."""
        i, n = bisect_left(self._time, t0), bisect_left(self._time, t1)
        return self._doubt[n] - self._doubt[max(i - 1, 0)]

    # -- the fit of samples to ticks -----------------------------------------------------------

    def _fit(self) -> None:
        fresh = self._tick_count - self._fit_at
        if self._fit_at > 0 and fresh < min(REFIT_EVERY, 1 + self._fit_at // 4):
            return
        ticks = np.array(self._tick_time[-FIT_TICKS:])
        joules = np.array(self._tick_joules[-FIT_TICKS:])
        if len(ticks) < 2:
            return
        self._fit_at = self._tick_count
        first = bisect_left(self._time, ticks[0] - 1.0)
        times = np.array(self._time[first:])
        shape = np.array(self._integral[first:])
        self._misfit = _straight_misfit(joules)
        if len(times) >= 2:
            self._fit_delay(ticks, joules, times, shape)

    def _fit_delay(
        self,
        ticks: NDArray[np.float64],
        joules: NDArray[np.float64],
        times: NDArray[np.float64],
        shape: NDArray[np.float64],
    ) -> None:
        distance = float(np.median(np.diff(ticks)))
        reach = min(max(0.1, distance), 0.3)
        inside = (ticks - reach >= times[0]) & (ticks + reach <= times[-1])
        if inside.sum() < 3:
            return
        ticks, joules = ticks[inside], joules[inside]
        steps = np.diff(joules)

        def misses(delay: float) -> NDArray[np.float64]:
            missed: NDArray[np.float64] = steps - np.diff(np.interp(ticks - delay, times, shape))
            return missed

        grid = np.linspace(-0.5 * reach, reach, 61)
        squares = np.array([float(np.square(misses(delay)).sum()) for delay in grid])
        noise = max(float(squares.min()) / len(steps), 1e-12)
        cost = squares / noise + np.square(grid / DELAY_PRIOR)
        self._delay = _vertex(grid, cost)
        missed = misses(self._delay)
        moved = float((steps - missed).sum())
        self._gain = float(steps.sum()) / moved if moved > 0 else 1.0
        # a step has two ends, each with its own error
        self._misfit = math.sqrt(float(np.mean(np.square(missed))) / 2.0)


def _vertex(grid: NDArray[np.float64], cost: NDArray[np.float64]) -> float:
    """Where a curve is least: the vertex of the parabola through its lowest three points."""
    i = int(np.argmin(cost))
    if i in (0, len(grid) - 1):
        return float(grid[i])
    left, middle, right = cost[i - 1 : i + 2]
    bend = left - 2.0 * middle + right
    shift = 0.5 * (left - right) / bend if bend > 0 else 0.0
    return float(grid[i] + shift * (grid[1] - grid[0]))


def _straight_misfit(joules: NDArray[np.float64]) -> float:
    """Error of a straight line between ticks, J: each tick told from its two neighbours."""
    if len(joules) < 3:
        return float(joules[-1] - joules[0])
    return float(np.sqrt(np.mean(np.square(np.diff(joules, 2) / 2.0))))
