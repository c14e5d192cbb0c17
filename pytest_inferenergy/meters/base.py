"""What every meter gives: energy between two instants, component by component.

All instants are ``time.perf_counter()`` seconds of this process. A meter that records in another
clock converts at its own rim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pytest_inferenergy.errors import MeterError

Source = Literal["measured", "estimated"]
ComponentName = Literal["gpu", "cpu", "ram", "module"]
"""``module``: all that a superchip holds, its processor and memory with its GPU."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """How a device was doing over a window; what could not be read is ``None``."""

    sm_clock_mhz: float | None = None
    """Mean streaming-multiprocessor clock over the window, MHz."""
    temperature_c: float | None = None
    """Highest temperature seen in the window, degrees Celsius."""
    power_limit_watts: float | None = None
    """The enforced power limit, watts."""
    throttle_reasons: int | None = None
    """NVML's clocks-event-reasons bits, or-ed over the window."""
    memory_used_bytes: int | None = None
    """Device memory in use at the end of the window, bytes."""
    foreign_processes: tuple[int, ...] | None = None
    """Ids of other processes that worked on the device in the window; ``None``: unreadable."""
    busy: float | None = None
    """Share of the time in which the device worked, 0 to 1."""


def joined_state(states: Sequence[DeviceState]) -> DeviceState | None:
    """Several states as one: mean clock and work, highest temperature, every cause seen."""
    if not states:
        return None
    clocks = [s.sm_clock_mhz for s in states if s.sm_clock_mhz is not None]
    busy = [s.busy for s in states if s.busy is not None]
    heat = [s.temperature_c for s in states if s.temperature_c is not None]
    reasons = [s.throttle_reasons for s in states if s.throttle_reasons is not None]
    throttle = 0
    for bits in reasons:
        throttle |= bits
    foreign: set[int] | None = set()
    for state in states:
        if state.foreign_processes is None:
            foreign = None
            break
        foreign = (foreign or set()).union(state.foreign_processes)
    return DeviceState(
        sm_clock_mhz=sum(clocks) / len(clocks) if clocks else None,
        temperature_c=max(heat) if heat else None,
        power_limit_watts=states[-1].power_limit_watts,
        throttle_reasons=throttle if reasons else None,
        memory_used_bytes=states[-1].memory_used_bytes,
        foreign_processes=None if foreign is None else tuple(sorted(foreign)),
        busy=sum(busy) / len(busy) if busy else None,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """The energy of one component of one device between two instants."""

    component: ComponentName
    source: Source
    joules: float
    stderr: float
    """Standard error of ``joules``, in joules: what repeating differs by. A sensor's gain and a
    model's distance from the truth are no part of it."""
    device: str
    """Which device: a hashed UUID for a GPU, a powercap zone name, ...; never a host name."""
    state: DeviceState | None = None
    flags: frozenset[str] = field(default_factory=frozenset)
    """Causes for doubt about this reading, e.g. ``counter_frozen``."""
    sampled_every: float | None = None
    """Distance of the power samples it rests on, seconds; ``None``: it rests on none."""


@dataclass(frozen=True, slots=True)
class MeterProfile:
    """The hard facts of what a meter measures; they key the machine profile of a baseline."""

    meter: str
    """``nvml``, ``rapl``, ``codecarbon``, ``replay``."""
    device: str
    """Device model, e.g. ``NVIDIA H200``."""
    count: int
    """Number of devices measured."""
    power_limit_watts: float | None = None
    mig: bool = False
    driver: str | None = None
    """Driver version; a fact of the run, not of the profile's key."""
    added_up: tuple[str, ...] = ()
    """What the figure is the sum of, in words, where the devices' identities do not tell."""
    idle_watts: float | None = None
    """Power of the devices with nothing to do, where it was measured."""


class Meter(Protocol):
    """A running source of energy.

    ``edge()`` marks an instant at the rim of a window and is cheap; the energy between two edges
    may be known only a little later, when ``covered()`` has passed the second.
    """

    name: str

    def attach(self) -> None:
        """Choose the devices that the work in this process uses now. Called after warm-up."""

    def profile(self) -> MeterProfile:
        """The hard facts of the devices attached."""

    def edge(self) -> float:
        """Mark an instant, return it (``time.perf_counter()`` seconds)."""

    def covered(self) -> float:
        """The instant up to which energy can be told now."""

    def wait_until_covered(self, instant: float, timeout: float = 2.0) -> None:
        """Block until ``covered() >= instant``; raise `MeterError` after ``timeout`` seconds."""

    def read(self, start: float, end: float) -> tuple[Reading, ...]:
        """Energy between two edges, for each component and device; `MeterError` if unknown."""

    def forget(self, before: float) -> None:
        """Drop what was recorded before an instant, so that long sessions stay small."""

    def close(self) -> None:
        """Stop recording; may be called twice."""


__all__ = [
    "ComponentName",
    "DeviceState",
    "Meter",
    "MeterError",
    "MeterProfile",
    "Reading",
    "Source",
    "joined_state",
]
