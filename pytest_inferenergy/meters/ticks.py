"""Ticks of an energy counter: the points that the energy curve goes through."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pytest_inferenergy.meters.samples import ABSURD


class Step(NamedTuple):
    """From one tick to the next."""

    start: float
    end: float
    base: float
    """The counter at ``start``, joules."""
    joules: float
    blur: float
    """Standard error of the instants of its ticks, where the recorder knows it, seconds."""

    @property
    def watts(self) -> float:
        """Mean power."""
        return self.joules / (self.end - self.start)

    def share(self, t: float) -> float:
        """Where an instant lies in it, from 0 to 1."""
        return (t - self.start) / (self.end - self.start)


class Ticks:
    """Ticks in order of time."""

    def __init__(self) -> None:
        self._time = array("d")
        self._joules = array("d")
        self._blur = array("d")
        self.added = 0
        """How many there ever were."""

    def __len__(self) -> int:
        return len(self._time)

    @property
    def first(self) -> float:
        """The oldest tick's instant, seconds."""
        return self._time[0]

    @property
    def last(self) -> float:
        """The newest tick's instant, seconds."""
        return self._time[-1]

    def add(self, time: float, joules: float, blur: float = 0.0) -> None:
        """Append a tick; one that is not newer is dropped."""
        if not (abs(time) < ABSURD and abs(joules) < ABSURD):
            raise ValueError(f"a counter tick must be finite, got ({time}, {joules})")
        if self._time:
            if joules < self._joules[-1]:
                raise ValueError(f"the counter went back at {time} s: {joules} J")
            if time <= self._time[-1]:
                return
        self._time.append(time)
        self._joules.append(joules)
        self._blur.append(blur)
        self.added += 1

    def forget(self, before: float, keep: int) -> None:
        """Drop what lies before an instant, but for the tick before it and the newest ``keep``."""
        first = min(bisect_right(self._time, before) - 2, len(self._time) - keep)
        if first > 0:
            for column in (self._time, self._joules, self._blur):
                del column[:first]

    def newest(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Instants and joules of the newest ticks."""
        return np.array(self._time[-count:]), np.array(self._joules[-count:])

    def until(self, t: float) -> float | None:
        """The last tick up to an instant that has one before it."""
        k = bisect_right(self._time, t) - 1
        return self._time[k] if k >= 1 else None

    def step_at(self, t: float) -> int | None:
        """Number of the step that holds an instant; ``None`` where none does."""
        k = bisect_right(self._time, t) - 1
        if k > 0 and t == self._time[-1]:
            k -= 1
        return k if 0 <= k < len(self._time) - 1 else None

    def step(self, k: int) -> Step:
        """A step by its number."""
        (start, end), (base, top) = self._time[k : k + 2], self._joules[k : k + 2]
        return Step(start, end, base, top - base, max(self._blur[k : k + 2]))

    def range_near(self, k: int) -> float:
        """From the lowest to the highest power of a step and its neighbours, watts."""
        near = range(max(k - 1, 0), min(k + 2, len(self._time) - 1))
        watts = [self.step(i).watts for i in near]
        return max(watts) - min(watts)

    def end(self, *, first: bool) -> tuple[float, float]:
        """The first or the last tick: seconds and joules."""
        i = 0 if first else -1
        return self._time[i], self._joules[i]
