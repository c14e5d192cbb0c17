"""Ties NVML's wall-clock stamps to ``time.perf_counter()``, so that a clock step does no harm."""

from __future__ import annotations

from pytest_inferenergy.clock import time

STEP = 0.02
"""A change of the two clocks' distance beyond this, seconds, is a step and not a slow slew."""
AHEAD = 0.005
"""A stamp may seem to lie so far in the future, seconds: clocks are read one after the other."""
FRESH = 0.25
"""The newest stamp is hardly ever older than this when it is read, seconds."""
OLDEST = 3.0
"""Nor ever older than this where samples have a gap, seconds: the ring is not as deep."""
USUAL_AGE = 0.005
"""Age of the newest stamp where nothing but the reading itself tells it, seconds."""


class StampClock:
    """Follows the distance between the stamps' clock and ``perf_counter``.

    The wall clock tells it, and each reading of stamps checks that: the newest of them must be a
    little old. So neither a step of the wall clock nor a test that plays with it does harm.
    """

    def __init__(self) -> None:
        self._distance = self._before = self._wall = _wall_distance()

    def tie(self, newest: float, read_at: float) -> None:
        """Take the distance anew, given the newest stamp and the instant it was read."""
        wall = _wall_distance()
        stepped = abs(wall - self._wall) > STEP
        ages = {wall: read_at - newest + wall, self._distance: read_at - newest + self._distance}
        fresh = [distance for distance, age in ages.items() if -AHEAD <= age <= FRESH]
        if fresh:
            chosen = fresh[0]
        elif not stepped and 0 <= ages[wall] <= OLDEST:
            chosen = wall
        else:
            chosen = newest - read_at + USUAL_AGE
        moved = abs(chosen - self._distance) > STEP
        self._before = self._distance if moved else chosen
        self._distance, self._wall = chosen, wall

    def instant(self, stamp: float, after: float, until: float) -> float | None:
        """``perf_counter`` seconds of a stamp between two instants, ``None`` if it is not.

        Just after a step a stamp may come from either side of it: the reading counts that follows
        ``after`` most closely.
        """
        readings = (stamp - self._distance, stamp - self._before)
        return min((t for t in readings if after < t <= until + AHEAD), default=None)


def _wall_distance() -> float:
    """Wall clock minus ``perf_counter``, seconds; the tightest of three readings."""
    readings = []
    for _ in range(3):
        start = time.perf_counter()
        wall = time.time()
        end = time.perf_counter()
        readings.append((end - start, wall - 0.5 * (start + end)))
    return min(readings)[1]
