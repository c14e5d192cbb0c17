"""An absolute limit of energy per inference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_inferenergy.stats import student
from pytest_inferenergy.stats.comparability import comparable
from pytest_inferenergy.stats.margins import ALPHA
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.screen import FEW, check
from pytest_inferenergy.stats.stored_levels import (
    StoredLevels,
    least_spread,
    mean_error,
    stored_levels,
)

BudgetWord = Literal["passed", "blown", "inconclusive"]


@dataclass(frozen=True, slots=True)
class BudgetVerdict:
    """Whether one inference stays within its limit; joules per inference."""

    word: BudgetWord
    limit: float
    estimate: float
    low: float
    """Lower bound of what runs of this workload cost: too high with probability ``alpha``."""
    alpha: float

    @property
    def excess(self) -> float:
        """The estimate over the limit as a fraction: 0.05 is 5 % over, negative is under."""
        return self.estimate / self.limit - 1


def judge_budget(
    new: Run,
    limit_joules: float,
    baseline: Sequence[Run] = (),
    *,
    high: float | None = None,
    alpha: float = ALPHA,
) -> BudgetVerdict:
    """Blown where even the lower bound exceeds the limit; passed where the interval does not.

    Between the two it is inconclusive. The bound is for one run drawn from all that this workload
    could have, so its error is √(s² + own²) with the between-run variance of `StoredLevels` (the
    prior alone where nothing is stored). ``high``: upper limit of the run's own interval, joules
    per inference; the estimate where it is not given. Gains of sensors differ by card: neither
    covers that.
    """
    check(new)
    if not (math.isfinite(limit_joules) and limit_joules > 0):
        raise ValueError(f"a budget must be finite and positive, not {limit_joules!r}")
    past = comparable(new, baseline)
    own = mean_error(new, past)
    if past:
        known = stored_levels(new, past)
    else:  # one session that says nothing of how much runs differ
        known = StoredLevels(new.log_joules, 1, 0.0, 0.0, 0, 1.0, least=least_spread(new, ()))
    spread = known.one_run(FEW[0], own)
    half = student.quantile(1 - alpha, spread.degrees) * spread.stderr
    estimate, low = student.ratio(new.log_joules), student.ratio(new.log_joules - half)
    word: BudgetWord = "blown" if low > limit_joules else "inconclusive"
    if max(estimate, high or 0.0) <= limit_joules:
        word = "passed"
    return BudgetVerdict(word, limit_joules, estimate, low, alpha)
