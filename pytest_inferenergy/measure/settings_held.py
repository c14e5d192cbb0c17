"""Whether a device kept its settings while it was measured: power limit and level of the clocks.

NVML tells the limit, but not to which clocks a device is locked; so a lock is seen by what it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.meters.base import DeviceState, MeterProfile

SAME_LIMIT = 0.01
"""Power limits that differ by less than this are the same (relative)."""
SAME_CLOCK, OTHER_CLOCK = 0.01, 0.05
"""Clocks of one level wander by less than the first, two levels differ by more than the second."""
BETWEEN = 2
"""So many windows may hold some of both levels."""
APPLICATIONS_CLOCKS = 0x2
"""NVML's reason: clocks are set by somebody."""
MOVED_BY_ITSELF = 0x1 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80
"""NVML's reasons for which a device changes its clocks by itself: idling, power, heat, brakes."""


def power_limit_changed(windows: Sequence[Window], began: MeterProfile | None) -> bool:
    """Whether a power limit is not the one it was; ``began``: the devices before the windows."""
    for states in _by_device(windows):
        limits = [s.power_limit_watts for s in states if s.power_limit_watts is not None]
        if began is not None and began.power_limit_watts is not None:
            limits.append(began.power_limit_watts)
        if limits and max(limits) > (1 + SAME_LIMIT) * min(limits):
            return True
    return False


def clocks_changed(windows: Sequence[Window]) -> bool:
    """Whether the clocks went once from one level to another, and the device had no cause."""
    for states in _by_device(windows):
        reasons = [s.throttle_reasons for s in states if s.throttle_reasons is not None]
        clocks = [s.sm_clock_mhz for s in states if s.sm_clock_mhz is not None]
        if len(reasons) < len(states) or len(clocks) < len(states):
            continue
        if any(bits & MOVED_BY_ITSELF for bits in reasons):
            continue
        if len({bits & APPLICATIONS_CLOCKS for bits in reasons}) > 1 or _is_one_step(clocks):
            return True
    return False


def _is_one_step(clocks: Sequence[float]) -> bool:
    for end in range(1, len(clocks)):
        for begin in range(end, min(end + BETWEEN, len(clocks) - 1) + 1):
            before, after = clocks[:end], clocks[begin:]
            if _is_level(before) and _is_level(after) and _are_apart(before, after):
                return len(clocks) > 2  # of two windows one may have been anything
    return False


def _is_level(clocks: Sequence[float]) -> bool:
    return max(clocks) <= (1 + SAME_CLOCK) * min(clocks)


def _are_apart(before: Sequence[float], after: Sequence[float]) -> bool:
    low, high = sorted((max(before), max(after)))
    return high > (1 + OTHER_CLOCK) * low


def _by_device(windows: Sequence[Window]) -> Iterator[list[DeviceState]]:
    """The states of each device, window by window."""
    found: dict[str, list[DeviceState]] = {}
    for window in windows:
        for reading in window.readings:
            if reading.state is not None:
                found.setdefault(reading.device, []).append(reading.state)
    return iter(found.values())
