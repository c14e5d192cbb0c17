"""The course of a measurement's level since its anchor, and whether it crept. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pytest_inferenergy.baselines.history import MOST_RUNS, Anchor, History
from pytest_inferenergy.stats.runs import levels, sessions

Finding = Literal["creep", "step"]


@dataclass(frozen=True, slots=True)
class Point:
    """The level of one session of runs."""

    time: float
    """When its newest run ended, Unix seconds."""
    change: float
    """ln(level / anchor)."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a level moved away from the one its first run ever stored had."""

    log_joules: float
    """ln(joules per inference) of the newest session."""
    anchor: Anchor
    points: tuple[Point, ...]
    """The sessions that are kept, oldest first; at least one."""
    finding: Finding | None
    """``creep``: more than the tolerance above the anchor, though no step that can be seen was;
    ``step``: above it by a step beyond the tolerance, as after an accepted change; ``None``: not
    more than the tolerance above it."""
    largest_step: float
    """The largest rise from one level to the next that can be seen, log scale; 0: none rose."""

    @property
    def change(self) -> float:
        """ln(newest level / anchor)."""
        return self.points[-1].change


def course(history: History, tolerance: float) -> Course:
    """The course of one measurement; ``tolerance`` is a fraction (0.05 is 5 %).

    Where runs have grown out of the list (it keeps the newest 20), what lay between the anchor and
    the oldest one kept cannot be seen, and is not taken for a step.
    """
    groups = sessions(history.runs)
    means = levels(groups, lambda run: run.log_joules)
    points = tuple(
        Point(group[-1].time, mean - history.anchor.log_joules)
        for group, mean in zip(groups, means, strict=True)
    )
    seen = points
    if len(history.runs) < MOST_RUNS:
        seen = (Point(history.anchor.time, 0.0), *points)
    limit = math.log1p(tolerance)
    largest = max((after.change - before.change for before, after in pairwise(seen)), default=0.0)
    finding: Finding | None = None
    if points[-1].change > limit:
        finding = "creep" if largest <= limit else "step"
    return Course(means[-1], history.anchor, points, finding, max(0.0, largest))
