"""The meter ``replay:FILE``: a recorded trace's power, played in real time and in a loop."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import MeterProfile, Reading
from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.meters.trace import Trace

BEFORE = 1.0
"""Samples are taken from so long before the first tick, seconds."""


class ReplayMeter:
    """Answers as the recorded device did, from the moment this object is made.

    Its profile is the trace's device marked as a replay, so that it never meets a real baseline.
    """

    name = "replay"

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._begin, first = trace.ticks[0]
        end, last = trace.ticks[-1]
        self._length = end - self._begin
        self._energy = last - first
        self._samples = [s for s in trace.samples if self._begin < s[0] <= end]
        self._opened = time.perf_counter()
        # what was just before shapes the beginning, where ticks come before their samples
        before = [s for s in trace.samples if self._begin - BEFORE < s[0] <= self._begin]
        self._timeline = Timeline(samples=[(self._at(t, 0), watts) for t, watts in before])
        self._tick = self._sample = 0  # how many of the endless recording were played

    def attach(self) -> None:
        """Nothing to choose: the trace is of one device."""

    def profile(self) -> MeterProfile:
        """The trace's device, marked."""
        return MeterProfile(
            meter=self.name,
            device=f"{self._trace.device} (replay)",
            count=1,
            driver=self._trace.driver,
        )

    def edge(self) -> float:
        """The present instant."""
        return time.perf_counter()

    def covered(self) -> float:
        """The last tick played."""
        self._play(time.perf_counter())
        return self._timeline.settled - max(self._timeline.delay, 0.0)

    def wait_until_covered(self, instant: float, timeout: float = 5.0) -> None:
        """Wait for the tick after ``instant``."""
        deadline = time.perf_counter() + timeout
        while self.covered() < instant:
            if time.perf_counter() > deadline:
                raise MeterError(f"the trace has no counter tick for {timeout:.0f} s", "replay_gap")
            time.sleep(0.01)

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """The energy the recorded device used in as much time."""
        shift = self._timeline.delay
        try:
            energy = self._timeline.energy_between(start + shift, end + shift)
        except ValueError as error:
            raise MeterError(f"the replayed trace cannot tell: {error}") from error
        return (
            Reading(
                component="gpu",
                source="measured",
                joules=energy.joules,
                stderr=energy.stderr,
                device="replay",
                flags=frozenset({"sensors_disagree"} if self._timeline.sensors_disagree else ()),
            ),
        )

    def course(self, instants: Sequence[float]) -> dict[str, list[float]]:
        """Joules from the first of some instants to each of them."""
        shift = self._timeline.delay
        try:
            return {"gpu": self._timeline.course([instant + shift for instant in instants])}
        except ValueError as error:
            raise MeterError(f"the replayed trace cannot tell: {error}") from error

    def forget(self, before: float) -> None:
        """Drop what was played before an instant."""
        self._timeline.forget(before)

    def close(self) -> None:
        """Nothing runs."""

    def _play(self, now: float) -> None:
        """Append what the endless recording shows up to ``now``."""
        ticks = []
        while (tick := self._nth_tick(self._tick))[0] <= now:
            ticks.append(tick)
            self._tick += 1
        samples = []
        while self._samples and (sample := self._nth_sample(self._sample))[0] <= now:
            samples.append(sample)
            self._sample += 1
        self._timeline.extend(ticks, samples)

    def _nth_tick(self, number: int) -> tuple[float, float]:
        # the last tick of one round is the first of the next
        lap, index = divmod(number, len(self._trace.ticks) - 1)
        instant, joules = self._trace.ticks[index]
        return self._at(instant, lap), joules + lap * self._energy

    def _nth_sample(self, number: int) -> tuple[float, float]:
        lap, index = divmod(number, len(self._samples))
        instant, watts = self._samples[index]
        return self._at(instant, lap), watts

    def _at(self, instant: float, lap: int) -> float:
        return self._opened + (instant - self._begin) + lap * self._length
