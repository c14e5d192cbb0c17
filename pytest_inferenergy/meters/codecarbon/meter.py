"""CPU and RAM by codecarbon: for machines whose energy nothing measures.

codecarbon models power, from the processor's nominal power and its load and from the size of the
memory, and multiplies by time. Its figures are estimates and are labelled so, except where it
reads a counter for the CPU. The standard error is that of repeating; how far the model is from the
truth, which can be a factor of two and more, no repeating shows, and the word ``estimated`` says.
"""

from __future__ import annotations

from math import hypot, sqrt
from typing import Final, Literal

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import MeterProfile, Reading, Source
from pytest_inferenergy.meters.codecarbon.tracker import Totals, Tracker
from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.marks import Marks

FRESH: Final = 0.05
"""Seconds for which codecarbon does not measure again (its own rule)."""
MODEL_SPREAD: Final = FRESH / sqrt(6)
"""Seconds: both edges may lie anywhere in a stretch that codecarbon takes at one power."""
COUNTER_SPREAD: Final = 2e-3
"""Seconds by which a counter that codecarbon reads may lag behind the edge."""


class CodecarbonMeter:
    """CPU and RAM of the whole machine.

    Measuring costs half a millisecond and is done at the edges. Beside that codecarbon runs one
    thread that looks at the CPU's load each second.

    Raises `MeterError` where codecarbon is absent, too old, or gives no figure.
    """

    name = "codecarbon"

    def __init__(self) -> None:
        self._marks = Marks()
        self._tracker: Tracker | None = Tracker()
        self._totals = Totals(0.0, 0.0)
        self._measured = time.perf_counter()
        self._marks.add(self._measured, (0.0, 0.0))
        try:
            # Proves that there are figures, and has codecarbon load what it loads at first use.
            start = self._measured
            self.wait_until_covered(time.perf_counter())
            self.read(start, self._marks.newest)
        except BaseException:
            self.close()
            raise

    def attach(self) -> None:
        """Nothing to choose: codecarbon tells of the whole machine."""

    def profile(self) -> MeterProfile:
        """CPU model and number of sockets."""
        tracker = self._running()
        return MeterProfile("codecarbon", tracker.cpu_model, tracker.sockets)

    def edge(self) -> float:
        """Mark an instant, and measure unless that was done just before."""
        instant = time.perf_counter()
        if instant - self._measured >= FRESH:
            self._measure(instant)
        return instant

    def covered(self) -> float:
        """The newest instant at which codecarbon measured."""
        return self._marks.newest

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        """Measure at or after an instant."""
        deadline = time.perf_counter() + timeout
        while self.covered() < instant:
            now = time.perf_counter()
            if now > deadline:
                raise MeterError(
                    f"codecarbon gave no figure for {timeout:g} s and hides the cause; to see it: "
                    "codecarbon monitor --offline --log-level debug"
                )
            time.sleep(max(instant - now, self._measured + FRESH - now, 0.0))
            self._measure(time.perf_counter())

    def read(self, start: float, end: float) -> tuple[Reading, Reading]:
        """Energy between two edges: CPU and RAM."""
        cpu, ram = self._marks.between(start, end)
        seconds = end - start
        ram_error = ram.joules / seconds * MODEL_SPREAD
        if self._running().counts_cpu:
            cpu_error = hypot(cpu.joules / seconds * COUNTER_SPREAD, cpu.stderr)
            cpu_reading = _reading("cpu", "measured", cpu, cpu_error)
        else:
            cpu_reading = _reading("cpu", "estimated", cpu, cpu.joules / seconds * MODEL_SPREAD)
        return cpu_reading, _reading("ram", "estimated", ram, ram_error)

    def forget(self, before: float) -> None:
        """Drop the edges before an instant."""
        self._marks.forget(before)

    def close(self) -> None:
        """Stop codecarbon and its thread."""
        if self._tracker is not None:
            self._tracker.stop()
            self._tracker = None

    def _running(self) -> Tracker:
        if self._tracker is None:
            raise MeterError("codecarbon: the meter is closed")
        return self._tracker

    def _measure(self, instant: float) -> None:
        totals = self._running().totals()
        self._measured = time.perf_counter()
        if totals is None or totals == self._totals:
            return  # it failed, or found its figure fresh enough: no mark, so nothing is claimed
        grown = totals.cpu - self._totals.cpu, totals.ram - self._totals.ram
        without = [
            name for name, joules in zip(("CPU", "RAM"), grown, strict=True) if not joules > 0
        ]
        gap = f"codecarbon gave no energy for the {' and '.join(without)}" if without else None
        self._marks.add(instant, grown, gap)
        self._totals = totals


def _reading(
    component: Literal["cpu", "ram"], source: Source, energy: Energy, stderr: float
) -> Reading:
    return Reading(
        component=component,
        source=source,
        joules=energy.joules,
        stderr=stderr,
        device=f"codecarbon-{component}",
    )
