"""A change of one quantity between stored sessions and a new run, and what it amounts to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pytest_inferenergy.stats import student
from pytest_inferenergy.stats.margins import Margins

Word = Literal["regressed", "passed", "improved", "inconclusive"]

PASS_BELOW = 0.3
"""The estimate has to be below this share of ln(1 + must_detect) to pass..."""
PASS_DISTANCE = 0.7 * math.log(1.10)
"""... or this far below it, where margins are wider than 10 %."""
REGRESSED_DISTANCE = math.log(1.10 / 1.05)
"""And so far above the tolerance to regress, or above must_detect, if that is nearer. These guard
bands hold the error rates where the model of stored runs is wrong (two states, a step of the
machine)."""


class Bound(NamedTuple):
    """One side of an interval: Student's t at one error rate."""

    stderr: float
    degrees: float
    error: float

    @property
    def width(self) -> float:
        """Distance from the estimate, log scale; may be infinite."""
        if math.isinf(self.stderr):
            return math.inf
        return student.quantile(1 - self.error, self.degrees) * self.stderr

    def confidence(self, distance: float) -> float:
        """1 − p of a limit that lies so far from the estimate."""
        return student.below(distance / self.stderr, self.degrees)


@dataclass(frozen=True, slots=True)
class Change:
    """ln(new / baseline) with one-sided bounds; all on the log scale."""

    log_ratio: float
    below: tuple[Bound, ...]
    """The tests that may convict; they share α, and the sharpest counts."""
    above: Bound
    """The test that may acquit, at β."""
    margins: Margins

    @property
    def low(self) -> float:
        """Lower bound: above the truth with probability α at most."""
        return self.log_ratio - self._sharpest.width

    @property
    def high(self) -> float:
        """Upper bound: below the truth with probability β at most."""
        return self.log_ratio + self.above.width

    @property
    def word(self) -> Word:
        """The verdict: two one-sided tests, each against its own margin (see `Margins`)."""
        margin = self.margins.log_must_detect
        if self.low > self.margins.log_tolerance and self.log_ratio > self._convicts_above:
            return "regressed"
        if self.high < margin and self.log_ratio < max(PASS_BELOW * margin, margin - PASS_DISTANCE):
            return "improved" if self.high < -self.margins.log_tolerance else "passed"
        return "inconclusive"

    @property
    def smallest_detectable(self) -> float:
        """The smallest true change that is called ``regressed`` with probability 1 − β.

        The measured change has to clear its bound and its guard band even when it falls short of
        the true one by as much as it does once in 1/β times. Log scale.
        """
        bound = self._sharpest
        reach = max(self.margins.log_tolerance + bound.width, self._convicts_above)
        return reach + bound._replace(error=self.margins.beta).width

    @property
    def confidence(self) -> float | None:
        """1 − p of the one-sided test that decided; ``None`` while nothing is decided.

        Against δ0 for ``regressed``, δ1 for ``passed``, −δ0 for ``improved``.
        """
        if self.word == "inconclusive":
            return None
        if self.word == "regressed":
            distance = self.log_ratio - self.margins.log_tolerance
            p = 1 - self._sharpest.confidence(distance)
            return max(0.0, 1 - len(self.below) * p)
        limit = self.margins.log_must_detect
        if self.word == "improved":
            limit = -self.margins.log_tolerance
        return self.above.confidence(limit - self.log_ratio)

    @property
    def _convicts_above(self) -> float:
        distant = self.margins.log_tolerance + REGRESSED_DISTANCE
        return min(self.margins.log_must_detect, distant)

    @property
    def _sharpest(self) -> Bound:
        return min(self.below, key=lambda bound: bound.width)
