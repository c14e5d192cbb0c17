"""Work that draws hardly more than the card at rest: it waits, whatever its windows can tell.

One window, or windows too calm for a slope, tell neither the power while waiting nor how the pace
wanders. The power at rest with the context open, which the meter measures, tells both: on an NVIDIA
H200 it was 121.1 and 121.4 W where eight host-bound workloads, twice each, waited at 119.8 to
122.2 W by their windows, and what differed between their runs was time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_inferenergy.stats.estimate import MOSTLY_WAITING
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.series import mean
from pytest_inferenergy.stats.waiting import CLOCKS_LIMITED, LEAST_RELATIVE_STDERR, Waiting

NEAR_REST = 1.25
"""Mean power over power at rest up to which work waits: a fifth of its energy at most is more than
the card takes for nothing (host-bound workloads on an NVIDIA H200: 1.00 to 1.16)."""
IDLE_SHARE_OF_LIMIT = 1 / 3
"""A greater share of the power limit is not the power at rest: something ran meanwhile."""
PACE_SPREAD = 0.05
"""Runs of waiting work differ in time by this at least, however calm their windows: on an H200 six
workloads whose windows wandered by 1.8 to 4.9 % differed by 4.4 % a run. With it, runs differ as
much as they should (root mean square of eight changes over their standard error: 1.0)."""
SINGLE_PACE_SPREAD = 0.3
"""The same for single windows, which nothing warms up: two of them on an H200 took 16 % and 77 %
longer in the next process, 30 % a run. Two are few; the prior's 4 degrees of freedom say so."""


def waiting_at_rest(new: Run, baseline: Sequence[Run]) -> Waiting | None:
    """P0 from the power at rest, or ``None`` where the baseline draws clearly more than that.

    P0 lies between the power at rest and the mean power: the error is that of a uniform
    distribution which reaches as far to either side, half its width over √3.
    """
    idle = _idle_watts(new, baseline)
    if idle is None:
        return None
    above = _mean_watts(baseline or [new]) - idle
    if above > (NEAR_REST - 1) * idle:
        return None
    return Waiting(idle, math.hypot(LEAST_RELATIVE_STDERR * idle, above / math.sqrt(3)), True)


def pace_spread(new: Run, baseline: Sequence[Run]) -> float:
    """How much runs differ in seconds per inference at least, log scale; 0 where it is not known.

    By the stored runs, as in `waiting_at_rest`; by the new one where nothing is stored.
    """
    share = rest_share(new, baseline)
    if any(run.windows == 1 for run in (new, *baseline)):
        return SINGLE_PACE_SPREAD if share >= MOSTLY_WAITING else 0.0
    return PACE_SPREAD if share * NEAR_REST >= 1 else 0.0


def rest_share(new: Run, baseline: Sequence[Run]) -> float:
    """Power at rest over mean power, 1 at most; 0 where the power at rest is not known."""
    idle = _idle_watts(new, baseline)
    return 0.0 if idle is None else min(1.0, idle / _mean_watts(baseline or [new]))


def _idle_watts(new: Run, baseline: Sequence[Run]) -> float | None:
    """As stored, with the new run's help where no stored one knows it."""
    runs = (new, *baseline)
    if any((run.throttle_reasons or 0) & CLOCKS_LIMITED for run in runs):
        return None
    known = [run.idle_watts for run in baseline if run.idle_watts is not None]
    if not known and new.idle_watts is not None:
        known = [new.idle_watts]
    idle = mean(known) if known else math.nan
    limit = min(_power_limit(run) for run in runs)
    return idle if 0 < idle <= IDLE_SHARE_OF_LIMIT * limit and math.isfinite(idle) else None


def _power_limit(run: Run) -> float:
    """Of all its cards together, watts; infinite where it is not known."""
    cards = 1 if run.device is None else run.device.count("+") + 1
    return math.inf if run.power_limit_watts is None else run.power_limit_watts * cards


def _mean_watts(runs: Sequence[Run]) -> float:
    log = mean([run.log_joules - run.log_seconds for run in runs])
    return math.exp(max(-700.0, min(700.0, log)))
