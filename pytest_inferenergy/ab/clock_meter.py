"""A meter set that only tells the time: the reference process runs, the present one measures."""

from __future__ import annotations

from pytest_inferenergy.clock import time
from pytest_inferenergy.meters.base import MeterProfile, Reading


class ClockMeter:
    """Marks instants and knows no energy."""

    name = "clock"

    def attach(self) -> None:
        """Nothing to choose."""

    def profile(self) -> MeterProfile:
        """Of nothing."""
        return MeterProfile(meter=self.name, device="none", count=0)

    def edge(self) -> float:
        """The present instant."""
        return time.perf_counter()

    def covered(self) -> float:
        """Always all."""
        return float("inf")

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        """Nothing to wait for."""

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """No energy."""
        del start, end
        return ()

    def forget(self, before: float) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing runs."""
