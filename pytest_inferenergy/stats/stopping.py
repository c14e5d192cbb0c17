"""When a run has windows enough: by its precision alone, never by what the answer would be.

A rule that looked at the change itself after every window and stopped where it pleased would
raise the rate of false alarms (optional stopping); precision tells nothing of the change's sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_inferenergy.stats.comparability import comparable
from pytest_inferenergy.stats.estimate import Estimate
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.screen import FEW, convicting
from pytest_inferenergy.stats.stored_levels import stored_levels

MIN_WINDOWS = 8
LEAST_WINDOWS = 3
"""What is taken even when time is up: a call longer than the limit runs three times."""
SETTLED = 0.1
"""within² below this share of the between-run variance: more windows cannot matter."""
HALF_WIDTH = 0.01
CONFIDENCE = 0.99
NEW_SECONDS = 10.0
"""Longest measuring, in seconds, where no stored run asks for more."""
NEW_WINDOWS = 10
"""The same in windows, where one lasts longer than a second."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Whether to stop taking windows, and why."""

    enough: bool
    reason: str


def progress(
    estimate: Estimate,
    new: Run,
    baseline: Sequence[Run] = (),
    *,
    seconds: float,
    max_seconds: float = 30.0,
    budget: bool = False,
    window_seconds: float = 0.0,
) -> Progress:
    """Judge the windows so far; ``new`` is the run they would make, ``seconds`` the time spent.

    Against stored runs: 8 windows and within² < 0.1·s²(1 + 1/K), or an error no larger than that
    of the stored runs, beyond which more windows do not narrow the bounds (see `StoredLevels`).
    Without stored runs: 8 windows and a 99 % half-width of at most 1 %, or 10 s (or ten windows,
    where a slow meter needs long ones: ``window_seconds``). With a budget and without stored runs:
    8 windows and within² < 0.1·s0²; with both the stricter, within² < 0.1·s².
    """
    stored = comparable(new, baseline)
    new_seconds = max(NEW_SECONDS, NEW_WINDOWS * window_seconds)
    limit = max_seconds if stored or budget else min(max_seconds, new_seconds)
    if seconds >= limit and estimate.windows >= LEAST_WINDOWS:
        return Progress(True, f"{limit:g} s are spent")
    if estimate.windows < MIN_WINDOWS:
        return Progress(False, f"{estimate.windows} of {MIN_WINDOWS} windows")
    if stored:
        past = stored_levels(new, stored)
        sessions = f"{past.sessions} stored sessions"
        if not budget and estimate.stderr <= past.stored_error:
            return Progress(True, f"as precise as {sessions}")
        sharpest = min(past.spread(prior, 0.0).stderr for prior in convicting(past.sessions))
        scale = past.one_run(FEW[0], 0.0).stderr if budget else sharpest
        return _settled(estimate, scale**2, sessions)
    if budget:
        return _settled(estimate, FEW[0].sd ** 2, "the budget")
    half = estimate.half_width(CONFIDENCE)
    text = f"99 % interval ±{half:.2%}"
    return Progress(half <= HALF_WIDTH, text if half <= HALF_WIDTH else f"{text}, want ±1 %")


def _settled(estimate: Estimate, scale: float, what: str) -> Progress:
    """Compare the squared error of the mean with the variance it will be added to."""
    if estimate.stderr**2 < SETTLED * scale:
        return Progress(True, f"more windows cannot matter against {what}")
    return Progress(False, f"windows still matter against {what}")
