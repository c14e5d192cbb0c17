"""Two groups of runs: the ratio of their levels with a two-sided interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_inferenergy.stats import student
from pytest_inferenergy.stats.runs import Run, levels, sessions
from pytest_inferenergy.stats.screen import FEW
from pytest_inferenergy.stats.series import mean, root_mean_square
from pytest_inferenergy.stats.stored_levels import least_spread, mean_error


@dataclass(frozen=True, slots=True)
class Ratio:
    """Joules per inference, new over old, with the limits of its interval."""

    ratio: float
    low: float
    high: float


def level_ratio(old: Sequence[Run], new: Sequence[Run], confidence: float = 0.99) -> Ratio:
    """The ratio of two levels, each the mean of its sessions on the log scale.

    Student-t interval of a difference of two means with one variance for both groups: the prior of
    the screen (scale s0, worth ν0 = 4 degrees) pooled with the deviations of the sessions from
    their own group's mean, ν = ν0 + K_old + K_new − 2 (Gelman et al., Bayesian Data Analysis, 3rd
    ed., section 3.3); scale √(s²(1/K_old + 1/K_new) + within²).
    """
    groups = [levels(sessions(runs), lambda run: run.log_joules) for runs in (old, new)]
    newest = max(new, key=lambda run: run.time)
    runs = [*old, *new]
    error = root_mean_square([mean_error(run, runs) for run in runs])
    least = least_spread(newest, [run for run in runs if run is not newest])
    prior = max(FEW[0].sd, least, error)
    squares = math.fsum((value - mean(group)) ** 2 for group in groups for value in group)
    degrees = FEW[0].degrees + sum(len(group) - 1 for group in groups)
    variance = (FEW[0].degrees * prior**2 + squares) / degrees
    within = sum(
        math.fsum(run.stderr**2 for run in group) / len(group) ** 2 for group in (old, new)
    )
    stderr = math.sqrt(variance * sum(1 / len(group) for group in groups) + within)
    log = mean(groups[1]) - mean(groups[0])
    half = student.quantile(0.5 + confidence / 2, degrees) * stderr
    return Ratio(student.ratio(log), student.ratio(log - half), student.ratio(log + half))
