"""What really passed, told from the reference recording alone.

Two truths. ``energy`` is the whole recording through a `Timeline`: every tick, where our meter
keeps about each fifth, and every sample. ``counter`` is the counter alone, straight between its
ticks, without samples or any code of this project: exact at a tick, and good between ticks where
the load is steady.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

import numpy as np

from benchmarks.live.recorder import Recorded
from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.timeline import Timeline

LOCATED = 2.0
"""A tick is placed well enough where its doubt is at most this many usual ones."""
KEPT = 5
"""Our meter looks at about each fifth tick."""


class Truth:
    """Energy between two instants, by the reference."""

    def __init__(self, recorded: Recorded) -> None:
        usual = median(doubt for _, _, doubt in recorded.ticks)
        ticks = [(t, joules) for t, joules, doubt in recorded.ticks if doubt <= LOCATED * usual]
        self._ticks = [t for t, _ in ticks]
        self._joules = [joules for _, joules in ticks]
        self._timeline = Timeline(ticks, recorded.samples)
        self._thinned: Timeline | None = None
        self.delay = self._timeline.delay
        """Seconds by which the counter's ticks follow the samples."""

    def energy(self, start: float, end: float) -> Energy:
        return self._timeline.energy_between(start + self.delay, end + self.delay)

    def counter(self, instant: float) -> float:
        """What the counter showed at an instant, had it no ticks: straight between them."""
        return float(np.interp(instant, self._ticks, self._joules))

    def by_counter(self, start: float, end: float) -> float:
        return self.counter(end + self.delay) - self.counter(start + self.delay)

    def told_anew(
        self, recorded: Recorded, start: float, end: float
    ) -> tuple[Energy, float] | None:
        """Energy between the held-out ticks next to two instants: by today's timeline, and true.

        It gets each fifth tick and all samples, as our meter does, so that a recording shows what a
        later timeline makes of it. True is what the counter said, joules. ``None`` where both
        instants have the same tick.
        """
        if self._thinned is None:
            ticks = zip(self._ticks[::KEPT], self._joules[::KEPT], strict=True)
            self._thinned = Timeline(list(ticks), recorded.samples)
        first, last = (self._held_out(instant + self.delay) for instant in (start, end))
        if first == last:
            return None
        told = self._thinned.energy_between(self._ticks[first], self._ticks[last])
        return told, self._joules[last] - self._joules[first]

    def _held_out(self, instant: float) -> int:
        """The index of the tick next to an instant that the thinned timeline does not know."""
        near = bisect_left(self._ticks, instant)
        context = range(max(0, near - 2), min(len(self._ticks), near + 3))
        return min((i for i in context if i % KEPT), key=lambda i: abs(self._ticks[i] - instant))

    def located_apart(self, instants: Sequence[float], seconds: float) -> list[float]:
        """The ticks that lie so many seconds from all of the instants."""
        times = sorted(instants)
        found = []
        for tick in self._ticks:
            i = bisect_left(times, tick - seconds)
            if i == len(times) or times[i] > tick + seconds:
                found.append(tick)
        return found
