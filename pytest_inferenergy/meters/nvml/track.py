"""Follows one GPU: the counter's ticks, the power samples and the device's states.

What the GPU offers is found by asking. The counter gives the absolute energy, the samples the shape
between its ticks (`timeline`). Without samples the ticks stand alone; without a counter the
samples; without either the power reading, polled. Each states what that costs in its error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

from pytest_inferenergy import threads
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import ComponentName, Reading
from pytest_inferenergy.meters.energy import Energy
from pytest_inferenergy.meters.nvml.gpu import Gpu
from pytest_inferenergy.meters.nvml.processes import Family
from pytest_inferenergy.meters.nvml.ring import SampleRing
from pytest_inferenergy.meters.nvml.states import States
from pytest_inferenergy.meters.nvml.tick_finder import Tick, TickFinder
from pytest_inferenergy.meters.timeline import Timeline

POLL_SAMPLES = 0.2
"""Distance of looks at the sample ring, seconds, where there is no counter."""
POLL_POWER = 0.05
"""Distance of power readings, seconds, where there is neither a counter nor a sample ring."""
STATE_EVERY = 0.4
"""Distance of looks at the device's state, seconds; sooner when somebody waits."""
PATIENCE, RETRY_AFTER = 1.0, 0.05
"""NVML may fail to answer for so long, seconds, and is asked again so often."""
MUTE = 3
"""So often in a row the samples may fail to come."""
AVERAGED = 1.0
"""The power reading is a mean over up to so long, seconds (Hopper)."""
READING_DOUBT = 0.05
"""What that hides of a load in turns at a window's edge, in seconds of its mean power."""

T = TypeVar("T")


class Track:
    """The recording of one GPU. ``poll`` belongs to the recorder thread, the rest to the caller."""

    def __init__(self, gpu: Gpu, family: Family) -> None:
        self.gpu = gpu
        self.fault: MeterError | None = None
        """Why nothing more can be told from some instant on."""
        self._lock = threads.Lock()
        self._timeline = Timeline()
        self._states = States(gpu, family)
        self._due = self._seen = time.perf_counter()
        self._failing: float | None = None  # since when NVML does not answer
        self._mute = 0  # how often in a row it gave no samples
        self._probe()

    def _probe(self) -> None:
        """Find out what the GPU offers; `MeterError` where that is nothing."""
        refusals: list[str] = []

        def offered(ask: Callable[[], T]) -> T | None:
            try:
                return ask()
            except MeterError as error:
                refusals.append(str(error))
                return None

        joules = offered(self.gpu.joules)
        if joules == 0:
            raise MeterError(
                f"the energy counter of {self.gpu.name} answers 0 (some virtual GPUs do): nothing "
                "it says can be trusted",
                "counter_zero",
            )
        self._component: ComponentName | None = (
            None if self.gpu.module_watts() is not None else "gpu"
        )
        self._finder = None if joules is None else TickFinder(joules, time.perf_counter())
        self._ring = offered(lambda: SampleRing(self.gpu))
        if self._finder is None and self._ring is None and offered(self.gpu.watts) is None:
            raise MeterError(
                f"{self.gpu.name} answers neither its energy counter nor its power: "
                + "; ".join(refusals)
            )

    # -- recorder thread -----------------------------------------------------------------------

    @property
    def due(self) -> float:
        """When the next question is due."""
        return self._due if self._finder is None else self._finder.due

    @property
    def watching(self) -> bool:
        """Whether ticks are awaited in short steps."""
        return self._finder is not None and self._finder.watching

    @property
    def quick(self) -> bool:
        """Whether a poll takes no time to speak of."""
        return self._finder is None

    def poll(self, *, urgent: bool) -> None:
        """Ask what is due, and set when the next question is. ``urgent``: someone is waiting.

        What goes wrong and goes on ends the recording with a reason; nothing escapes into the
        thread.
        """
        try:
            if self._finder is not None:
                self._poll_counter(self._finder, urgent)
            else:
                self._poll_power(urgent)
            self._failing = None
        except MeterError as error:
            if error.flag is None and self._may_pass():
                return
            self.fault = MeterError(f"{self.gpu.name}: {error}", error.flag or "gpu_lost")
        except Exception as error:
            self.fault = MeterError(f"{self.gpu.name}: {error!r}", "gpu_lost")

    def _may_pass(self) -> bool:
        """Whether NVML has not failed for long; then it is asked again."""
        now = time.perf_counter()
        self._failing = now if self._failing is None else self._failing
        if now - self._failing > PATIENCE:
            return False
        with self._lock:
            self._due = now + RETRY_AFTER
            if self._finder is not None:
                self._finder.due = self._due
        return True

    def _poll_counter(self, finder: TickFinder, urgent: bool) -> None:
        start = time.perf_counter()
        joules = self.gpu.joules()
        end = time.perf_counter()
        with self._lock:
            tick = finder.saw(start, end, joules, every_tick=urgent or self._ring is None)
        if tick is not None:
            self._collect(urgent, tick)

    def _poll_power(self, urgent: bool) -> None:
        self._due = time.perf_counter() + (POLL_POWER if self._ring is None else POLL_SAMPLES)
        if self._ring is None:
            watts = self.gpu.watts()
            with self._lock:
                self._timeline.extend(samples=[(time.perf_counter(), watts)])
        self._collect(urgent)

    def _collect(self, urgent: bool, tick: Tick | None = None) -> None:
        """Take in what belongs to a tick; the tick last, since it is what callers wait for."""
        if self._ring is not None:
            self._collect_samples(self._ring)
        now = time.perf_counter()
        if urgent or now - self._seen >= STATE_EVERY:
            state = self._states.look(now - self._seen)
            with self._lock:
                self._states.add(self._seen, now, state)
                self._seen = now
        if tick is not None:
            with self._lock:
                self._timeline.extend(ticks=[tick[:2]], blur=tick.blur)

    def _collect_samples(self, ring: SampleRing) -> None:
        try:
            fresh = ring.fresh()
        except MeterError as error:
            if self._finder is None:
                raise
            self._mute += 1
            if error.flag is None and self._mute <= MUTE:
                return  # they are still there when it answers again
            self._ring = None  # the counter goes on alone
            return
        self._mute = 0
        with self._lock:
            self._timeline.extend(samples=fresh)

    # -- caller --------------------------------------------------------------------------------

    def resume(self) -> None:
        """Begin, or go on after a pause."""
        now = time.perf_counter()
        with self._lock:
            self._due = self._seen = now
            if self._ring is not None:
                self._ring.resume()
            if self._finder is not None:
                self._finder.resume(now)

    def hurry(self) -> None:
        """Someone waits."""
        with self._lock:
            self._due = 0.0
            if self._finder is not None:
                self._finder.hurry(time.perf_counter())

    def check(self) -> None:
        """Raise `MeterError` where nothing more is recorded."""
        if self.fault is not None:
            raise self.fault

    def covered(self) -> float:
        """``perf_counter`` instant up to which energy and state can be told."""
        with self._lock:
            if self._finder is None or self._ring is None:
                span = self._timeline.span
                reach = -math.inf if span is None else span[1]
            else:
                reach = self._timeline.settled
            shift = 0.0 if self._finder is None else self._timeline.delay
            return min(reach - shift, self._seen)

    def read(self, start: float, end: float) -> Reading:
        """The energy between two ``perf_counter`` instants; `MeterError` if it cannot be told."""
        if end > self.covered():
            raise self.fault or MeterError(f"{self.gpu.name}: not recorded yet; settle first")
        with self._lock:
            try:
                energy = self._energy(start, end)
            except ValueError as error:
                raise MeterError(f"{self.gpu.name}: {error}") from error
            return Reading(
                component=self.component,
                source="measured",
                joules=energy.joules,
                stderr=energy.stderr,
                device=self.gpu.identity,
                state=self._states.between(start, end),
                flags=self._flags(),
                sampled_every=self._timeline.sampled_every,
            )

    def course(self, instants: Sequence[float]) -> list[float]:
        """Joules from the first of some ``perf_counter`` instants to each; `MeterError` if not."""
        with self._lock:
            shift = 0.0 if self._finder is None else self._timeline.delay
            try:
                return self._timeline.course([instant + shift for instant in instants])
            except ValueError as error:
                raise MeterError(f"{self.gpu.name}: {error}") from error

    @property
    def component(self) -> ComponentName:
        """What the figure is of: the module where NVML tells of one and the counter holds more.

        Found once, at the first figure.
        """
        if self._component is None:
            self._component = "module" if self._timeline.sensors_disagree else "gpu"
        return self._component

    def _flags(self) -> frozenset[str]:
        doubts = {
            "no_counter": self._finder is None,
            "no_samples": self._ring is None,
            "sensors_disagree": (self._timeline.sensors_disagree and self.component != "module"),
        }
        return frozenset(flag for flag, is_so in doubts.items() if is_so)

    def _energy(self, start: float, end: float) -> Energy:
        if self._finder is not None:
            shift = self._timeline.delay
            return self._timeline.energy_between(start + shift, end + shift)
        energy = self._timeline.energy_between(start, end)
        if self._ring is not None or end == start:
            return energy
        hidden = self._hidden_by_averaging(start, end, energy.joules / (end - start))
        return Energy(energy.joules, math.hypot(energy.stderr, hidden))

    def _hidden_by_averaging(self, start: float, end: float, mean: float) -> float:
        """What a reading averaged over the time before hides at a window's edges, joules.

        Half of what it changes in the time it averages over, and a share of the mean for changes
        that are faster than that.
        """
        first, last = self._timeline.span or (start, end)
        earliest = first + 2 * POLL_POWER

        def watts(at: float) -> float:
            at = min(max(at, earliest), last)
            return self._timeline.energy_between(at - 2 * POLL_POWER, at).joules / (2 * POLL_POWER)

        rise = watts(start + AVERAGED) - watts(start)
        fall = watts(end) - watts(end - AVERAGED)
        turns = math.sqrt(2.0) * READING_DOUBT * mean
        return math.hypot(turns, 0.5 * AVERAGED * rise, 0.5 * AVERAGED * fall)

    def forget(self, before: float) -> None:
        """Drop the recording before an instant."""
        with self._lock:
            self._timeline.forget(before)
            self._states.forget(before)
