"""An absolute limit of energy per inference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pytest_inferenergy.deciding import student
from pytest_inferenergy.deciding.between import PRIOR_DEGREES, window_spread
from pytest_inferenergy.deciding.comparability import comparable
from pytest_inferenergy.deciding.margins import ALPHA
from pytest_inferenergy.deciding.run import Run
from pytest_inferenergy.deciding.stored import between_sessions, check

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
    new: Run, limit_joules: float, baseline: Sequence[Run] = (), *, alpha: float = ALPHA
) -> BudgetVerdict:
    """Blown where even the lower bound exceeds the limit, passed where the estimate does not.

    Between the two it is inconclusive. The bound is for one run drawn from all that this workload
    could have, so its error is √(s² + within²) with the between-run variance of
    `Between` (prior alone where nothing is stored). Gains of sensors differ by card: the bound
    does not cover that.
    """
    check(new)
    if not (math.isfinite(limit_joules) and limit_joules > 0):
        raise ValueError(f"a budget must be finite and positive, not {limit_joules!r}")
    stored = comparable(new, baseline)
    if stored:
        between = between_sessions(new, stored)
        degrees, spread = between.degrees, between.sd
    else:
        degrees, spread = PRIOR_DEGREES, window_spread(new, ())
    half = student.quantile(1 - alpha, degrees) * math.hypot(spread, new.stderr)
    estimate, low = student.ratio(new.log_joules), student.ratio(new.log_joules - half)
    word: BudgetWord = "blown" if low > limit_joules else "inconclusive"
    if estimate <= limit_joules:
        word = "passed"
    return BudgetVerdict(word, limit_joules, estimate, low, alpha)
