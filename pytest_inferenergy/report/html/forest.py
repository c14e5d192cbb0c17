"""The small drawing of a change in each row: its interval, the tolerance, and no change at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 120.0
"""Width of the drawing, in its own units."""
WIDEST = 0.5
"""No scale goes beyond this change, so that one outlier leaves the others legible."""


@dataclass(frozen=True, slots=True)
class Forest:
    """Places along the drawing, 0 to `WIDTH`; ``cut_*``: the interval goes on beyond the edge."""

    change: float
    low: float
    high: float
    tolerance_low: float
    tolerance_high: float
    cut_low: bool
    cut_high: bool


def scale(measurements: Sequence[Mapping[str, Any]]) -> float:
    """The change at the edge of all drawings of a page, as a fraction."""
    found = [0.1]
    for measurement in measurements:
        if measurement.get("change") is None:
            continue
        details = measurement["details"]
        known = (measurement["change"], details.get("low"), details.get("high"))
        found += [abs(value) for value in known if value is not None]
        found.append(1.5 * (details.get("tolerance") or 0.0))
    return min(1.05 * max(found), WIDEST)


def forest(measurement: Mapping[str, Any], edge: float) -> Forest | None:
    """Where to draw a measurement's change on a scale from ``-edge`` to ``edge``."""
    change = measurement.get("change")
    if change is None:
        return None
    details = measurement["details"]
    low = change if details.get("low") is None else details["low"]
    high = change if details.get("high") is None else details["high"]
    tolerance = details.get("tolerance") or 0.0

    def place(value: float) -> float:
        return round(0.5 * WIDTH * (1 + max(-1.0, min(1.0, value / edge))), 2)

    return Forest(
        change=place(change),
        low=place(low),
        high=place(high),
        tolerance_low=place(-tolerance),
        tolerance_high=place(tolerance),
        cut_low=low < -edge,
        cut_high=high > edge,
    )
