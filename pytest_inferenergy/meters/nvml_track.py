"""Follows one GPU: finds the counter's ticks, collects power samples and device states.

The counter is cheap to ask but not free (about 3 ms a call), and the samples give the shape between
ticks. So the counter is asked only around every fifth tick or so: the track learns the tick period
at the start, sleeps until just before the tick it wants, and asks in short steps until it moves.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import DeviceState
from pytest_inferenergy.meters.clock import WallClock
from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.nvml_gpu import Gpu
from pytest_inferenergy.meters.timeline import Timeline

TICK_EVERY = 0.5
"""Wanted distance of the ticks caught, seconds, where samples tell the shape between."""
STEP = 0.001
"""Pause between two questions to the counter while a tick is awaited, seconds."""
LEAD = 0.006
"""How long before the expected tick the questions begin, seconds."""
LOCATED = 0.015
"""A tick counts as located when the counter was seen unmoved at most this long before, seconds."""
FROZEN = 1.5
"""A counter that does not move for so long, seconds, is frozen: an idle GPU draws power too."""
POLL_POWER = 0.05
"""Distance of power readings, seconds, where there is neither a counter nor a sample ring."""
STATE_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing can be told from an instant on; ``flag`` is the word for the measurement."""

    since: float
    flag: str
    message: str


class Track:
    """The recording of one GPU. ``poll`` belongs to the recorder thread, the rest to the caller."""

    def __init__(self, gpu: Gpu, family: Callable[[], frozenset[int]]) -> None:
        self.gpu = gpu
        self.timeline = Timeline()
        self.fault: Fault | None = None
        self.due = 0.0
        self._family = family
        self._lock = threading.Lock()
        self._wall = WallClock()
        self._states: deque[tuple[float, DeviceState]] = deque(maxlen=7200)
        self._state_due = 0.0
        self._last_joules = gpu.joules()
        self._newest_stamp = 0
        self._newest_sample: float | None = None
        self.has_samples = bool(gpu.samples(0))
        self.has_counter = self._last_joules is not None and self._counter_moves()
        if not self.has_counter and not self.has_samples and gpu.watts() is None:
            raise MeterError(
                f"GPU {gpu.name} answers neither its energy counter nor its power; "
                "a virtual GPU or an old driver may be the cause"
            )
        now = time.perf_counter()
        self._unmoved_at = self._moved_at = now
        self._period: float | None = None
        self._tick: float | None = None
        self._watching_since: float | None = None
        self._misses = 0
        self._intervals: deque[float] = deque(maxlen=20)

    def _counter_moves(self) -> bool:
        """Some virtual GPUs answer success and 0 for ever: such a counter is none."""
        if self._last_joules:
            return True
        deadline = time.perf_counter() + FROZEN
        while time.perf_counter() < deadline:
            time.sleep(0.02)
            if self.gpu.joules():
                return True
        return False

    # -- recorder thread -----------------------------------------------------------------------

    def poll(self, urgent: bool) -> None:
        """Ask what is due, and set when the next question is. ``urgent``: someone is waiting."""
        if self.fault is not None:
            self.due = time.perf_counter() + 0.5
            return
        try:
            if self.has_counter:
                self._poll_counter(urgent)
            else:
                self._poll_power()
        except MeterError as error:
            self._fail("gpu_lost", str(error))

    def _fail(self, flag: str, message: str) -> None:
        self.fault = Fault(time.perf_counter(), flag, message)

    def _poll_counter(self, urgent: bool) -> None:
        start = time.perf_counter()
        joules = self.gpu.joules()
        end = time.perf_counter()
        before = self._last_joules
        if joules is None or before is None:
            self._fail("counter_lost", f"the energy counter of {self.gpu.name} stopped answering")
            return
        if joules < before:
            self._fail(
                "counter_back",
                f"the energy counter of {self.gpu.name} went back from {before:.3f} to "
                f"{joules:.3f} J; was the driver reloaded?",
            )
            return
        moved = joules > before
        if moved:
            self._last_joules, self._moved_at = joules, end
        elif end - self._moved_at > FROZEN:
            self._fail(
                "counter_frozen",
                f"the energy counter of {self.gpu.name} has not moved for "
                f"{end - self._moved_at:.1f} s",
            )
            return
        if moved and self._watching_since is not None:
            self._on_tick(0.5 * (start + end), joules, located=end - self._unmoved_at <= LOCATED)
            self._collect(end)
            self._sleep_until(self._next_tick(urgent) - LEAD)
        else:
            self._keep_watching(start, end)

    def _keep_watching(self, start: float, end: float) -> None:
        """No tick just now. The first reading after a sleep only tells where the counter stands."""
        self._unmoved_at = start
        if self._watching_since is None:
            self._watching_since = start
        self.due = end + STEP
        waited = end - self._watching_since
        if self._period is not None and self._misses < 2 and waited > LEAD + LOCATED:
            self._misses += 1  # the tick came while we slept: aim at the next one
            self._sleep_until(self._next_tick(urgent=True) - LEAD)

    def _sleep_until(self, instant: float) -> None:
        self._watching_since = None
        self.due = instant

    def _on_tick(self, instant: float, joules: float, *, located: bool) -> None:
        self._misses = 0
        if located:
            self._learn_period(instant)
            self._tick = instant
        with self._lock:
            span = self.timeline.span
            # one badly placed tick is better than none for long
            if (
                located
                or (span is not None and instant - span[1] > 4 * TICK_EVERY)
                or (span is None and not self.has_samples)
            ):
                self.timeline.extend([(instant, joules)])

    def _learn_period(self, instant: float) -> None:
        if self._tick is None:
            return
        passed = instant - self._tick
        if self._period is None:
            self._intervals.append(passed)
            if len(self._intervals) >= 4:
                self._period = sorted(self._intervals)[len(self._intervals) // 2]
        elif (ticks := round(passed / self._period)) >= 1:
            self._period += 0.2 * (passed / ticks - self._period)

    def _next_tick(self, urgent: bool) -> float:
        """The instant of the tick to wait for next."""
        now = time.perf_counter()
        if self._period is None or self._tick is None:
            return now + LEAD + STEP
        wanted = 1
        if self.has_samples and not urgent:
            wanted = max(1, round(TICK_EVERY / self._period))
        passed = int((now + LEAD - self._tick) / self._period)
        return self._tick + max(wanted, passed + 1) * self._period

    def hurry(self) -> None:
        """Someone waits: aim at the very next tick."""
        if self.has_counter and self.fault is None:
            self.due = min(self.due, self._next_tick(urgent=True) - LEAD)
        else:
            self.due = 0.0

    def _collect(self, now: float) -> None:
        self._collect_samples()
        self._collect_state(now)

    def _poll_power(self) -> None:
        now = time.perf_counter()
        if self.has_samples:
            self._collect_samples()
            self.due = now + 4 * POLL_POWER
        else:
            watts = self.gpu.watts()
            if watts is None:
                self._fail("power_lost", f"the power reading of {self.gpu.name} stopped answering")
                return
            with self._lock:
                self.timeline.extend(samples=[(now, watts)])
            self.due = now + POLL_POWER
        self._collect_state(now)

    def _collect_samples(self) -> None:
        if not self.has_samples:
            return
        if self._wall.refresh():
            self._newest_stamp = 0  # stamps may now run behind the last one: ask for the whole ring
        fresh = []
        for stamp, watts in self.gpu.samples(self._newest_stamp) or ():
            instant = self._wall.instant(stamp / 1e6, self._newest_sample)
            self._newest_stamp = stamp
            if self._newest_sample is None or instant > self._newest_sample:
                self._newest_sample = instant
                fresh.append((instant, watts))
        with self._lock:
            self.timeline.extend(samples=fresh)

    def _collect_state(self, now: float) -> None:
        if now < self._state_due:
            return
        self._state_due = now + STATE_EVERY
        state = replace(self.gpu.state(), foreign_processes=self._foreign())
        with self._lock:
            self._states.append((now, state))

    def _foreign(self) -> tuple[int, ...] | None:
        """Other processes at work on the device just now; ``None`` where that cannot be told."""
        holding = self.gpu.processes()
        if holding is None:
            return None
        strangers = holding - self._family()
        if not strangers:
            return ()
        working = self.gpu.working_processes(int((time.time() - 2 * STATE_EVERY) * 1e6))
        if working is None or strangers == holding:
            # in a container our own id may look strange, too: one holder is us, more are a doubt
            return None if working is None and len(strangers) > 1 else ()
        return tuple(sorted(strangers & working))

    # -- caller --------------------------------------------------------------------------------

    def covered(self) -> float:
        """``perf_counter`` instant up to which energy can be told."""
        with self._lock:
            span = self.timeline.span
            if span is None:
                return float("-inf")
            if not self.has_counter:
                return span[1]
            reach = span[1] - self.timeline.delay
            if self.has_samples and self._newest_sample is not None:
                reach = min(reach, self._newest_sample)
            return reach

    def energy(self, start: float, end: float) -> Energy:
        """Energy between two ``perf_counter`` instants; `MeterError` where it cannot be told."""
        fault = self.fault
        if fault is not None and fault.since < end + FROZEN:
            raise MeterError(fault.message, fault.flag)
        with self._lock:
            shift = self.timeline.delay if self.has_counter else 0.0
            try:
                return self.timeline.energy_between(start + shift, end + shift)
            except ValueError as error:
                raise MeterError(f"{self.gpu.name}: {error}") from error

    def state(self, start: float, end: float) -> DeviceState | None:
        """The device's state over a window: means, extremes and the union of causes."""
        with self._lock:
            seen = [s for t, s in self._states if start <= t <= end + STATE_EVERY]
        return _summary(seen)

    def forget(self, before: float) -> None:
        """Drop the recording before an instant."""
        with self._lock:
            self.timeline.forget(before)
            while self._states and self._states[0][0] < before:
                self._states.popleft()


def _summary(states: list[DeviceState]) -> DeviceState | None:
    if not states:
        return None
    clocks = [s.sm_clock_mhz for s in states if s.sm_clock_mhz is not None]
    heat = [s.temperature_c for s in states if s.temperature_c is not None]
    reasons = [s.throttle_reasons for s in states if s.throttle_reasons is not None]
    throttle = 0
    for bits in reasons:
        throttle |= bits
    foreign = [s.foreign_processes for s in states]
    return DeviceState(
        sm_clock_mhz=sum(clocks) / len(clocks) if clocks else None,
        temperature_c=max(heat) if heat else None,
        power_limit_watts=states[-1].power_limit_watts,
        throttle_reasons=throttle if reasons else None,
        memory_used_bytes=states[-1].memory_used_bytes,
        foreign_processes=None
        if None in foreign
        else tuple(sorted({pid for pids in foreign if pids for pid in pids})),
    )
