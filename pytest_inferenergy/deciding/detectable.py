"""What change a machine could tell, from how one steady workload wandered on it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_inferenergy.deciding import student
from pytest_inferenergy.deciding.between import PRIOR_DEGREES, Between, window_spread
from pytest_inferenergy.deciding.change import Change
from pytest_inferenergy.deciding.margins import Margins
from pytest_inferenergy.deciding.run import Run
from pytest_inferenergy.deciding.sequential import Pairs
from pytest_inferenergy.deciding.series import sd


def by_stored_runs(run: Run, sessions: int, margins: Margins) -> float:
    """The smallest change called ``regressed`` at rate 1 − β against so many stored sessions.

    A fraction. `Change.smallest_detectable` of a run like this one, if sessions differ as much as
    the prior of `Between` says and no more: what the machine has not shown yet it may still do.
    """
    spread = window_spread(run, [run] * sessions)
    between = Between(run.log_joules, sessions, PRIOR_DEGREES + sessions - 1, spread)
    change = Change(0.0, between.stderr(run.stderr), between.degrees, margins)
    return student.fraction(change.smallest_detectable)


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
