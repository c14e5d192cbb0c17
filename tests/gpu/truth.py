"""The energy of a call as the bare counter tells it over seconds: the plugin has no part in it."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pynvml

SECONDS = 4.0


class Truth(NamedTuple):
    """What one call cost over a long run."""

    joules: float
    seconds: float


class _Ticks(threading.Thread):
    """Asks one counter all the time and keeps the instants at which it moved."""

    def __init__(self, index: int) -> None:
        super().__init__(daemon=True)
        self._handle = pynvml.nvmlDeviceGetHandleByIndex(index)
        self._stopped = threading.Event()
        self.seen: list[tuple[float, float]] = []

    def run(self) -> None:
        last = pynvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)
        while not self._stopped.is_set():
            before = time.perf_counter()
            now = pynvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)
            if now != last:
                self.seen.append(((before + time.perf_counter()) / 2, now / 1e3))
                last = now

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def energy_of_a_call(call: Callable[[], object], index: int = 0) -> Truth:
    """Joules and seconds of a call that waits for its own end, over about four seconds of calls."""
    return energies_of_a_call(call, (index,))[0]


def energies_of_a_call(
    call: Callable[[], object], indices: Sequence[int], calls: int | None = None
) -> list[Truth]:
    """The same for several GPUs at once, by NVML's numbers; over ``calls``, where it is said."""
    pynvml.nvmlInit()
    watched = [_Ticks(index) for index in indices]
    for ticks in watched:
        ticks.start()
    ends: list[float] = []
    begin = time.perf_counter()
    while len(ends) < calls if calls else not ends or ends[-1] < begin + SECONDS:
        call()
        ends.append(time.perf_counter())
    for ticks in watched:
        ticks.stop()
    return [_truth(ticks.seen, ends) for ticks in watched]


def _truth(ticks: Sequence[tuple[float, float]], ends: Sequence[float]) -> Truth:
    inside = [tick for tick in ticks if ends[4] <= tick[0] <= ends[-1]]
    (first, low), (last, high) = inside[0], inside[-1]
    calls = _done(ends, last) - _done(ends, first)
    return Truth((high - low) / calls, (last - first) / calls)


def _done(ends: Sequence[float], instant: float) -> float:
    """Calls that were done at an instant, with the part of the one under way."""
    i = bisect_right(ends, instant)
    return i + (instant - ends[i - 1]) / (ends[i] - ends[i - 1]) if i < len(ends) else float(i)
