"""The tools that are compared, each judged between the instants at which it really looked.

A window of a tool runs from the middle of its counter call at the beginning to the middle of the
one at the end, so neither nesting nor the time its calls take counts against it.
"""

from __future__ import annotations

import importlib
import itertools
import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Protocol

from benchmarks.live.counter_calls import CounterCalls

JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Told:
    """A window as a tool saw it."""

    start: float
    end: float
    joules: float


class Tool(Protocol):
    """Something that measures one window at a time."""

    name: str
    version: str

    def begin(self) -> None: ...

    def end(self) -> Told: ...


class Zeus:
    """``zeus.monitor.ZeusMonitor``, windows by ``begin_window`` and ``end_window``."""

    name = "zeus"

    def __init__(self, index: int, calls: CounterCalls) -> None:
        zeus: Any = importlib.import_module("zeus.monitor")
        self.version = metadata.version("zeus")
        self._monitor: Any = zeus.ZeusMonitor(gpu_indices=[index], cpu_indices=[])
        self._calls = calls
        self._names = (f"window {number}" for number in itertools.count())
        self._name, self._start = "", 0.0

    def begin(self) -> None:
        self._name = next(self._names)
        self._start = _looked(self._calls, self._begin, last=True)[0]

    def _begin(self) -> None:
        # the work is in another process: there is nothing here to synchronise
        self._monitor.begin_window(self._name, sync_execution=False)

    def _end(self) -> Any:
        return self._monitor.end_window(self._name, sync_execution=False)

    def end(self) -> Told:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where the window saw no tick
            instant, result = _looked(self._calls, self._end, last=False)
        return Told(self._start, instant, float(sum(result.gpu_energy.values())))


class CodeCarbon:
    """codecarbon's task API, offline, writing nothing; the energy of the GPU."""

    name = "codecarbon"

    def __init__(self, index: int, calls: CounterCalls) -> None:
        codecarbon: Any = importlib.import_module("codecarbon")
        self.version = metadata.version("codecarbon")
        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
        self._tracker: Any = codecarbon.OfflineEmissionsTracker(
            allow_multiple_runs=True,
            api_call_interval=-1,
            country_iso_code="USA",
            gpu_ids=[index],
            log_level="critical",
            measure_power_secs=86_400,
            save_to_file=False,
        )
        self._calls = calls
        self._names = (f"task {number}" for number in itertools.count())
        self._name, self._start = "", 0.0
        self.begin()  # the first task takes over a second
        time.sleep(0.5)
        if self.end().joules == 0:
            raise RuntimeError("it finds no GPU; it looks for one by calling nvidia-smi")

    def begin(self) -> None:
        self._name = next(self._names)
        self._start = _looked(self._calls, self._begin, last=True)[0]

    def _begin(self) -> None:
        self._tracker.start_task(self._name)

    def end(self) -> Told:
        instant, result = _looked(
            self._calls, lambda: self._tracker.stop_task(self._name), last=False
        )
        return Told(self._start, instant, result.gpu_energy * JOULES_PER_KWH)


def _looked(calls: CounterCalls, act: Callable[[], Any], *, last: bool) -> tuple[float, Any]:
    """When a call asked the counter, and what it returned."""
    mark, start = calls.mark(), time.perf_counter()
    result = act()
    end = time.perf_counter()
    made = calls.since(mark, here=True)
    if not made:
        return 0.5 * (start + end), result
    return made[-1 if last else 0].middle, result


def open_tools(index: int, calls: CounterCalls) -> tuple[dict[str, Tool], dict[str, str]]:
    """The tools that are installed, and why others are not there."""
    found: dict[str, Tool] = {}
    missing: dict[str, str] = {}
    makers: dict[str, Callable[[int, CounterCalls], Tool]] = {
        "zeus": Zeus,
        "codecarbon": CodeCarbon,
    }
    for name, make in makers.items():
        try:
            found[name] = make(index, calls)
        except Exception as error:  # an optional tool must not end the benchmark
            missing[name] = f"{type(error).__name__}: {error}"
    return found, missing
