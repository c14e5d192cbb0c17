"""When to ask the energy counter, and which answers show a tick. No clock, no device: pure rules.

A call of the counter takes about 3 ms, and the samples give the shape between ticks. So only every
fifth tick or so is caught: the period is learnt at the start, then the counter is left alone until
just before the tick wanted, and asked in short steps until it moves.
"""

from __future__ import annotations

import itertools
import math
from collections import deque
from statistics import fmean, linear_regression, median
from typing import NamedTuple

from pytest_inferenergy.errors import MeterError

TICK_EVERY = 0.5
"""Wanted distance of the ticks caught, seconds, where samples tell the shape between."""
STEP = 0.004
"""Questions to the counter begin so far apart while a tick is awaited, seconds."""
LEAD, LATE = 0.006, 0.015
"""The questions begin so long before the tick is expected and end so long after it, seconds..."""
SHARE = 0.06
"""... or this share of the period, where that is longer: slow counters wander more."""
LOCATED = 0.012
"""A tick counts as located when the counter was seen unmoved at most this long before, seconds."""
LONGEST_WITHOUT = 1.0
"""After so long without a tick located, seconds, one told less well is taken."""
LEARNT_FROM = 4
"""Ticks in a row from which the period is first learnt."""
LINE = 8
"""The next tick is expected on the line through so many of the last."""
MISSES = 2
"""After so many ticks missed in a row the counter is asked until it moves; sooner with each."""
FROZEN = 2.0
"""A counter that stands still for so long, seconds, is frozen: an idle GPU draws power too."""


class Tick(NamedTuple):
    """A change of the counter: halfway between the last old answer and the first new one."""

    instant: float
    joules: float
    blur: float
    """Standard error of the instant, seconds."""


class TickFinder:
    """Finds the ticks of one counter. Instants are seconds of one monotonic clock."""

    def __init__(self, joules: float, now: float) -> None:
        self.due = now
        """When the counter wants to be asked next."""
        self._joules = joules
        self._moved = self._recorded = now
        self._still: float | None = None  # when it was last seen unmoved; none since it slept
        self._watched = now  # since when it is asked in short steps
        self._ticks: deque[tuple[int, float]] = deque(maxlen=LINE)  # number and instant
        self._period: float | None = None
        self._misses = 0
        self._shortest = math.inf  # seconds that a call takes at best

    @property
    def watching(self) -> bool:
        """Whether ticks are awaited in short steps: then nothing else should take long."""
        return self._still is not None or self._period is None

    def resume(self, now: float) -> None:
        """After a pause: where the ticks are is forgotten, how far apart they are is not."""
        self._still = None
        self._ticks.clear()
        self._moved = self._recorded = self.due = now
        self._misses = MISSES

    def saw(self, start: float, end: float, joules: float, *, every_tick: bool) -> Tick | None:
        """Take in an answer and the instants around the call; a tick if it shows one.

        Sets ``due``. Raises `MeterError` for a counter that went back or is frozen.
        """
        self._shortest = min(self._shortest, end - start)
        if joules < self._joules:
            raise MeterError(
                f"the energy counter went back from {self._joules:.3f} to {joules:.3f} J; "
                "was the driver loaded anew?",
                "counter_back",
            )
        if joules == self._joules or self._still is None:
            self._wait(start, end, joules)
            return None
        apart = self._at(start) - self._still
        tick = Tick(self._still + 0.5 * apart, joules, apart / math.sqrt(12.0))
        self._joules, self._moved, self._still = joules, end, None
        self._misses = 0
        located = apart <= LOCATED
        if located:
            self._learn(tick.instant)
        self.due = self._next(end, every_tick)
        if not located and tick.instant - self._recorded < LONGEST_WITHOUT:
            return None
        self._recorded = tick.instant
        return tick

    def _at(self, start: float) -> float:
        """When a call that began at ``start`` was answered: the rest is waiting for a turn."""
        return start + 0.5 * self._shortest

    def hurry(self, now: float) -> None:
        """Someone waits: aim at the very next tick."""
        self.due = min(self.due, self._next(now, every_tick=True))

    def _wait(self, start: float, end: float, joules: float) -> None:
        """No tick just now; the first answer after a sleep only tells where the counter stands."""
        if joules > self._joules:
            self._joules, self._moved = joules, end
        elif end - self._moved > max(FROZEN, 3.0 * (self._period or 0.0)):
            raise MeterError(
                f"the energy counter has not moved for {end - self._moved:.1f} s",
                "counter_frozen",
            )
        if self._still is None:
            self._watched = start
        self._still = self._at(start)
        self.due = max(end, start + STEP)
        if (
            self._period
            and self._misses < MISSES
            and start - self._watched > self._lead() + self._at_least(LATE)
        ):
            self._misses += 1  # it came while we slept
            self._still = None
            self.due = self._next(end, every_tick=True)

    def _learn(self, instant: float) -> None:
        """Count the tick and fit the line; the first few tell the period by their median."""
        if not self._ticks:
            self._ticks.append((0, instant))
            return
        number, last = self._ticks[-1]
        passed = 1 if self._period is None else max(1, round((instant - last) / self._period))
        self._ticks.append((number + passed, instant))
        if self._period is None:
            if len(self._ticks) == LEARNT_FROM:
                instants = [tick for _, tick in self._ticks]
                self._period = median(b - a for a, b in itertools.pairwise(instants))
                self._ticks.clear()
                self._ticks.append((0, instant))
        elif len(self._ticks) >= LEARNT_FROM:
            self._period = linear_regression(*zip(*self._ticks, strict=True)).slope

    def _lead(self) -> float:
        """How long before the tick to begin: longer when the last was missed."""
        return self._at_least(LEAD) * (1 + 2 * self._misses)

    def _at_least(self, seconds: float) -> float:
        return max(seconds, SHARE * (self._period or 0.0))

    def _next(self, now: float, every_tick: bool) -> float:
        """When to begin to ask for the tick to wait for."""
        if self._period is None or not self._ticks:
            return now
        number = self._ticks[-1][0]
        # where the last tick should have been, had all of them come on one line
        due = fmean(tick + (number - n) * self._period for n, tick in self._ticks)
        ahead = self._lead()
        wanted = 1 if every_tick else max(1, round(TICK_EVERY / self._period))
        passed = int((now + ahead - due) / self._period)
        return due + max(wanted, passed + 1) * self._period - ahead
