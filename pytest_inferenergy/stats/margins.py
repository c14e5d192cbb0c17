"""What a verdict promises: two margins and two error rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

ALPHA = 0.001
"""False alarms: P(regressed) where the true change is at most the tolerance."""
BETA = 0.01
"""Misses: P(passed) where the true change is at least ``must_detect``."""
MOST_REJECTED = 0.2
"""Nothing is concluded beyond this share of windows, or pairs, that another process disturbed."""


@dataclass(frozen=True, slots=True)
class Margins:
    """The non-inferiority margin and the change that must be found, as fractions (5 % is 0.05).

    Between the two lies the zone of indifference, where either answer is acceptable (two one-sided
    tests against two margins: D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15:657, 1987).
    """

    tolerance: float = 0.05
    must_detect: float = 0.10
    alpha: float = ALPHA
    beta: float = BETA

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and self.tolerance >= 0):
            raise ValueError(f"tolerance must be a fraction of at least 0, not {self.tolerance!r}")
        if not (math.isfinite(self.must_detect) and self.must_detect > self.tolerance):
            raise ValueError(
                f"must_detect must be above the tolerance ({self.tolerance!r}), "
                f"not {self.must_detect!r}"
            )
        if not (0 < self.alpha <= self.beta < 0.5):
            raise ValueError(
                f"error rates must satisfy 0 < alpha <= beta < 0.5, not {self.alpha}, {self.beta}"
            )

    @classmethod
    def of(cls, tolerance: float = 0.05, must_detect: float | None = None) -> Margins:
        """Margins with ``must_detect`` twice the tolerance where it is not given."""
        return cls(tolerance, 2 * tolerance if must_detect is None else must_detect)

    @property
    def log_tolerance(self) -> float:
        """δ0 = ln(1 + tolerance)."""
        return math.log1p(self.tolerance)

    @property
    def log_must_detect(self) -> float:
        """δ1 = ln(1 + must_detect)."""
        return math.log1p(self.must_detect)


def mostly_rejected(rejected: int, taken: int) -> bool:
    """Whether too many of the windows, or pairs, that were ``taken`` were rejected."""
    return rejected > MOST_REJECTED * taken
