"""Two callables taking turns: a sequential t-test that may be looked at after every pair.

Each pair gives d = ln(candidate / reference), AB or BA in random order. The evidence against a
mean θ is the e-value of the normal-mixture t-test: effect sizes under the alternative are
N(0, g), the variance is integrated out with the right Haar prior, and the result is valid at any
stopping time that depends on the evidence (H. Wang and A. Ramdas, arXiv 2310.03722)::

    ln E(θ) = −½ ln(1 + n g) + (n/2) ln[ (1 + t²/ν) / (1 + t²/(ν (1 + n g))) ]
    ν = n − 1,  t = (mean − θ) √n / sd

Only logarithms: no scipy, no numpy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from pytest_inferenergy.stats.margins import ALPHA, BETA, Margins

SequentialWord = Literal["regressed", "passed", "improved", "continue"]
PRIOR_SCALE = 2.0
"""g: prior variance of the effect in units of the variance of one pair."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Log ratios of the pairs so far: count, mean and sum of squared deviations (Welford)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, log_ratio: float) -> Pairs:
        """One more pair's ln(candidate / reference)."""
        if not abs(log_ratio) < 1e6:
            raise ValueError(f"the log ratio of a pair must be finite, not {log_ratio!r}")
        away = log_ratio - self.mean
        mean = self.mean + away / (self.count + 1)
        return Pairs(self.count + 1, mean, self.squares + away * (log_ratio - mean))

    def log_e(self, theta: float) -> float:
        """Natural logarithm of the e-value against the mean ``theta``; 0 before two pairs."""
        if self.count < 2:
            return 0.0
        n, shrunk = self.count, 1 + self.count * PRIOR_SCALE
        signal = n * (self.mean - theta) ** 2
        if signal == 0:
            return -math.log(shrunk) / 2
        gain = (self.squares + signal) / (self.squares + signal / shrunk)
        return -math.log(shrunk) / 2 + n / 2 * math.log(gain)

    def half_width(self, error: float) -> float:
        """Distance from the mean at which the e-value reaches 1/(2·``error``); may be infinite.

        Closed form: with Λ = (1/2α)^(2/n) (1 + n g)^(1/n), x = (Λ − 1)/(1 − Λ/(1 + n g)), it is
        √(x · squares / n). With few pairs no distance suffices.
        """
        if self.count < 2:
            return math.inf
        n, shrunk = self.count, 1 + self.count * PRIOR_SCALE
        power = math.exp((math.log(shrunk) - 2 * math.log(2 * error)) / n)
        if power >= shrunk:
            return math.inf
        return math.sqrt((power - 1) / (1 - power / shrunk) * self.squares / n)


@dataclass(frozen=True, slots=True)
class SequentialTest:
    """The test of one comparison by turns; all limits on the log scale.

    `add` returns the next state. The interval [`low`, `high`] errs below at rate α and above at
    rate β, whenever it is read. The factor 2 in 1/(2α) is the symmetry of the first exit: under
    the margin itself, the first exit is as likely below as above, and an exit below δ0 has ended
    the test as passed already, since α ≤ β (for β it is nearly so: an exit above δ1 that is not
    yet a regression may turn round, and the rate is below 2β; simulated: below β).
    """

    log_tolerance: float
    """δ0: ``regressed`` when the lower bound is above it."""
    log_must_detect: float
    """δ1: ``passed`` when the upper bound is below it."""
    log_improved: float | None = None
    """``improved`` when the upper bound is below it; ``None``: never."""
    alpha: float = ALPHA
    beta: float = BETA
    pairs: Pairs = Pairs()
    word: SequentialWord = "continue"
    """The verdict so far. It never turns: only ``passed`` may still become ``improved``."""

    @classmethod
    def between(cls, margins: Margins) -> SequentialTest:
        """A test with two margins, which also tells an improvement of more than the tolerance."""
        return cls(
            log_tolerance=margins.log_tolerance,
            log_must_detect=margins.log_must_detect,
            log_improved=-margins.log_tolerance,
            alpha=margins.alpha,
            beta=margins.beta,
        )

    @classmethod
    def at_most(cls, ratio: float, alpha: float = ALPHA, beta: float = BETA) -> SequentialTest:
        """A test of candidate / reference ≤ ``ratio``; it may never end where they are equal."""
        if not (math.isfinite(ratio) and ratio > 0):
            raise ValueError(f"at_most must be finite and positive, not {ratio!r}")
        return cls(math.log(ratio), math.log(ratio), alpha=alpha, beta=beta)

    @property
    def low(self) -> float:
        """Lower bound of the mean log ratio; −∞ while there are too few pairs."""
        return self.pairs.mean - self.pairs.half_width(self.alpha)

    @property
    def high(self) -> float:
        """Upper bound of the mean log ratio; ∞ while there are too few pairs."""
        return self.pairs.mean + self.pairs.half_width(self.beta)

    def add(self, log_ratio: float) -> SequentialTest:
        """The state after one more pair."""
        after = replace(self, pairs=self.pairs.add(log_ratio))
        return replace(after, word=after._judged())

    def _judged(self) -> SequentialWord:
        if self.word in ("regressed", "improved"):
            return self.word
        if self.word == "continue" and self.low > self.log_tolerance:
            return "regressed"
        if self.log_improved is not None and self.high < self.log_improved:
            return "improved"
        return "passed" if self.high < self.log_must_detect else self.word
