"""The power of the gated devices while a measurement went on, kept small however long it takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.meter_set import MeterSet

MOST_POINTS = 240
"""With more mean powers than these, neighbours are joined."""
FINEST = 0.02
"""Distance of points at first, seconds: that of NVML's power samples."""


class PowerTrace:
    """Joules so far at instants, from which mean powers follow; joining two keeps their mean."""

    def __init__(self) -> None:
        self._instants: list[float] = []
        self._joules: list[float] = []
        self._step = FINEST

    def extend(
        self, meters: MeterSet, components: Sequence[str], opening: float, closing: float
    ) -> None:
        """Go on up to the end of a window, from the end of the one before.

        Instants are ``time.perf_counter()`` seconds. Where a meter cannot tell what lies between,
        the trace begins anew with this window; where it cannot tell this one, there is no trace.
        """
        if self._instants and self._reach(meters, components, self._instants[-1], closing):
            return
        self._instants, self._joules = [], []
        self._reach(meters, components, opening, closing)

    def _reach(self, meters: MeterSet, components: Sequence[str], start: float, end: float) -> bool:
        parts = max(1, round((end - start) / self._step))
        instants = [start + (end - start) * n / parts for n in range(parts + 1)]
        try:
            joules = meters.course(instants, components)
        except MeterError:
            return False
        if joules is None:
            return False
        level = self._joules[-1] if self._joules else 0.0
        skip = 1 if self._joules else 0
        self._instants += instants[skip:]
        self._joules += [level + j for j in joules[skip:]]
        while len(self._instants) > MOST_POINTS + 1:
            self._join()
        return True

    def _join(self) -> None:
        """Drop every other instant, but for the first and the last."""
        kept = [*range(0, len(self._instants) - 1, 2), len(self._instants) - 1]
        self._instants = [self._instants[i] for i in kept]
        self._joules = [self._joules[i] for i in kept]
        self._step *= 2

    def means(self, zero: float) -> list[tuple[float, float]]:
        """Mean powers from ``zero`` on: (middle of the stretch, seconds after zero; watts)."""
        points = zip(pairwise(self._instants), pairwise(self._joules), strict=True)
        return [
            (0.5 * (t0 + t1) - zero, (j1 - j0) / (t1 - t0))
            for (t0, t1), (j0, j1) in points
            if t1 > t0 >= zero - 1e-9 and math.isfinite(j1 - j0)
        ]
