"""The course of a test's stored runs: a straight line through the logarithm of their levels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from statistics import linear_regression
from typing import Any

from pytest_inferenergy.report.message import percent

FEWEST = 3
"""Runs below which a line would say nothing."""


def trend(times: Sequence[str], levels: Sequence[float]) -> dict[str, Any] | None:
    """Ends of the least-squares line and what it says; ``None`` with too few runs or one instant.

    ``times`` in ISO 8601, ``levels`` in any unit of energy, all positive.
    """
    seconds = [_seconds(time) for time in times]
    if len(levels) < FEWEST or min(seconds) == max(seconds) or min(levels) <= 0:
        return None
    start = min(seconds)
    slope, intercept = linear_regression(
        [second - start for second in seconds], [math.log(level) for level in levels]
    )
    first, last = seconds.index(start), seconds.index(max(seconds))
    rise = slope * (seconds[last] - start)
    return {
        "time": [times[first], times[last]],
        "kwh": [math.exp(intercept), math.exp(intercept + rise)],
        "text": f"{percent(math.expm1(rise))} along the line through {len(levels)} stored runs",
    }


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
