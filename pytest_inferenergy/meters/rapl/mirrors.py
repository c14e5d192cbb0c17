"""Counters that show one and the same count, as those of a many-die processor's dies may do.

Two that agree at one instant may be two that happen to. So they are watched for a while, each time
read in turn: one, the other, the one again. What is the same counter lies between its own readings
however long each takes, and does so every time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Final

from pytest_inferenergy.meters.rapl.powercap import Zone

WATCH: Final = 0.3
"""Counters that agree are watched for so long, seconds."""
STEP: Final = 0.02
"""Seconds between two looks."""
TOLERANCE: Final = 10_000
"""Microjoules by which two paths to one counter may differ: 0.1 ms of 100 W."""


def without_mirrors(
    zones: Sequence[Zone],
    read: Callable[[Zone], int],
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> tuple[Zone, ...]:
    """The zones, each counter once; takes time only where two of one socket agree."""
    alike = [
        (one, other)
        for one, other in combinations(zones, 2)
        if (one.socket, one.component) == (other.socket, other.component)
    ]
    first = {zone: read(zone) for pair in alike for zone in pair}
    alike = [pair for pair in alike if _agree(*pair, read)]
    end = now() + WATCH
    while alike and now() < end:
        sleep(STEP)
        alike = [pair for pair in alike if _agree(*pair, read)]
    doubles = {other for one, other in alike if (read(one) - first[one]) % one.range_uj}
    return tuple(zone for zone in zones if zone not in doubles)


def _agree(one: Zone, other: Zone, read: Callable[[Zone], int]) -> bool:
    """Whether the other's count lies between two readings of the one."""
    before, between, after = read(one), read(other), read(one)
    reach = (after - before) % one.range_uj + 2 * TOLERANCE
    return (between - before + TOLERANCE) % one.range_uj <= reach
