"""Power samples and their integral: the shape of the energy curve between the counter's ticks."""

from __future__ import annotations

import itertools
import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from statistics import median

import numpy as np
from numpy.typing import NDArray

ABSURD = 1e15
"""No instant (seconds), power (watts) or energy (joules) is as large; nor is NaN smaller."""
RESTAMPED = 1e-3
"""Samples closer than this, seconds, are one sample stamped twice."""
GAP = 3.0
"""A pause longer than this many usual sample distances is a gap: its power is not known."""
FEWEST = 16
"""From so many samples on their usual distance is known."""
GRID, LATEST = 8, 500
"""Distances taken together for the grid of samples, and how many samples are asked for it."""
INSTANT_DOUBT = 0.003
"""To so much, seconds, the instant of a sample is known at best."""
HELD = 1.5
"""The newest sample holds for so many usual distances, until the next is due."""


class Samples:
    """Samples in order of time, each standing for the time since the one before."""

    def __init__(self) -> None:
        self._time = array("d")
        self._watts = array("d")
        self._joules = array("d")  # the integral at each sample
        self._doubt = array("d")  # running sum of what each sample leaves open, J^2
        self._period = math.nan

    @classmethod
    def of(cls, samples: Iterable[tuple[float, float]]) -> Samples:
        """Samples that are there already."""
        made = cls()
        for time, watts in samples:
            made.add(time, watts)
        return made

    def __len__(self) -> int:
        return len(self._time)

    @property
    def first(self) -> float:
        """Where the integral begins, seconds."""
        return self._time[0]

    @property
    def last(self) -> float:
        """The newest sample's instant, seconds."""
        return self._time[-1]

    @property
    def period(self) -> float | None:
        """Distance of samples in their grid, seconds; ``None`` while there are too few.

        The median over eight distances together: a sample that comes late leaves the next one
        early, and few are missing.
        """
        newest = np.array(self._time[-LATEST:])
        if len(newest) < FEWEST:
            return None
        return float(np.median(newest[GRID:] - newest[:-GRID])) / GRID

    @property
    def reach(self) -> float:
        """Until when the newest sample may be taken to hold, seconds."""
        return self._time[-1] + (0.0 if math.isnan(self._period) else HELD * self._period)

    def add(self, time: float, watts: float) -> None:
        """Append a sample; one that is not newer counts as stamped again and is dropped."""
        if not (abs(time) < ABSURD and 0 <= watts < ABSURD):
            raise ValueError(f"a power sample must be finite and >= 0, got ({time}, {watts})")
        joules = doubt = 0.0
        if self._time:
            duration, before = time - self._time[-1], self._watts[-1]
            if duration < RESTAMPED:
                return
            gap = self._is_gap(duration)
            power = 0.5 * (before + watts) if gap else watts
            # the power changed at some instant of the sample; in a gap it may have been anything
            change = max(before, watts) if gap else watts - before
            joules = self._joules[-1] + power * duration
            doubt = self._doubt[-1] + (change * duration) ** 2 / 12.0
        self._time.append(time)
        self._watts.append(watts)
        self._joules.append(joules)
        self._doubt.append(doubt)
        if len(self._time) == FEWEST:
            self._period = median(b - a for a, b in itertools.pairwise(self._time))

    def _is_gap(self, duration: float) -> bool:
        return duration > GAP * self._period  # never while the period is unknown (nan)

    def forget(self, before: float) -> None:
        """Drop the samples that end before an instant, but for the last of them."""
        first = bisect_right(self._time, before) - 1
        if first > 0:
            for column in (self._time, self._watts, self._joules, self._doubt):
                del column[:first]

    def joules(self, t: float) -> float:
        """The integral up to ``t``; ``ValueError`` where no sample reaches."""
        if not self._time or not self._time[0] <= t <= self.reach:
            raise ValueError(f"no power sample reaches the instant {t:.6f} s")
        i = bisect_left(self._time, t)
        if i == len(self._time):
            return self._joules[-1] + self._watts[-1] * (t - self._time[-1])
        if i == 0:
            return self._joules[0]
        share = (t - self._time[i - 1]) / (self._time[i] - self._time[i - 1])
        return self._joules[i - 1] + share * (self._joules[i] - self._joules[i - 1])

    def watts(self, t: float) -> float:
        """The sample that holds at ``t``."""
        return self._watts[min(bisect_left(self._time, t), len(self._watts) - 1)]

    def tell(self, start: float, end: float) -> bool:
        """Whether there are samples from ``start`` to ``end``."""
        return bool(self._time) and self._time[0] <= start and end <= self.reach

    def have_gap(self, start: float, end: float) -> bool:
        """Whether samples are missing between two instants."""
        i, n = bisect_right(self._time, start), bisect_left(self._time, end)
        times = self._time[max(i - 1, 0) : n + 1]
        return any(self._is_gap(b - a) for a, b in itertools.pairwise(times))

    def edge_variance(self, t: float) -> float:
        """What the samples around ``t`` leave open of the integral up to ``t``, J^2."""
        i = bisect_left(self._time, t)
        return self._doubt[min(i + 1, len(self._doubt) - 1)] - self._doubt[max(i - 1, 0)]

    def variance(self, t0: float, t1: float) -> float:
        """What the samples leave open of the integral from ``t0`` to ``t1``, J^2."""
        i, n = (min(bisect_left(self._time, t), len(self._time) - 1) for t in (t0, t1))
        edges = sum((INSTANT_DOUBT * self._watts[k]) ** 2 for k in (i, n))
        return edges + self._doubt[n] - self._doubt[max(i - 1, 0)]

    def since(self, start: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Instants and integral of the samples from shortly before ``start`` on."""
        first = max(bisect_left(self._time, start) - 1, 0)
        return np.array(self._time[first:]), np.array(self._joules[first:])
