"""Ties instants of the wall clock to ``time.perf_counter()``, so that a clock step does no harm."""

from __future__ import annotations

import time

STEP = 0.02
"""A change of the two clocks' distance beyond this, seconds, is a step and not a slow slew."""


class WallClock:
    """Follows the distance between the wall clock and ``perf_counter``.

    ``refresh()`` at each poll; stamps made shortly before are then placed by ``instant``, which
    knows the distance before and after the newest step.
    """

    def __init__(self) -> None:
        self._distance = self._before = _distance()

    def refresh(self) -> bool:
        """Read both clocks; ``True`` where the wall clock was stepped since the last refresh."""
        now = _distance()
        stepped = abs(now - self._distance) > STEP
        self._before = self._distance if stepped else now
        self._distance = now
        return stepped

    def instant(self, stamp: float, after: float | None) -> float:
        """``perf_counter`` seconds of a wall-clock stamp in Unix seconds.

        Just after a step a stamp may come from either side of it: the reading is taken that
        follows ``after``, the instant of the stamp before, most closely.
        """
        candidates = (stamp - self._distance, stamp - self._before)
        if after is None:
            return candidates[0]
        following = [c for c in candidates if c > after] or [max(candidates)]
        return min(following)


def _distance() -> float:
    """Wall clock minus ``perf_counter``, seconds; the tightest of three readings."""
    best = None
    for _ in range(3):
        start = time.perf_counter()
        wall = time.time()
        end = time.perf_counter()
        if best is None or end - start < best[0]:
            best = (end - start, wall - 0.5 * (start + end))
    assert best is not None
    return best[1]
