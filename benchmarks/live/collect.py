"""Takes the windows: all tools around the same stretch of work, ours innermost."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.live.counter_calls import CounterCalls
from benchmarks.live.loads import Load
from benchmarks.live.recorder import Recorded, Recorder
from benchmarks.live.tools import Told, Tool
from benchmarks.live.truth import Truth
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.meter import NvmlMeter

PAUSE = 0.1
"""Windows begin up to so long after the last has been told, seconds: at any phase of the tick."""
AROUND = 0.2
"""Lengths are drawn this share around the nominal one."""
WARM_UP = 3.0
TAIL = 0.3
"""What is recorded beyond the last window, seconds."""
APART = 0.03
"""A reference tick is held out where our meter asked nothing within so many seconds of it."""
LONG = 20.0


@dataclass
class Window:
    """One window of all tools."""

    nominal: float
    start: float
    end: float
    joules: float
    stderr: float
    told_after: float
    """Seconds until our figure was there."""
    others: dict[str, Told] = field(default_factory=dict)
    phase: float | None = None
    turns: int | None = None
    """Periods of the load in it, where the load has one."""
    busy: float | None = None
    """Share of the time in which the device worked, as NVML says."""
    held_out: tuple[float, float, float] | None = None
    """The same between two held-out ticks: ours, its standard error, the counter's joules."""


@dataclass
class Phase:
    """One load: its windows and what the reference recorded meanwhile."""

    load: str
    start: float
    end: float = 0.0
    windows: list[Window] = field(default_factory=list)
    recorded: Recorded = field(default_factory=Recorded)
    long: list[tuple[float, float, float]] = field(default_factory=list)
    """Stretches of 20 s and more between held-out ticks: ours, its error, the counter's joules."""
    calls: float = 0.0
    """How often our meter asked the counter, a second."""
    idle_watts: float | None = None
    """Power at rest, as our meter knows it."""
    failures: list[str] = field(default_factory=list)
    """Windows for which our meter gave no figure, and why."""


class Collector:
    """Windows of all tools over one load after the other."""

    def __init__(
        self,
        meter: NvmlMeter,
        tools: dict[str, Tool],
        load: Load,
        recorder: Recorder,
        calls: CounterCalls,
        seed: int,
        deadline: float,
    ) -> None:
        self._meter, self._tools, self._load = meter, tools, load
        self._recorder, self._calls = recorder, calls
        self._random = random.Random(seed)
        self._deadline = deadline

    def steady(self, name: str, counts: dict[float, int]) -> Phase:
        """Windows of each nominal length, in random order, over a load that is always on."""
        phase = self._begin(name)
        order = [length for length, count in counts.items() for _ in range(count)]
        self._random.shuffle(order)
        for nominal in order:
            if time.perf_counter() > self._deadline:
                break
            length = nominal * self._random.uniform(1 - AROUND, 1 + AROUND)
            self._window(phase, nominal, length)
        self._load.stop()
        return self._finish(phase)

    def bursts(self, period: float, phases: int, each: int) -> Phase:
        """Windows of whole periods, about a second long, at each phase of the period."""
        name = f"bursts_{1e3 * period:.0f}ms"
        phase = self._begin(name, start=False)
        for number in range(phases):
            if time.perf_counter() > self._deadline:
                break
            self._load.start("bursts", period=period, phase=number / phases)
            time.sleep(WARM_UP / 10)
            for _ in range(each):
                turns = round(self._random.uniform(1 - AROUND, 1 + AROUND) / period)
                self._window(phase, 1.0, turns * period, number / phases, turns)
            self._load.stop()
        return self._finish(phase)

    def _begin(self, name: str, *, start: bool = True) -> Phase:
        if start:
            self._load.start(name)
            time.sleep(WARM_UP)
        else:  # so that the process is known to use its device
            self._load.start("square")
            time.sleep(WARM_UP / 3)
        self._recorder.fetch()
        self._meter.attach()
        time.sleep(1.0)
        if not start:
            self._load.stop()
        self._mark = self._calls.mark()
        return Phase(name, time.perf_counter(), idle_watts=self._meter.profile().idle_watts)

    def _finish(self, phase: Phase) -> Phase:
        phase.end = time.perf_counter()
        asked = self._calls.since(self._mark, here=False)
        phase.calls = len(asked) / (phase.end - phase.start)
        time.sleep(TAIL)
        self._meter.wait_until_covered(time.perf_counter())
        phase.recorded = self._recorder.fetch()
        truth = Truth(phase.recorded)
        # a tick near which our meter asked the counter, it may know
        held_out = truth.located_apart([call.middle for call in asked], APART)
        for window in phase.windows:
            window.held_out = self._between(truth, held_out, window.start, window.end)
        inside = [tick for tick in held_out if phase.start <= tick <= phase.end]
        if inside:
            count = max(1, int((inside[-1] - inside[0]) / LONG))
            length = (inside[-1] - inside[0]) / count
            for number in range(count):
                begin = inside[0] + number * length
                told = self._between(truth, inside, begin, begin + length)
                if told is not None and length >= LONG:
                    phase.long.append(told)
        self._meter.rest()
        return phase

    def _between(
        self, truth: Truth, ticks: Sequence[float], start: float, end: float
    ) -> tuple[float, float, float] | None:
        """Ours and the counter's energy between the held-out ticks nearest to a window's edges."""
        if not ticks:
            return None
        first = min(ticks, key=lambda tick: abs(tick - start))
        last = min(ticks, key=lambda tick: abs(tick - first - (end - start)))
        if last <= first:
            return None
        try:
            # the counter shows at its tick what the device had drawn a delay before
            told = self._meter.read(first - truth.delay, last - truth.delay)
        except MeterError:
            return None
        joules = sum(reading.joules for reading in told)
        return joules, _stderr(told), truth.counter(last) - truth.counter(first)

    def _window(
        self,
        phase: Phase,
        nominal: float,
        length: float,
        part: float | None = None,
        turns: int | None = None,
    ) -> None:
        time.sleep(self._random.uniform(0.0, PAUSE))
        outer = list(self._tools.values())
        self._random.shuffle(outer)
        for tool in outer:
            tool.begin()
        start = self._meter.edge()
        time.sleep(length)
        end = self._meter.edge()
        self._random.shuffle(outer)
        others = {tool.name: tool.end() for tool in outer}
        try:
            self._meter.wait_until_covered(end)
            told = self._meter.read(start, end)
        except MeterError as error:
            phase.failures.append(str(error))
            return
        after = time.perf_counter() - end
        joules = sum(reading.joules for reading in told)
        busy = [reading.state.busy for reading in told if reading.state is not None]
        phase.windows.append(
            Window(
                nominal, start, end, joules, _stderr(told), after, others, part, turns,
                next((share for share in busy if share is not None), None),
            )
        )  # fmt: skip


def _stderr(readings: Sequence[Any]) -> float:
    return float(sum(reading.stderr**2 for reading in readings) ** 0.5)


def empty_windows(
    meter: NvmlMeter, tools: dict[str, Tool], ours: int = 2000, others: int = 30
) -> dict[str, float]:
    """Median seconds of the caller's time that a window with nothing in it takes."""
    meter.attach()

    def edges() -> None:
        meter.edge()
        meter.edge()

    costs = {"ours": _median_cost(edges, ours)}
    for name, tool in tools.items():

        def window(tool: Tool = tool) -> None:
            tool.begin()
            tool.end()

        costs[name] = _median_cost(window, others)
    meter.rest()
    return costs


def _median_cost(act: Any, count: int) -> float:
    spent = []
    for _ in range(count):
        begin = time.perf_counter()
        act()
        spent.append(time.perf_counter() - begin)
    return median(spent)
