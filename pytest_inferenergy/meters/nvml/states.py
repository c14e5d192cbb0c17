"""How a GPU was doing: clocks, heat, throttling, and who else worked on it, stretch by stretch."""

from __future__ import annotations

from collections import deque
from collections.abc import Container
from dataclasses import replace
from typing import NamedTuple

from pytest_inferenergy.clock import time
from pytest_inferenergy.meters.base import DeviceState, joined_state
from pytest_inferenergy.meters.nvml.gpu import Gpu
from pytest_inferenergy.meters.nvml.processes import Family, is_mps_server, is_sibling, one_unknown

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
        return strangers(self._gpu.processes(), self._gpu.working_processes(since), self._family)


def strangers(
    holding: frozenset[int] | None, working: frozenset[int] | None, ours: Container[object]
) -> tuple[int, ...] | None:
    """Which of the processes that worked on a GPU are strangers; ``None`` if that cannot be told.

    ``holding``: those with a context there. Where none of ours is seen to work, somebody else does
    our work: a model server that another parent started, CUDA's multi-process server, or ourselves
    under the id of another PID namespace. One alone is taken for that; of several, or of one beside
    our own context that could as well be a stranger, nothing is said.
    """
    if holding is None and working is None:
        return None
    listed = (holding or frozenset()) if working is None else working
    others = frozenset(pid for pid in listed if pid not in ours)
    server = frozenset(filter(is_mps_server, others))
    others -= server
    company = frozenset(filter(is_sibling, others))
    if working is not None and (company or len(others) + len(server) < len(working)):
        return tuple(sorted(others))
    held = frozenset(pid for pid in holding or () if pid in ours)
    if server:  # whose work it does is not told: that of any of its clients
        others |= (holding or frozenset()) - held - server
    if len(others) > 1:
        return None
    if not others or not held:
        return ()
    return () if working is not None and not server and one_unknown(others) else None
