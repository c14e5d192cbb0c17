"""NVML's ring of power samples: what is new in it, with instants in place of stamps."""

from __future__ import annotations

import math

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.clock import StampClock
from pytest_inferenergy.meters.nvml.gpu import Gpu

SILENT = 1.0
"""A ring with nothing new for so long, seconds, has failed."""


class SampleRing:
    """Reads the samples of one GPU once each; `MeterError` where it keeps none."""

    def __init__(self, gpu: Gpu) -> None:
        self._gpu = gpu
        ring = gpu.samples()
        if not ring:
            raise MeterError("the ring of power samples is empty")
        # what is in it by now may be hours old; what comes from now on is not
        self._last = ring[-1]
        self._filled = time.perf_counter()
        self._clock = StampClock()
        self.newest = -math.inf
        """Instant of the newest sample read."""

    def resume(self) -> None:
        """After a pause: give it time again."""
        self._filled = time.perf_counter()

    def fresh(self) -> list[tuple[float, float]]:
        """Samples not read before: (``perf_counter`` seconds, watts). `MeterError` if it failed."""
        ring = self._unread(self._gpu.samples())
        now = time.perf_counter()
        if not ring:
            if now - self._filled > SILENT:
                raise MeterError(f"no power sample for {now - self._filled:.1f} s", "power_lost")
            return []
        self._last, self._filled = ring[-1], now
        self._clock.tie(self._last[0] / 1e6, now)
        return self._placed(ring, now)

    def _unread(self, ring: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """What follows the last sample read: by its place, since stamps may have stepped."""
        return ring[ring.index(self._last) + 1 :] if self._last in ring else ring

    def _placed(self, ring: list[tuple[int, float]], now: float) -> list[tuple[float, float]]:
        placed = []
        for stamp, watts in ring:
            instant = self._clock.instant(stamp / 1e6, self.newest, now)
            if instant is not None:
                self.newest = instant
                placed.append((instant, watts))
        return placed
