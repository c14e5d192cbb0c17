"""The measuring loop: first call, warm-up, then windows until they are enough."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.calling import DRAIN_SECONDS, run_calls
from pytest_inferenergy.measure.leftover import outlasts, rest
from pytest_inferenergy.measure.memory import device_memory
from pytest_inferenergy.measure.power import PowerTrace
from pytest_inferenergy.measure.warmup import WINDOW_SECONDS, WarmUp, warm_up, window_seconds
from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.base import MeterProfile
from pytest_inferenergy.meters.meter_set import MeterSet, gated_components
from pytest_inferenergy.stats.stopping import LEAST_WINDOWS, MIN_WINDOWS

Enough = Callable[["Recording", float], bool]
"""Given the recording so far and the seconds spent on windows: whether to stop."""

MOST_WARM_UPS = 3
MUCH_FASTER = 0.7
"""Calls that take less than this share of those before them, right after the warm-up: it ended too
soon, as between two compilations."""
SHORT = 0.1
"""A stretch of the warm-up below this, seconds, is none that a window follows at once."""
CALLS_WHEN_SLOW = 3
"""A call longer than the limit is made so often in all; the first is its warm-up."""


@dataclass
class Recording:
    """What was measured of one workload."""

    first_result: Any = None
    clean: list[Window] = field(default_factory=list)
    rejected: list[Window] = field(default_factory=list)
    """Windows in which another process worked on the device."""
    components: tuple[str, ...] = ()
    source: str = "measured"
    levelled: bool = True
    """Whether call times levelled off before the first window."""
    memory: list[int | None] = field(default_factory=list)
    profile: MeterProfile | None = None
    began: MeterProfile | None = None
    """The devices as they were chosen, before the first window."""
    first_seconds: float | None = None
    """Seconds of the very first call (the mean of the deck's first round)."""
    left_running: bool = False
    """Whether work of a call went on after it had returned."""
    busy_before: bool = False
    """Whether something of this process still ran when the measurement began."""
    power: PowerTrace = field(default_factory=PowerTrace)
    window_seconds: float = WINDOW_SECONDS
    """The shortest useful window of the meters."""

    @property
    def windows(self) -> list[Window]:
        """The windows that count; where none was clean, those that were taken."""
        return self.clean or self.rejected

    @property
    def taken(self) -> int:
        """Windows in all."""
        return len(self.clean) + len(self.rejected)


class WindowRecorder:
    """One measurement under way: what the steps below share."""

    def __init__(
        self, workload: Workload, meters: MeterSet, components: Sequence[str] | None
    ) -> None:
        self.workload = workload
        self.meters = meters
        self.recording = Recording()
        self.wanted = components
        """The components that the figure is to add up; ``None``: what there is."""
        self.called = False
        """Whether the first call was made."""
        self._pending: deque[CallSpan] = deque()

    def first_call(self) -> float:
        """Make the first call (or the deck's first round), keep its result; seconds it took."""
        self.begin()
        start = time.perf_counter()
        call_span = run_calls(self.workload, self.workload.cycle, self.meters, keep_first=True)
        seconds = time.perf_counter() - start
        self.called = True
        self.look()
        self.recording.first_result = call_span.first_result
        self.recording.first_seconds = call_span.seconds / call_span.calls
        if self.workload.once:
            self._pending.append(call_span)
        return seconds

    def look(self) -> None:
        """Right after calls: see whether they leave work behind; let it end before the next ones.

        Once that is known, each stretch ends with the work that it left.
        """
        if not self.recording.left_running and outlasts():
            self.recording.left_running = True
            rest(DRAIN_SECONDS)

    def begin(self) -> None:
        """Wait for what runs on from before, which would be counted with the first call."""
        self.recording.busy_before = not rest()

    def second_call(self) -> float:
        """Make one more call (or round), as a window; seconds it took, with its `setup`."""
        start = time.perf_counter()
        self._take(self.workload.cycle)
        return time.perf_counter() - start

    def start_over(self) -> None:
        """Drop the windows that wait for their energy."""
        self._pending.clear()
        self.recording.memory.clear()

    def attach(self, also: frozenset[str] = frozenset()) -> MeterProfile:
        """Choose the devices, now that the workload has shown which it uses.

        ``also``: GPUs (UUIDs) that processes work on which do the same work.
        """
        self.meters.attach(also)
        self.recording.profile = self.recording.began = self.meters.profile()
        self.recording.window_seconds = window_seconds(self.meters.sampling_interval)
        return self.recording.profile

    def measure_slow(self, calls: int) -> None:
        """So many windows of one call (or round) each, for a call that outlasts the limit."""
        for _ in range(calls - len(self._pending)):
            self._take(self.workload.cycle)
        self.finish()

    def measure(self, first_call: float, enough: Enough, limit: float = inf) -> None:
        """Warm up, then take windows until ``enough`` says so.

        ``limit``: seconds for the windows, with all that ``setup`` does between their calls. It
        holds, too, while no window has an energy yet.
        """
        warm, start = self._first_window(first_call, limit)
        while True:
            self._resolve(wait=False)
            spent = time.perf_counter() - start
            if self.recording.taken and enough(self.recording, spent):
                break
            if spent >= limit and self.recording.taken + len(self._pending) >= LEAST_WINDOWS:
                break
            self._take(warm.calls)
        self._keep_on(warm)
        self.finish()

    def _keep_on(self, warm: WarmUp) -> None:
        """For a slow meter, go on working until it has told the last window.

        Else its record after that window would be half of rest, and the edge would suffer.
        """
        if not self.meters.sampling_interval or not self._pending:
            return
        share = self.meters.sampling_interval / window_seconds(self.meters.sampling_interval) / 4
        calls = self.workload.cycle * max(1, round(share * warm.calls / self.workload.cycle))
        end, limit = self._pending[-1].spans[-1][1], 4 * self.meters.sampling_interval
        deadline = time.perf_counter() + limit
        while not self.meters.is_covered(end) and time.perf_counter() < deadline:
            self.run(calls)

    def _first_window(self, pace: float, limit: float) -> tuple[WarmUp, float]:
        """Warm up and take the first window; again if it shows that calls were not level yet."""
        room = max(limit / MIN_WINDOWS, 1.1 * WINDOW_SECONDS)
        for _ in range(MOST_WARM_UPS):
            warm = warm_up(
                self.warm,
                self.workload.cycle,
                pace,
                sampling_interval=self.meters.sampling_interval,
                room=room,
                now=time.perf_counter,
            )
            start = time.perf_counter()
            pace = self._take(warm.calls)
            if pace >= MUCH_FASTER * warm.seconds_per_call or not warm.levelled:
                break
            self.start_over()
        self.recording.levelled = warm.levelled
        return warm, start

    def finish(self) -> None:
        """Wait for the energy of the last windows; what runs on after them is seen now or never."""
        self.recording.left_running = self.recording.left_running or outlasts()
        self._resolve(wait=True)

    def add(self, call_span: CallSpan) -> None:
        """Take a stretch that somebody else ran as a window."""
        self._pending.append(call_span)

    def warm(self, calls: int) -> float:
        """Make so many calls of the warm-up; seconds they took.

        Calls that only order work seem quick, and more and more of it would pile up: where a
        stretch was short, what runs on after it is looked for.
        """
        seconds = self.run(calls)
        if seconds < SHORT:
            self.look()
        return seconds

    def run(self, calls: int) -> float:
        """Make so many calls, outside any window; seconds they took."""
        return self.call_span(calls).seconds

    def call_span(self, calls: int) -> CallSpan:
        """Make so many calls; what they left."""
        return run_calls(
            self.workload,
            calls,
            self.meters,
            keep_first=False,
            drain=self.recording.left_running,
        )

    def _take(self, calls: int) -> float:
        """Take a window of so many calls; seconds per call."""
        call_span = self.call_span(calls)
        self._pending.append(call_span)
        self.recording.memory.append(device_memory())
        return call_span.seconds / calls

    def _resolve(self, *, wait: bool) -> None:
        """Turn stretches into windows: those whose energy is known, or all of them."""
        while self._pending:
            end = self._pending[0].spans[-1][1]
            if wait:
                self.meters.wait_until_covered(end)
            elif not self.meters.is_covered(end):
                return
            call_span = self._pending.popleft()
            window = self.window(call_span)
            recording = self.recording
            (recording.rejected if is_contended(window) else recording.clean).append(window)
            self.meters.forget(call_span.spans[0][0])

    def window(self, call_span: CallSpan) -> Window:
        """The energy of a stretch; it must be covered by now."""
        window, components, source = window_of(
            call_span, self.meters, self.wanted, self.workload.inferences
        )
        self.recording.components, self.recording.source = components, source
        opening, closing = call_span.spans[0][0].time, call_span.spans[-1][1].time
        self.recording.power.extend(self.meters, components, opening, closing)
        return window


def window_of(
    call_span: CallSpan, meters: MeterSet, wanted: Sequence[str] | None, inferences: int
) -> tuple[Window, tuple[str, ...], str]:
    """The energy of a covered stretch, with the components that make it up and their source.

    ``inferences``: how many one call answers.
    """
    readings = meters.read(call_span.spans)
    components, source = gated_components(readings, wanted)
    gated = [r for r in readings if r.component in components and r.source == source]
    joules = sum(r.joules for r in gated)
    if not joules > 0:
        names = ", ".join(sorted({r.device for r in gated}))
        raise MeterError(f"the meter of {names} answered {joules:g} J for a window", "no_energy")
    window = Window(
        joules=joules,
        stderr=sum(r.stderr**2 for r in gated) ** 0.5,
        seconds=call_span.seconds,
        inferences=call_span.calls * inferences,
        calls=call_span.calls,
        start=call_span.spans[0][0].time,
        tokens=call_span.tokens,
        readings=readings,
        flags=frozenset().union(*(r.flags for r in readings)),
    )
    return window, components, source


def is_contended(window: Window) -> bool:
    """Whether another process worked on a device during a window."""
    return any(r.state is not None and r.state.foreign_processes for r in window.readings)
