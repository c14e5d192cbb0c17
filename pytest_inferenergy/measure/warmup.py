"""Warm-up and calibration in one: stretches of doubling length until calls are level.

Compilation, autotuning and graph capture make early calls slow; they must fall outside. So the
stretches go on while calls still get faster, and their length doubles until a stretch fills a
window: the first window then follows at once, at working temperature.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf

from pytest_inferenergy.clock import time
from pytest_inferenergy.errors import MeterError

WINDOW_SECONDS = 0.5
WINDOW_INTERVALS = 4.0
"""A window lasts at least so many records of a slow meter."""
LEAD_INTERVALS = 2.0
"""And the same load precedes it for so many: a record may be one grain old when it is made."""
LIMIT_SECONDS = 120.0
TIMELESS_CALLS = 1 << 20
"""So many calls take some time, or the clock stands still."""
NEARLY = 0.9
"""A stretch that takes this share of the room fills it: calls differ."""
STILL_FALLING = 0.97
"""Calls that take less than this share of the fastest ones before are still getting faster."""


@dataclass(frozen=True, slots=True)
class WarmUp:
    """How the warm-up ended."""

    calls: int
    """Calls that a window needs to last half a second."""
    seconds_per_call: float
    levelled: bool
    """Whether call times levelled off within the limit."""


def warm_up(
    run: Callable[[int], float],
    cycle: int,
    first_call: float,
    limit: float = LIMIT_SECONDS,
    *,
    sampling_interval: float = 0.0,
    room: float = inf,
    now: Callable[[], float] | None = None,
) -> WarmUp:
    """Run stretches until calls are level and one fills a window.

    ``run(n)`` makes n calls and returns the seconds they took; ``deck`` is the number of calls that
    belong together; ``first_call`` is what the very first call took, seconds.
    ``grain``: seconds between the records of a slow meter. A window then lasts several of them, and
    the load goes on for some before it, so that both records around its first edge are under load.
    ``room``: seconds by the clock ``now`` that a window may take with all that ``setup`` does
    between its calls; where calls are few in so much time, they need not fill half a second.
    """
    warm = _level(run, cycle, first_call, limit, room, now or time.perf_counter)
    if not sampling_interval:
        return warm
    round_seconds = max(warm.seconds_per_call * cycle, 1e-9)
    run(cycle * _whole(LEAD_INTERVALS * sampling_interval / round_seconds))
    calls = cycle * _whole(1.05 * window_seconds(sampling_interval) / round_seconds)
    return replace(warm, calls=max(calls, warm.calls))


def window_seconds(sampling_interval: float) -> float:
    """The shortest useful window of a meter, seconds."""
    return max(WINDOW_SECONDS, WINDOW_INTERVALS * sampling_interval)


def _level(
    run: Callable[[int], float],
    cycle: int,
    first_call: float,
    limit: float,
    room: float,
    now: Callable[[], float],
) -> WarmUp:
    """Run stretches until calls are level and one fills half a second, or the room."""
    calls, spent, level = cycle, first_call, 0
    fastest = first_call
    while True:
        before = now()
        seconds = run(calls)
        elapsed = max(seconds, now() - before)  # with what `setup` took
        if seconds <= 0 and calls >= TIMELESS_CALLS:
            raise MeterError(
                f"the system's clock stands still over {calls} calls",
                "clock_stopped",
            )
        spent += elapsed
        pace = seconds / calls
        level = 0 if pace < STILL_FALLING * fastest else level + 1
        fastest = min(fastest, pace)
        long_enough = seconds >= WINDOW_SECONDS or elapsed >= NEARLY * room
        if long_enough and (level >= 2 or (level >= 1 and elapsed >= 2.0)):
            return WarmUp(calls, pace, levelled=True)
        if spent + elapsed > limit:
            needed = max(calls, cycle * _whole(WINDOW_SECONDS / max(pace * cycle, 1e-9)))
            return WarmUp(needed, pace, levelled=False)
        if not long_enough:
            needed = _whole(1.1 * WINDOW_SECONDS / max(pace * cycle, 1e-9))
            fits = inf if room == inf else _whole(room / max(elapsed / calls * cycle, 1e-9))
            calls = cycle * max(1, int(min(2 * calls // cycle, needed, fits)))


def _whole(number: float) -> int:
    return max(1, int(number) + (number > int(number)))
