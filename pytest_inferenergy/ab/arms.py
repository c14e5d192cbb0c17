"""The two that take turns: a callable of this process, or one of the reference process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pytest_inferenergy.ab.client import ReferenceClient
from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import ReferenceTestError
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.recorder import SHORT, WindowRecorder, is_contended, window_of
from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import Edge, MeterSet
from pytest_inferenergy.stats.comparability import Work, other_work


class Arm(Protocol):
    """One of the two."""

    cycle: int
    """Calls that belong together."""

    def begin(self) -> float:
        """Make the first call, unless it was made; seconds it took."""

    def devices(self) -> frozenset[str]:
        """UUIDs of GPUs that only this side knows of."""

    def run(self, calls: int, before: int = 0) -> CallSpan:
        """Work so often; right before that, without a pause, ``before`` times for nothing."""

    def window(self, call_span: CallSpan) -> Window:
        """The energy of a stretch; it must be covered by now."""


class LocalArm:
    """A workload of this process; its windows join its recording."""

    def __init__(self, measuring: WindowRecorder, first_call: float | None = None) -> None:
        self._measuring = measuring
        self._first_call = first_call
        self.cycle = measuring.workload.cycle

    def begin(self) -> float:
        """Make the first call, unless it was made; seconds it took."""
        if self._first_call is None:
            self._first_call = self._measuring.first_call()
        return self._first_call

    def devices(self) -> frozenset[str]:
        """The meters find those of this process by themselves."""
        return frozenset()

    def run(self, calls: int, before: int = 0) -> CallSpan:
        """Work so often."""
        if before:
            self._measuring.run(before)
        call_span = self._measuring.call_span(calls)
        if not before and call_span.seconds < SHORT:  # the warm-up
            self._measuring.look()
        return call_span

    def window(self, call_span: CallSpan) -> Window:
        """The energy of a stretch."""
        window = self._measuring.window(call_span)
        recording = self._measuring.recording
        (recording.rejected if is_contended(window) else recording.clean).append(window)
        return window


class RemoteArm:
    """The same measurement in the reference process; the meters are this process's."""

    def __init__(
        self,
        partner: ReferenceClient,
        name: str | None,
        meters: MeterSet,
        wanted: Sequence[str] | None,
    ) -> None:
        self._partner = partner
        self._meters = meters
        self._wanted = wanted
        at = partner.at(name)
        self.cycle = at.cycle
        self.work = at.work
        self._pace = 0.0
        self._devices: frozenset[str] = frozenset()
        self.joules: list[float] = []
        """Joules per inference of each window."""
        self.seconds: list[float] = []
        """Seconds per inference of each window."""

    def begin(self) -> float:
        """The first call there; ``perf_counter`` seconds it took."""
        start = time.perf_counter()
        self.run(self.cycle)
        return time.perf_counter() - start

    def devices(self) -> frozenset[str]:
        """UUIDs of the GPUs that the reference process holds."""
        return self._devices

    def run(self, calls: int, before: int = 0) -> CallSpan:
        """Let the reference process work so often, within edges of this process's meters."""
        opening = self._meters.opening()
        ran = self._partner.run(calls, before, (calls + before) * self._pace)
        closing = self._meters.closing()
        self._devices |= ran.uuids
        call_span = CallSpan(
            [
                (_within(start, opening, closing), _within(end, opening, closing))
                for start, end in ran.spans
            ],
            calls,
            ran.tokens,
        )
        self._pace = call_span.seconds / calls
        return call_span

    def window(self, call_span: CallSpan) -> Window:
        """The energy of a stretch."""
        window, _, _ = window_of(
            call_span, self._meters, self._wanted, self.work.inferences_per_call
        )
        self.joules.append(window.joules_per_inference)
        self.seconds.append(window.seconds_per_inference)
        return window


def work_of(workload: Workload, root: str) -> Work:
    """What one call does; ``root``: the checkout, whose place does not count."""
    return Work(workload.digest(root), workload.inferences, workload.concurrency)


def assert_same_work(candidate: Work, reference: Work, title: str) -> None:
    """Raise `ReferenceTestError` for two arms that do not do the same work."""
    changes = other_work(candidate, reference)
    if changes:
        raise ReferenceTestError(f"inputs changed since {title}: {', '.join(changes)}")


def _within(instant: float, opening: Edge, closing: Edge) -> Edge:
    """An instant for every meter, none outside what that meter marked."""
    limits = zip(opening.instants, closing.instants, strict=True)
    return Edge(tuple(min(max(instant, first), last) for first, last in limits))
