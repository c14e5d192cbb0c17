"""How much runs of the same code differ: stored runs, and what is assumed before there are many."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pytest_inferenergy.stats.idle import pace_spread, rest_share
from pytest_inferenergy.stats.runs import Run, sessions
from pytest_inferenergy.stats.series import mean, root_mean_square

UNKNOWN_SPREAD = 0.05
"""What single windows differ by where no run has several, so that nothing is known of it."""
FADING = 4.0
"""How many observed deviations a least spread is worth."""


class Prior(NamedTuple):
    """Scaled inverse chi-square prior of the variance of a session's level (Gelman et al., Bayesian
    Data Analysis, 3rd ed., section 3.3)."""

    degrees: float
    """ν0: what it is worth, in observed deviations."""
    sd: float
    """s0, log scale."""
    floor: float = 0.0
    """The standard deviation is never taken as less, log scale."""


class Spread(NamedTuple):
    """Standard error of (new run − stored level), log scale, with its degrees of freedom."""

    stderr: float
    degrees: float


@dataclass(frozen=True, slots=True)
class StoredLevels:
    """What stored runs say of one quantity, log scale: two components of variance.

    B is the variance of session means and W that of runs within a session. The level is the mean of
    the K session means, the new run is one process of a new session, so that::

        Var(new − level) = (1 + 1/K) B + (1 − h) W + max(0, own² − stored_error²)

    with h the mean of 1/m over sessions of m runs; levels hold the stored runs' own errors already.
    The degrees of freedom are B's, the fewest.
    """

    level: float
    sessions: int
    """K."""
    between: float
    """Sum of squares of the session means."""
    within: float
    """Sum of squares of runs around their session's mean."""
    more: int
    """Runs beyond the first of each session."""
    harmonic: float
    """h."""
    stored_error: float = 0.0
    """Root mean square of the stored runs' standard errors."""
    least: float = 0.0
    """What runs differ by at least, whatever the stored ones show."""

    @classmethod
    def of(
        cls,
        baseline: Sequence[Run],
        level: Callable[[Run], float],
        error: Callable[[Run], float],
        least: float = 0.0,
    ) -> StoredLevels:
        """Stored runs by one quantity of theirs and its standard error, both on the log scale.

        The new run has no say in how much runs differ: its own noise would widen what passes.
        """
        groups = [[level(run) for run in group] for group in sessions(baseline)]
        means = [mean(group) for group in groups]
        centre = mean(means)
        return cls(
            level=centre,
            sessions=len(groups),
            between=math.fsum((value - centre) ** 2 for value in means),
            within=math.fsum(
                (value - at) ** 2
                for group, at in zip(groups, means, strict=True)
                for value in group
            ),
            more=len(baseline) - len(groups),
            harmonic=mean([1 / len(group) for group in groups]),
            stored_error=root_mean_square([error(run) for run in baseline]),
            least=least,
        )

    def spread(self, prior: Prior, own: float) -> Spread:
        """The error of a new run's change under a prior; ``own``: the new run's standard error.

        Infinite where neither prior nor stored runs tell a variance.
        """
        degrees = prior.degrees + self.sessions - 1
        if degrees <= 0:
            return Spread(math.inf, 1.0)
        expected = prior.degrees * max(prior.sd, self.stored_error, self.least) ** 2
        # what `least` leaves where sessions have agreed so far: it fades as they grow in number
        faded = self.least * math.sqrt(FADING / (FADING + self.sessions - 1))
        floor = max(prior.floor, self.stored_error, faded) ** 2
        between = max((expected + self.between) / degrees, floor)
        of_runs = prior.degrees + self.more
        within = max((expected + self.within) / of_runs, floor) if of_runs else 0.0
        excess = max(0.0, own**2 - self.stored_error**2)
        variance = (1 + 1 / self.sessions) * between + (1 - self.harmonic) * within + excess
        return Spread(math.sqrt(variance), degrees)

    def one_run(self, prior: Prior, own: float) -> Spread:
        """The error of one run's level as a figure for all runs: not of a change."""
        degrees = prior.degrees + self.sessions - 1
        expected = prior.degrees * max(prior.sd, self.stored_error, self.least) ** 2
        return Spread(math.hypot(math.sqrt((expected + self.between) / degrees), own), degrees)


def mean_error(run: Run, baseline: Sequence[Run]) -> float:
    """Standard error of a run's mean, log scale: what its windows' wandering leaves in it.

    One window knows the meter's error alone: it wanders as the stored runs' windows do, or by
    `UNKNOWN_SPREAD` where there are none to tell.
    """
    if run.windows > 1:
        return run.stderr
    known = [other.window_sd for other in baseline if other.windows > 1]
    return max(run.stderr, root_mean_square(known) if known else UNKNOWN_SPREAD)


def least_spread(new: Run, baseline: Sequence[Run]) -> float:
    """What runs of waiting work differ by at least, for their pace wanders; 0 of other work."""
    return pace_spread(new, baseline) * rest_share(new, baseline)


def stored_levels(new: Run, baseline: Sequence[Run]) -> StoredLevels:
    """What stored runs say of the total energy."""

    def error(run: Run) -> float:
        return mean_error(run, baseline)

    return StoredLevels.of(baseline, lambda run: run.log_joules, error, least_spread(new, baseline))
