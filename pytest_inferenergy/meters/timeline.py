"""One monotone energy curve from a coarse counter and fine power samples.

NVML's energy counter is absolute but moves in ticks of about 100 ms; its power samples are about
20 ms apart but carry a gain of their own. Joined, they tell the energy between any two instants:

* the samples, integrated, give the *shape*: each sample stands for the time since the one before;
* between two ticks the shape is scaled to the counter's step, so nothing drifts from the counter;
* a tick shows an instant of the samples' clock that lies a ``delay`` back. The delay differs by
  device and recording and is estimated from this recording (`fit`): it is the shift at which the
  steps of the shape match the steps of the counter best. A weak prior at 0 matters only where a
  steady load leaves the delay open, and there the delay does not matter.

Instants are in the counter's clock: at a tick the curve equals the counter. To ask about an instant
of the samples' clock, add `Timeline.delay`.

The standard error is found from the recording too: how badly the scaled samples miss the counter's
steps tells how far a point of the curve can be off (`Timeline._edge_variance`).
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable

import numpy as np

from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.fit import Fit, fit
from pytest_inferenergy.meters.samples import ABSURD, Samples

__all__ = ["Energy", "Timeline"]

FIT_TICKS = 600
"""The fit is made from this many of the newest ticks, and `forget` keeps them."""
REFIT_EVERY = 50
"""New ticks after which the fit is made again; sooner while there are few."""
BEFORE_TICKS = 1.0
"""Samples are kept for so long before the oldest tick, seconds: more than any delay."""
KEPT_WITHOUT_TICKS = 2.0
"""What `forget` leaves before the instant where there are only samples, seconds."""
GAIN_DOUBT = 0.01
"""Relative error of samples without ticks around them: over bursts they have been 1 % off."""


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
        self._time = array("d")
        self._joules = array("d")
        self._samples = Samples()
        self._fitted = Fit(0.0, 1.0, 0.0, 0.0, 0.0)
        self._count = 0  # ticks ever added
        self._fitted_at = 0  # of these, when the fit was made
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
            self._samples.add(float(time), float(watts))

    def _add_tick(self, time: float, joules: float) -> None:
        if not (abs(time) < ABSURD and abs(joules) < ABSURD):
            raise ValueError(f"a counter tick must be finite, got ({time}, {joules})")
        if self._time:
            if joules < self._joules[-1]:
                raise ValueError(f"the counter went back at {time} s: {joules} J")
            if time <= self._time[-1]:
                return
        self._time.append(time)
        self._joules.append(joules)
        self._count += 1

    def forget(self, before: float) -> None:
        """Drop what lies before an instant; what the fit and the edges need stays, bounded."""
        first = min(bisect_right(self._time, before) - 2, len(self._time) - FIT_TICKS)
        if first > 0:
            del self._time[:first]
            del self._joules[:first]
        if self._time:
            self._samples.forget(self._time[0] - BEFORE_TICKS)
        else:
            self._samples.forget(before - KEPT_WITHOUT_TICKS)

    @property
    def recorded(self) -> int:
        """How many ticks and samples are kept just now."""
        return len(self._time) + len(self._samples)

    # -- what can be asked ---------------------------------------------------------------------

    @property
    def delay(self) -> float:
        """Seconds by which the counter's ticks follow the samples, as estimated."""
        return self._fit().delay

    @property
    def gain(self) -> float:
        """Joules of the counter for each joule of the samples; near 1 on a healthy device."""
        return self._fit().gain

    @property
    def span(self) -> tuple[float, float] | None:
        """First and last instant for which energy can be told, ``None`` while there is none."""
        if len(self._time) >= 2:
            return self._time[0], self._time[-1]
        if not self._time and len(self._samples) >= 2:
            return self._samples.first, self._samples.last
        return None

    @property
    def settled(self) -> float:
        """Up to where what is told will not change: the last tick that the samples reach.

        Between later ticks the newest sample is held, and where the load has just ended that
        shapes the interval wrongly. Minus infinity while nothing can be told.
        """
        span = self.span
        if span is None:
            return -math.inf
        if not self._time or len(self._samples) < 2:
            return span[1]
        k = bisect_right(self._time, self._samples.last + self._fit().delay) - 1
        return self._time[k] if k >= 1 else -math.inf

    def energy_between(self, t0: float, t1: float) -> Energy:
        """Joules from ``t0`` to ``t1`` (seconds, counter's clock) and their standard error.

        The error has one part for each edge, and they are added as if independent: the curve
        meets the counter at every tick, so an error at one edge says nothing of the other.
        Raises ``ValueError`` where the recording does not reach.
        """
        if not t0 <= t1:
            raise ValueError(f"a window must end after it starts, got {t0} to {t1}")
        if not self._time:
            joules = self._samples.joules(t1) - self._samples.joules(t0)
            variance = self._samples.variance(t0, t1) + (GAIN_DOUBT * joules) ** 2
            return Energy(joules, math.sqrt(variance))
        joules = self._curve(t1) - self._curve(t0)
        if t0 == t1:
            return Energy(0.0, 0.0)
        return Energy(joules, math.sqrt(self._edge_variance(t0) + self._edge_variance(t1)))

    # -- the curve -----------------------------------------------------------------------------

    def _interval(self, t: float) -> int | None:
        """Index of the tick that begins the interval of ``t``, ``None`` beyond the ticks."""
        k = bisect_right(self._time, t) - 1
        if k == len(self._time) - 1 and k > 0 and t == self._time[k]:
            k -= 1
        return k if 0 <= k < len(self._time) - 1 else None

    def _curve(self, t: float) -> float:
        """What the counter would show at ``t``, had it no ticks, joules."""
        k = self._interval(t)
        if k is None:
            return self._beyond(t)
        start, end = self._time[k], self._time[k + 1]
        share = (t - start) / (end - start)
        if self._is_shaped(k):
            delay = self._fit().delay
            origin = self._samples.joules(start - delay)
            whole = self._samples.joules(end - delay) - origin
            if whole > 0:
                share = (self._samples.joules(t - delay) - origin) / whole
        return self._joules[k] + share * (self._joules[k + 1] - self._joules[k])

    def _is_shaped(self, k: int) -> bool:
        delay = self._fit().delay
        return self._samples.tell(self._time[k] - delay, self._time[k + 1] - delay)

    def _beyond(self, t: float) -> float:
        """The curve before the first tick or after the last one."""
        i = 0 if t < self._time[0] else -1
        return self._joules[i] + self._fit().gain * self._shape_since(i, t)

    def _shape_since(self, i: int, t: float) -> float:
        """Joules of the samples from tick ``i`` (the first or the last) to ``t``."""
        tick, delay = self._time[i], self._fit().delay
        if t == tick:
            return 0.0
        try:
            return self._samples.joules(t - delay) - self._samples.joules(tick - delay)
        except ValueError:
            raise ValueError(
                f"the recording runs from {self._time[0]:.6f} to {self._time[-1]:.6f} s; "
                f"{t:.6f} s is outside"
            ) from None

    # -- how sure ------------------------------------------------------------------------------

    def _edge_variance(self, t: float) -> float:
        """Variance of the curve at one instant, J^2.

        The misfit of the whole recording (ticks noticed late, samples that do not add up), and

        * where samples tell the shape: power that changes within the sample around the edge;
        * where they have a gap: the step may have come in any course. A load switched once errs
          by at most E u (1 - u) for a point a share u into a step of E joules;
        * where there are none: the same, but power stays within what the steps show of it, and
          the misfit is that of straight lines;
        * beyond the ticks: the samples' own gain.
        """
        variance = self._fit().misfit ** 2
        k = self._interval(t)
        if k is None:
            i = 0 if t < self._time[0] else -1
            return variance + (GAIN_DOUBT * self._shape_since(i, t)) ** 2
        start, end = self._time[k], self._time[k + 1]
        share = (t - start) / (end - start)
        if not self._is_shaped(k):
            return self._fit().rough ** 2 + (self._swing(k) * share * (1.0 - share)) ** 2
        delay = self._fit().delay
        variance += self._samples.edge_variance(t - delay)
        if self._samples.have_gap(start - delay, end - delay):
            step = self._joules[k + 1] - self._joules[k]
            variance += (step * share * (1.0 - share)) ** 2
        return variance

    def _swing(self, k: int) -> float:
        """Joules by which interval ``k`` would differ at the highest and the lowest power."""
        near = range(max(k - 1, 0), min(k + 2, len(self._time) - 1))
        watts = [
            (self._joules[i + 1] - self._joules[i]) / (self._time[i + 1] - self._time[i])
            for i in near
        ]
        swing = max(max(watts) - min(watts), self._fit().unrest)
        return swing * (self._time[k + 1] - self._time[k])

    # -- the fit of samples to ticks -----------------------------------------------------------

    def _fit(self) -> Fit:
        """The fit, made again when enough ticks have come."""
        due = self._fitted_at + min(REFIT_EVERY, 1 + self._fitted_at // 4)
        if self._count < due or len(self._time) < 2:
            return self._fitted
        self._fitted_at = self._count
        ticks = np.array(self._time[-FIT_TICKS:])
        joules = np.array(self._joules[-FIT_TICKS:])
        self._fitted = fit(ticks, joules, *self._samples.since(ticks[0] - BEFORE_TICKS))
        return self._fitted
