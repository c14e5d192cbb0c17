"""One window: a timed, synchronised stretch of consecutive calls."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_inferenergy.meters.base import Reading


@dataclass(frozen=True, slots=True)
class Window:
    """What one window cost; ``joules`` is the sum over the gated components."""

    joules: float
    stderr: float
    """Standard error of ``joules`` from the meter alone, joules."""
    seconds: float
    """Time inside the calls, seconds (time in ``setup`` is left out)."""
    inferences: int
    calls: int
    start: float
    """``time.perf_counter()`` at the first edge, seconds."""
    tokens: float | None = None
    readings: tuple[Reading, ...] = ()
    flags: frozenset[str] = frozenset()

    @property
    def joules_per_inference(self) -> float:
        """Joules divided by inferences."""
        return self.joules / self.inferences

    @property
    def seconds_per_inference(self) -> float:
        """Seconds divided by inferences (the pace)."""
        return self.seconds / self.inferences

    @property
    def watts(self) -> float:
        """Mean power over the window."""
        return self.joules / self.seconds
