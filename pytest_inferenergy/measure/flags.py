"""Causes for doubt about a measurement, as words; data, not prints."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from pytest_inferenergy.measure.aliasing import aliasing_doubt
from pytest_inferenergy.measure.memory import grows
from pytest_inferenergy.measure.recorder import Recording
from pytest_inferenergy.measure.settings_held import clocks_changed, power_limit_changed
from pytest_inferenergy.measure.summary import idle_watts
from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.meters.frameworks import has_compiled
from pytest_inferenergy.stats import margins

HARDWARE_SLOWDOWN, THERMAL_SOFTWARE, THERMAL_HARDWARE, POWER_BRAKE = 0x8, 0x20, 0x40, 0x80
THROTTLED = HARDWARE_SLOWDOWN | THERMAL_SOFTWARE | THERMAL_HARDWARE | POWER_BRAKE
"""NVML's reasons that are no normal state; the software power cap (0x4) is one at full load."""
DRIFT = 0.03
"""A change of mean power from the first to the last third of the windows beyond this drifts."""
MEMOISED = 0.01
"""Calls that take less than this share of the first one may be answered from a cache."""
LEAST_FIRST_SECONDS = 0.01
"""A first call shorter than this is not slow: anything may have come between."""
ALIASED = 0.01
"""A doubt from calls that keep step with the sensor is told from this share of the energy on."""


def flags_of(recording: Recording, *, host_bound: bool) -> tuple[str, ...]:
    """The flags of a recording, sorted."""
    windows = recording.windows
    found = set().union(*(window.flags for window in windows)) | _of_calls(recording)
    if recording.rejected:
        found.add("contended")
    if _contention_unknown(windows):
        found.add("contention_unknown")
    if any(_throttle(window) & THROTTLED for window in windows):
        found.add("throttled")
    if host_bound:
        found.add("host_bound")
    elif _drifts(windows):
        found.add("thermal_drift")
    if power_limit_changed(windows, recording.began):
        found.add("power_limit_changed")
    if clocks_changed(windows):
        found.add("clocks_changed")
    if fmean(window.seconds for window in windows) < 0.9 * recording.window_seconds:
        found.add("too_short")
    if aliasing_doubt(windows, idle_watts(recording)) >= ALIASED:
        found.add("aliased")
    if grows(recording.memory):
        found.add("memory_growth")
    if not recording.levelled:
        found.add("warm_up_unfinished")
    return tuple(sorted(found))


def _of_calls(recording: Recording) -> set[str]:
    """What the calls themselves give cause to doubt."""
    found = set[str]()
    if recording.left_running:
        found.add("left_running")
    if recording.busy_before:
        found.add("busy_before")
    if _memoised(recording):
        found.add("memoised")
    return found


def mostly_rejected(recording: Recording) -> bool:
    """Whether so many windows were used by another process, too, that nothing can be concluded."""
    return margins.mostly_rejected(len(recording.rejected), recording.taken)


def _memoised(recording: Recording) -> bool:
    """Whether later calls took next to no time, and nothing that we know of was compiled before."""
    first = recording.first_seconds
    if first is None or first < LEAST_FIRST_SECONDS or has_compiled():
        return False
    calls = sum(window.calls for window in recording.windows)
    seconds = sum(window.seconds for window in recording.windows)
    return seconds / calls < MEMOISED * first


def _contention_unknown(windows: Sequence[Window]) -> bool:
    states = [r.state for w in windows for r in w.readings if r.state is not None]
    return any(state.foreign_processes is None for state in states)


def _throttle(window: Window) -> int:
    reasons = 0
    for reading in window.readings:
        if reading.state is not None and reading.state.throttle_reasons is not None:
            reasons |= reading.state.throttle_reasons
    return reasons


def _drifts(windows: Sequence[Window]) -> bool:
    third = len(windows) // 3
    if third < 2:
        return False
    first = fmean(window.watts for window in windows[:third])
    last = fmean(window.watts for window in windows[-third:])
    return abs(last / first - 1) > DRIFT
