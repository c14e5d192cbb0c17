"""What change a machine could tell, from how one steady workload wandered on it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_inferenergy.stats import student
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.screen import change_of
from pytest_inferenergy.stats.sequential import Pairs
from pytest_inferenergy.stats.series import sd
from pytest_inferenergy.stats.stored_levels import StoredLevels, least_spread, mean_error

TYPICAL_SPREAD = 0.01
"""Between sessions, where nothing is known of them; six GPU-bound workloads had 0.15 to 3.2 %."""


def by_stored_runs(run: Run, sessions: int, margins: Margins) -> float:
    """The smallest change called ``regressed`` at rate 1 − β against so many stored sessions.

    A fraction. `Change.smallest_detectable` of a run like this one, where sessions differ by 1 % or
    by the error of such a run, if that is more: what the machine has not shown yet it may still do.
    """
    error, least = mean_error(run, [run]), least_spread(run, [run])
    between = (sessions - 1) * max(TYPICAL_SPREAD, error, least) ** 2
    stored = StoredLevels(run.log_joules, sessions, between, 0.0, 0, 1.0, error, least)
    return student.fraction(change_of(run.log_joules, stored, error, margins).smallest_detectable)


def by_turns(log_levels: Sequence[float], pairs: int, margins: Margins) -> float | None:
    """The same after so many pairs by turns, from windows of one workload in the order taken.

    Neighbouring windows stand for a pair: ln of their ratio has the spread that `Pairs` sees. The
    reach is that of `deciding.turned`. ``None``: fewer than two pairs of windows, or so few turns
    that no distance suffices.
    """
    ratios = [b - a for a, b in zip(log_levels[::2], log_levels[1::2], strict=False)]
    if len(ratios) < 2 or pairs < 2:
        return None
    seen = Pairs(pairs, 0.0, (pairs - 1) * sd(ratios) ** 2)
    reach = seen.half_width(margins.alpha) + seen.half_width(margins.beta)
    return student.fraction(margins.log_tolerance + reach) if math.isfinite(reach) else None
