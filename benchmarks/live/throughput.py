"""What the meter costs the work beside it: rates with and without, in short blocks by turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.live.counter_calls import CounterCalls
from pytest_inferenergy.meters.nvml.meter import NvmlMeter

WARM_UP = 2.0
SETTLING = 0.15
TURNS = (False, True, True, False)


class _Switch(NvmlMeter):
    """The meter, switched on and off at once: blocks stay close together, and so does the host."""

    def wait_until_covered(self, instant: float, timeout: float = 0.0) -> None:
        """Nobody reads anything: no need to wait for the recording to begin."""

    def _measure_idle(self) -> None:
        """Nor to know the power at rest."""


def rates(step: Callable[[], None], quads: int, seconds: float) -> dict[str, Any]:
    """Steps a second in blocks of so many seconds: without, with, with, without, and again.

    The meter records in a thread of this process, as it does beside a test; between its blocks it
    rests. ``counter_calls``: how often it asked the counter, a second.
    """
    calls = CounterCalls()
    _run(step, WARM_UP)
    meter = _Switch()
    blocks: list[list[float]] = []
    asked, measured = 0, 0.0
    try:
        meter.attach()
        meter.rest()
        for _ in range(quads):
            row = []
            for on in TURNS:
                if on:
                    meter.attach()
                else:
                    meter.rest()
                _run(step, SETTLING)
                mark = calls.mark()
                steps, elapsed = _run(step, seconds)
                if on:
                    asked += len(calls.since(mark, here=False))
                    measured += elapsed
                row.append(steps / elapsed)
            blocks.append(row)
    finally:
        meter.close()
    return {"rates": blocks, "counter_calls": asked / measured}


def _run(step: Callable[[], None], seconds: float) -> tuple[int, float]:
    begin, steps = time.perf_counter(), 0
    while True:
        step()
        steps += 1
        elapsed = time.perf_counter() - begin
        if elapsed >= seconds:
            return steps, elapsed
