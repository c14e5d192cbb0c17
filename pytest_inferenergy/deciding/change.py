"""A change of one quantity between stored sessions and a new run, and what it amounts to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pytest_inferenergy.deciding import student
from pytest_inferenergy.deciding.between import Between
from pytest_inferenergy.deciding.margins import Margins

Word = Literal["regressed", "passed", "improved", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Change:
    """ln(new / baseline) with one-sided Student-t bounds; all on the log scale."""

    log_ratio: float
    stderr: float
    degrees: float
    margins: Margins

    @property
    def low(self) -> float:
        """Lower bound: above the truth with probability α at most."""
        return self.log_ratio - self._alpha_quantile * self.stderr

    @property
    def high(self) -> float:
        """Upper bound: below the truth with probability β at most."""
        return self.log_ratio + self._beta_quantile * self.stderr

    @property
    def word(self) -> Word:
        """The verdict: two one-sided tests, each against its own margin (see `Margins`)."""
        if self.low > self.margins.log_tolerance:
            return "regressed"
        if self.high < -self.margins.log_tolerance:
            return "improved"
        return "passed" if self.high < self.margins.log_must_detect else "inconclusive"

    @property
    def smallest_detectable(self) -> float:
        """The smallest true change that is called ``regressed`` with probability 1 − β.

        δ0 + (t_α + t_β)·stderr, log scale: the bound must clear δ0 even when the measured change
        falls short of the true one by as much as it does once in 1/β times.
        """
        reach = (self._alpha_quantile + self._beta_quantile) * self.stderr
        return self.margins.log_tolerance + reach

    @property
    def confidence(self) -> float | None:
        """1 − p of the one-sided test that decided; ``None`` while nothing is decided.

        Against δ0 for ``regressed``, δ1 for ``passed``, −δ0 for ``improved``.
        """
        if self.word == "inconclusive":
            return None
        if self.word == "regressed":
            distance = self.log_ratio - self.margins.log_tolerance
        elif self.word == "passed":
            distance = self.margins.log_must_detect - self.log_ratio
        else:
            distance = -self.margins.log_tolerance - self.log_ratio
        return student.below(distance / self.stderr, self.degrees)

    @property
    def _alpha_quantile(self) -> float:
        return student.quantile(1 - self.margins.alpha, self.degrees)

    @property
    def _beta_quantile(self) -> float:
        return student.quantile(1 - self.margins.beta, self.degrees)


def against(new: float, between: Between, within: float, margins: Margins) -> Change:
    """The change of a new run's level (log scale) against stored sessions."""
    return Change(new - between.level, between.stderr(within), between.degrees, margins)
