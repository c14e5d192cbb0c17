"""The meter ``zeus``: AMD GPUs, Apple silicon and Jetson through Zeus's device layer.

A thread looks at each device twenty times a second and feeds one timeline for each figure: the
energy counter where there is one, else the power, whose integral is then all there is. The standard
error is the timeline's own, from how that very recording went. Zeus tells nothing of who else works
on a device (``contention_unknown``), and nothing by which to know a card again.
"""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import Final

from pytest_inferenergy import threads
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import DeviceState, MeterProfile, Reading
from pytest_inferenergy.meters.timeline import Timeline
from pytest_inferenergy.meters.zeus.taps import Source, Tap, find_sources, models

PERIOD: Final = 0.05
"""Seconds between two looks."""
FROZEN_SECONDS: Final = 1.0
"""A counter of a GPU that did not move for this long does not count."""
SETTLE_SECONDS: Final = 5.0
"""A recording reaches an instant within this time, or something is wrong."""
UNIFORM: Final = 1 / math.sqrt(12)


class Track:
    """The timeline of one figure."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self.timeline = Timeline()
        self.fault: MeterError | None = None
        self.distances: deque[float] = deque(maxlen=64)
        self._looked = self._moved = -math.inf
        self._value = -math.inf
        self._repeats = False

    def add(self, time: float, value: float, blur: float) -> None:
        """Take what was read at an instant told to ``blur`` seconds."""
        looked, self._looked = self._looked, time
        if self.fault is not None:
            return
        try:
            if self.tap.kind == "power":
                self.timeline.extend(samples=[(time, value)])
            elif self.tap.kind == "sum":
                self._add_sum(time, value, looked)
            elif value != self._value or not self.tap.device.startswith("zeus-gpu-"):
                stale = UNIFORM * (time - looked) if self._repeats else 0.0
                self.timeline.extend([(time, value)], blur=math.hypot(blur, stale))
            else:
                self._repeats = True
                return
        except ValueError as error:
            self.fault = MeterError(f"zeus, {self.tap.device}: {error}", "counter_back")
            return
        if self._moved > -math.inf:
            self.distances.append(time - self._moved)
        self._moved, self._value = time, value

    def _add_sum(self, time: float, value: float, looked: float) -> None:
        """What Zeus has integrated from samples of power is no better than these samples."""
        if value < self._value:
            raise ValueError(f"the sum went back to {value:g} J")
        if looked > -math.inf and time > looked:
            self.timeline.extend(samples=[(time, (value - self._value) / (time - looked))])

    @property
    def sampling_interval(self) -> float:
        """Usual distance of new values, seconds."""
        return median(self.distances) if self.distances else PERIOD

    @property
    def told(self) -> float:
        """Up to when the energy is known."""
        span = self.timeline.span
        return -math.inf if span is None else span[1]


class ZeusMeter:
    """All devices that Zeus finds.

    ``sources``: in place of those, for tests. Raises `MeterError` where the extra is missing or no
    device answers.
    """

    name = "zeus"

    def __init__(self, sources: tuple[Source, ...] | None = None) -> None:
        self._sources = find_sources() if sources is None else sources
        self._tracks = {source: [Track(tap) for tap in source.taps] for source in self._sources}
        self._lock = threads.Lock()
        self._failure: str | None = None
        self._stop = threads.Bell()
        self._thread = threads.start(self._look, "inferenergy-zeus")

    def attach(self) -> None:
        """Nothing to choose: Zeus shows the devices that are visible here."""

    def profile(self) -> MeterProfile:
        """The devices' models and how many they are."""
        return MeterProfile(self.name, models(self._sources), len(self._sources))

    @property
    def sampling_interval(self) -> float:
        """Seconds between new values of the slowest figure."""
        with self._lock:
            return max(track.sampling_interval for track in self._all())

    def edge(self) -> float:
        """The present instant."""
        return time.perf_counter()

    def covered(self) -> float:
        """Up to when all devices are told."""
        with self._lock:
            return min(track.told for track in self._all())

    def wait_until_covered(self, instant: float, timeout: float = SETTLE_SECONDS) -> None:
        """Wait for a look after ``instant``."""
        deadline = time.perf_counter() + timeout
        while self.covered() < instant:
            self._raise_fault()
            if time.perf_counter() > deadline:
                raise self._silence(timeout)
            time.sleep(0.2 * PERIOD)

    def check(self, instant: float) -> None:
        """Raise `MeterError` where the recording will not reach an instant."""
        if self.covered() < instant:
            self._raise_fault()
            if time.perf_counter() - instant > SETTLE_SECONDS:
                raise self._silence(SETTLE_SECONDS)

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """Energy between two edges, one reading a figure."""
        with self._lock:
            return tuple(self._reading(track, start, end) for track in self._all())

    def _reading(self, track: Track, start: float, end: float) -> Reading:
        if track.fault is not None and end > track.told:
            raise track.fault
        try:
            energy = track.timeline.energy_between(start, end)
        except ValueError as error:
            raise MeterError(f"zeus, {track.tap.device}: {error}") from error
        is_gpu = track.tap.device.startswith("zeus-gpu-")
        if is_gpu and energy.joules == 0 and end - start >= FROZEN_SECONDS:
            raise MeterError(
                f"zeus, {track.tap.device}: 0 J in {end - start:.1f} s, it does not count",
                "counter_frozen",
            )
        return Reading(
            component=track.tap.component,
            source="measured",
            joules=energy.joules,
            stderr=energy.stderr,
            device=track.tap.device,
            state=DeviceState(),  # who worked on it is not known
        )

    def forget(self, before: float) -> None:
        """Drop what was recorded before an instant."""
        with self._lock:
            for track in self._all():
                track.timeline.forget(before)

    def close(self) -> None:
        """Stop the thread."""
        self._stop.ring()
        self._thread.join(timeout=SETTLE_SECONDS)

    # -- the recording -------------------------------------------------------------------------

    def _look(self) -> None:
        while not self._stop.wait(PERIOD):
            for source, tracks in self._tracks.items():
                before = time.perf_counter()
                try:
                    values = source.read()
                except Exception as error:  # Zeus has one for each maker
                    self._failure = " ".join(str(error).split())[:200] or type(error).__name__
                    continue
                after = time.perf_counter()
                with self._lock:
                    for track, value in zip(tracks, values, strict=True):
                        track.add(0.5 * (before + after), value, UNIFORM * (after - before))

    def _all(self) -> list[Track]:
        return [track for tracks in self._tracks.values() for track in tracks]

    def _raise_fault(self) -> None:
        faults = [track.fault for track in self._all() if track.fault is not None]
        if faults:
            raise faults[0]

    def _silence(self, seconds: float) -> MeterError:
        """Why nothing came for so long."""
        late = min(self._all(), key=lambda track: track.told)
        cause = f": {self._failure}" if self._failure else ", its counter stands still"
        return MeterError(
            f"zeus told nothing new of {late.tap.device} for {seconds:g} s{cause}", "meter_silent"
        )
