"""Whether a workload waits for its host, and the power it draws while it does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_inferenergy.stats.estimate import HOST_BOUND_SD, HOST_BOUND_SHARE
from pytest_inferenergy.stats.runs import Run

LEAST_RELATIVE_STDERR = 0.02
"""The power of a waiting card moves with its temperature (121 to 126 W, NVIDIA H200)."""
BUSY_SHARE_OF_LIMIT = 0.6
"""A slope nearer to the power limit than this is a busy card, not a waiting one."""
CLOCKS_LIMITED = 0x04 | 0x08 | 0x20 | 0x40 | 0x80
"""NVML clocks-event-reasons that make time the card's own: power cap, thermal, slowdown, brake."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Power while waiting, P0, watts: from the windows of stored runs, or the power at rest."""

    watts: float
    stderr: float
    at_rest: bool = False
    """Whether it is the power at rest, because the windows do not tell."""


def pace_share(run: Run) -> float:
    """Share of the variance of a run's windows that its line explains; 0 where it has no line.

    From the slope's t-statistic: R² = z²/(z² + n − 2) for a line through n windows. Where the
    card throttles itself, slower is not waiting, and the share is 0.
    """
    if run.waiting_watts is None or run.waiting_watts_stderr is None or run.windows <= 2:
        return 0.0
    if (run.throttle_reasons or 0) & CLOCKS_LIMITED or run.waiting_watts <= 0:
        return 0.0
    if run.waiting_watts_stderr <= 0:
        return 1.0
    z = run.waiting_watts / run.waiting_watts_stderr
    return z * z / (z * z + run.windows - 2)


def waiting_power(runs: Sequence[Run]) -> Waiting | None:
    """P0 of a host-bound workload, or ``None`` where it is not one.

    Host-bound: the runs' windows, pooled, wander by more than 1.5 %, at least half of that
    variance is pace, and P0 is no busy card's power. The slopes are weighted by their inverse
    variance, and their error widened by the Birge ratio √(χ²/(n − 1)) where they agree less than
    they should (R. T. Birge, Phys. Rev. 40:207, 1932).
    """
    if not _wanders_with_the_host(runs):
        return None
    slopes = [
        (run.waiting_watts, max(run.waiting_watts_stderr, 1e-6 * run.waiting_watts))
        for run in runs
        if pace_share(run) > 0
        and run.waiting_watts is not None
        and run.waiting_watts_stderr is not None
    ]
    weight = math.fsum(error**-2 for _, error in slopes)
    watts = math.fsum(slope * error**-2 for slope, error in slopes) / weight
    if any(watts > BUSY_SHARE_OF_LIMIT * (run.power_limit_watts or math.inf) for run in runs):
        return None
    chi2 = math.fsum(((slope - watts) / error) ** 2 for slope, error in slopes)
    birge = math.sqrt(max(1.0, chi2 / max(1, len(slopes) - 1)))
    stderr = max(birge / math.sqrt(weight), LEAST_RELATIVE_STDERR * watts)
    return Waiting(watts, stderr)


def _wanders_with_the_host(runs: Sequence[Run]) -> bool:
    several = [run for run in runs if run.windows > 1]
    degrees = sum(run.windows - 1 for run in several)
    squares = math.fsum((run.windows - 1) * run.window_sd**2 for run in several)
    paced = math.fsum((run.windows - 1) * run.window_sd**2 * pace_share(run) for run in several)
    return squares > HOST_BOUND_SD**2 * degrees and paced >= HOST_BOUND_SHARE * squares
