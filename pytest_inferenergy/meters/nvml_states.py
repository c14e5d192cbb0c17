"""How a GPU was doing: clocks, heat, throttling, and who else worked on it, stretch by stretch."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import NamedTuple

from pytest_inferenergy.clock import time
from pytest_inferenergy.meters.base import DeviceState, joined_state
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
        return joined_state([s.state for s in self._seen if s.until > start and s.since < end])

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
