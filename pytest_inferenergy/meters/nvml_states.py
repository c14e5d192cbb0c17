"""How a GPU was doing: clocks, heat, throttling, and who else worked on it, stretch by stretch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from pytest_inferenergy.meters.base import DeviceState
from pytest_inferenergy.meters.nvml_gpu import Gpu
from pytest_inferenergy.meters.processes import Family, exists

MOST_STATES = 7200
"""Beyond so many the oldest are dropped, whether or not somebody called `forget`."""


class Seen(NamedTuple):
    """What was seen at ``until`` of the time since ``since``."""

    since: float
    until: float
    state: DeviceState


class States:
    """The states of one GPU, in order of time."""

    def __init__(self, gpu: Gpu, family: Family) -> None:
        self._gpu = gpu
        self._family = family
        self._seen: deque[Seen] = deque(maxlen=MOST_STATES)

    def look(self, seconds: float) -> DeviceState:
        """Ask for the state now, and for who worked in the last ``seconds``."""
        since = int((time.time() - seconds) * 1e6)
        return replace(self._gpu.state(), foreign_processes=self._foreign(since))

    def add(self, since: float, until: float, state: DeviceState) -> None:
        """Append what was seen of the time between two instants."""
        self._seen.append(Seen(since, until, state))

    def between(self, start: float, end: float) -> DeviceState | None:
        """The state over a window: means, extremes and the union of causes."""
        return joined([s.state for s in self._seen if s.until > start and s.since < end])

    def forget(self, before: float) -> None:
        """Drop what ended before an instant."""
        while self._seen and self._seen[0].until < before:
            self._seen.popleft()

    def _foreign(self, since: int) -> tuple[int, ...] | None:
        """Other processes that worked on the GPU since a stamp; ``None`` if that cannot be told."""
        holding = self._gpu.processes()
        working = self._gpu.working_processes(since)
        listed = (holding or frozenset()) | (working or frozenset())
        strangers = frozenset(pid for pid in listed if pid not in self._family)
        if not strangers:
            return None if holding is None and working is None else ()
        if len(strangers) < len(listed) or all(map(exists, strangers)):
            return None if working is None else tuple(sorted(strangers & working))
        # In a container the ids may be those of another world: one at work is us, more are a doubt.
        busy = strangers if working is None else strangers & working
        return () if len(busy) <= 1 else None


def joined(states: Sequence[DeviceState]) -> DeviceState | None:
    """Several states as one: mean clock, highest temperature, every cause seen."""
    if not states:
        return None
    clocks = [s.sm_clock_mhz for s in states if s.sm_clock_mhz is not None]
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
    )
