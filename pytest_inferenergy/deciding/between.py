"""How much runs differ for no reason: prior and stored evidence pooled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_inferenergy.deciding.rest import pace_spread, rest_share
from pytest_inferenergy.deciding.run import Run
from pytest_inferenergy.deciding.series import mean

PRIOR_DEGREES = 4.0
"""ν0: what the prior is worth, in observed deviations."""
LEAST_SPREAD = 0.01
"""s0 is never below 1 %: steady windows do not promise steady runs."""
UNKNOWN_SPREAD = 0.05
"""s0 where every run is one single window, so that nothing is known of its wandering."""


@dataclass(frozen=True, slots=True)
class Between:
    """Between-run variance of ln(energy): scaled-inverse-χ² prior and session deviations pooled.

    ν = ν0 + K − 1, s² = (ν0·s0² + Σdev²)/ν: the conjugate posterior of a normal variance (Gelman
    et al., Bayesian Data Analysis, 3rd ed., section 3.3). A new run then differs from the mean of
    K sessions by a Student-t variable with ν degrees of freedom and scale √(s²(1/K + 1) + within²).
    """

    level: float
    """Mean of the sessions' levels, log scale."""
    sessions: int
    """K."""
    degrees: float
    """ν."""
    sd: float
    """s, log scale."""

    @classmethod
    def pooled(cls, levels: Sequence[float], prior_sd: float) -> Between:
        """Pool the levels of K ≥ 1 sessions with a prior of scale ``prior_sd`` (s0)."""
        centre = mean(levels)
        squares = math.fsum((level - centre) ** 2 for level in levels)
        degrees = PRIOR_DEGREES + len(levels) - 1
        sd = math.sqrt((PRIOR_DEGREES * prior_sd**2 + squares) / degrees)
        return cls(centre, len(levels), degrees, sd)

    def stderr(self, within: float) -> float:
        """Standard error of (new run − mean of the sessions) for a new run's own error."""
        return math.sqrt(self.sd**2 * (1 / self.sessions + 1) + within**2)


def prior_sd(new: float | None, baseline: Iterable[tuple[float, int]]) -> float:
    """s0: the larger of 1 %, the new run's window sd, and that of the stored runs, pooled.

    ``new`` is the new run's sd of single windows, ``baseline`` the pairs (sd, windows) of stored
    runs with two windows or more. Stored runs are pooled by their degrees of freedom, since the
    sd of eight windows alone errs by a quarter. The new run enters by itself: what makes a change
    wander must widen its own interval, however calm its past. The maximum over stored runs would
    grow with their number and in the end detect nothing.
    """
    stored = [(sd, windows - 1) for sd, windows in baseline]
    weight = sum(degrees for _, degrees in stored)
    known = [] if new is None else [new]
    if weight:
        known.append(math.sqrt(math.fsum(sd * sd * k for sd, k in stored) / weight))
    return max(LEAST_SPREAD, *known) if known else UNKNOWN_SPREAD


def window_spread(new: Run, baseline: Sequence[Run]) -> float:
    """`prior_sd` of the total energy from runs as they are stored.

    Of work that waits, no less than its pace makes of it.
    """
    windows = prior_sd(
        new.window_sd if new.windows > 1 else None,
        [(run.window_sd, run.windows) for run in baseline if run.windows > 1],
    )
    return max(windows, pace_spread(new, baseline) * rest_share(new, baseline))
