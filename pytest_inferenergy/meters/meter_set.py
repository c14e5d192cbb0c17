"""Several meters as one: edges in the right order, readings joined, components chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.base import Meter, MeterProfile, Reading


@dataclass(frozen=True, slots=True)
class Edge:
    """One rim of a window: the instant each meter took for it, in the meters' order."""

    instants: tuple[float, ...]

    @property
    def time(self) -> float:
        """The instant of the first meter, which stands closest to the work."""
        return self.instants[0]


Span = tuple[Edge, Edge]


@dataclass(frozen=True, slots=True)
class Absent:
    """A meter that would have measured, had it answered."""

    meter: str
    reason: str
    listed: bool = False
    """Whether a device that it measures is listed on this machine."""


class MeterSet:
    """The meters of a session; the first is the one whose edges stand closest to the work."""

    def __init__(
        self, meters: Sequence[Meter], notes: Sequence[str] = (), absent: Sequence[Absent] = ()
    ) -> None:
        if not meters:
            raise MeterError("; ".join(notes) or "no meter answers on this machine")
        self.meters = tuple(meters)
        self.notes = tuple(notes)
        """Why the other meters do not take part."""
        self.absent = tuple(absent)
        """Those of them that come before the first of ours."""
        self._closed = False

    def attach(self, also: frozenset[str] = frozenset()) -> None:
        """Let each meter choose its devices; ``also``: GPUs (UUIDs) that a partner process uses."""
        for meter in self.meters:
            share = getattr(meter, "share", None)
            if share is not None:
                share(also)
            meter.attach()

    def adopt(self, pids: frozenset[int]) -> None:
        """Count processes as ours that do the same work, with the GPUs they run on."""
        for meter in self.meters:
            adopt = getattr(meter, "adopt", None)
            if adopt is not None:
                adopt(pids)

    def gpus_in_use(self) -> frozenset[str]:
        """UUIDs of the GPUs that the work in this process uses now, as far as meters know any."""
        known = [getattr(meter, "gpus_in_use", frozenset) for meter in self.meters]
        return frozenset().union(*(uuids() for uuids in known))

    def profile(self) -> MeterProfile:
        """The first meter's profile: it measures what is gated."""
        return self.meters[0].profile()

    def opening(self) -> Edge:
        """Mark the start of a stretch of work; the first meter is asked last.

        `MeterError` once they are closed: a thread of a test may still measure at the end.
        """
        if self._closed:
            raise MeterError("the session ended while this was measured")
        return Edge(tuple(meter.edge() for meter in reversed(self.meters))[::-1])

    def closing(self) -> Edge:
        """Mark the end of a stretch of work; the first meter is asked first."""
        return Edge(tuple(meter.edge() for meter in self.meters))

    def is_covered(self, edge: Edge) -> bool:
        """Whether the energy up to an edge can be told without waiting.

        `MeterError` where a meter knows that it never will: one may have a method
        ``check(instant)``, which raises that.
        """
        for meter, instant in zip(self.meters, edge.instants, strict=True):
            if not meter.covered() >= instant:
                check = getattr(meter, "check", None)
                if check is not None:
                    check(instant)
                return False
        return True

    def wait_until_covered(self, edge: Edge) -> None:
        """Wait until the energy up to an edge can be told."""
        for meter, instant in zip(self.meters, edge.instants, strict=True):
            meter.wait_until_covered(instant)

    def read(self, spans: Sequence[Span]) -> tuple[Reading, ...]:
        """The energy of some stretches of work together, one reading a component and device."""
        parts: dict[tuple[str, str, str], list[Reading]] = {}
        for i, meter in enumerate(self.meters):
            for opening, closing in spans:
                for reading in meter.read(opening.instants[i], closing.instants[i]):
                    key = (reading.component, reading.source, reading.device)
                    parts.setdefault(key, []).append(reading)
        return tuple(_joined(readings) for readings in parts.values())

    def course(self, instants: Sequence[float], components: Sequence[str]) -> list[float] | None:
        """Joules of some components together, from the first of some instants to each of them.

        For the power trace of reports. Meters may have a method ``course(instants)`` that gives the
        joules by component; ``None`` where not all that is asked for is told.
        """
        told: dict[str, list[float]] = {}
        for meter in self.meters:
            course = getattr(meter, "course", None)
            for component, joules in ({} if course is None else course(instants)).items():
                told.setdefault(component, joules)
        if not components or not told.keys() >= set(components):
            return None
        parts = [told[component] for component in components]
        return [sum(joules) for joules in zip(*parts, strict=True)]

    def rest(self) -> None:
        """Between measurements: let the meters rest that can."""
        for meter in self.meters:
            rest = getattr(meter, "rest", None)
            if rest is not None:
                rest()

    @property
    def sampling_interval(self) -> float:
        """Seconds between the records of the slowest meter, where one says so; else 0."""
        return max(float(getattr(meter, "sampling_interval", 0.0)) for meter in self.meters)

    def interrupt(self) -> None:
        """From another thread: have those meters give up waiting that may wait long."""
        for meter in self.meters:
            interrupt = getattr(meter, "interrupt", None)
            if interrupt is not None:
                interrupt()

    def forget(self, before: Edge) -> None:
        """Drop recordings before an edge."""
        for meter, instant in zip(self.meters, before.instants, strict=True):
            meter.forget(instant)

    def close(self) -> None:
        """Stop all meters."""
        self._closed = True
        for meter in self.meters:
            meter.close()


def _joined(readings: Sequence[Reading]) -> Reading:
    if len(readings) == 1:
        return readings[0]
    last = readings[-1]
    return Reading(
        component=last.component,
        source=last.source,
        joules=sum(r.joules for r in readings),
        stderr=math.sqrt(sum(r.stderr**2 for r in readings)),
        device=last.device,
        state=next((r.state for r in reversed(readings) if r.state is not None), None),
        flags=frozenset().union(*(r.flags for r in readings)),
        sampled_every=last.sampled_every,
    )


def gated_components(
    readings: Sequence[Reading], wanted: Sequence[str] | None
) -> tuple[tuple[str, ...], str]:
    """Which components make up the figure, and whether it is measured or estimated.

    Without a wish: the GPU where it is measured, else all that is measured, else the estimates.
    Raises `MeterError` where a wished component is not measured beside one that is.
    """
    if wanted is not None and "module" in wanted and len(wanted) > 1:
        raise MeterError(
            f"energy_components asks for {' '.join(wanted)}, but a module holds the others: leave "
            "it out, or ask for it alone"
        )
    measured = {r.component for r in readings if r.source == "measured"}
    estimated = {r.component for r in readings if r.source == "estimated"}
    if wanted is None:
        for alone in ("gpu", "module"):
            if alone in measured:
                return (alone,), "measured"
        found = measured or estimated
        return tuple(sorted(found)), "measured" if measured else "estimated"
    if measured.issuperset(wanted):
        return tuple(wanted), "measured"
    if not measured and estimated.issuperset(wanted):
        return tuple(wanted), "estimated"
    missing = ", ".join(sorted(set(wanted) - measured))
    raise MeterError(
        f"energy_components asks for {' '.join(wanted)}, but {missing} is not measured here and "
        "estimates are never added to measurements; leave it out of energy_components"
    )
