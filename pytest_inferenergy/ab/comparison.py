"""What a test author gets from taking turns: one frozen `Comparison`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pytest_inferenergy.errors import NothingMeasuredError


@dataclass(frozen=True, slots=True)
class Ratios:
    """Candidate over reference, with the bounds of the sequential test."""

    ratio: float
    """Energy per inference, geometric mean over pairs."""
    low: float
    """Lower bound, wrong at rate α whenever the test stopped; 0 while there are too few pairs."""
    high: float
    """Upper bound, wrong at rate β; infinite while there are too few pairs."""
    time_ratio: float
    """Seconds per inference."""
    tokens_ratio: float | None = None
    """Tokens per inference; ``None`` where one of the two does not count them."""

    @property
    def power_ratio(self) -> float:
        """Mean power: energy ratio = time ratio x power ratio."""
        return self.ratio / self.time_ratio


@dataclass(frozen=True)
class Comparison:
    """Two workloads, measured by turns. It never gates by itself: assert on it.

    Reading a figure where nothing was measured raises `NothingMeasuredError`, which skips the test
    with the reason (and fails it under ``--energy-strict``).
    """

    name: str | None
    ratios: Ratios | None = None
    verdict: str | None = None
    """``passed``, ``improved``, ``regressed`` or ``inconclusive``; with ``at_most`` ``passed`` says
    that the ratio is at most that, ``regressed`` that it is more."""
    pairs: int = 0
    rejected_pairs: int = 0
    """Pairs left out because another process worked on the device."""
    source: str | None = None
    reason: str | None = None
    """Why nothing was measured, or why there is no verdict."""

    @property
    def _known(self) -> Ratios:
        if self.ratios is None:
            raise NothingMeasuredError(self.reason or "nothing was measured")
        return self.ratios

    @property
    def ratio(self) -> float:
        """Energy per inference, candidate over reference."""
        return self._known.ratio

    @property
    def low(self) -> float:
        """Lower bound of `ratio`."""
        return self._known.low

    @property
    def high(self) -> float:
        """Upper bound of `ratio`."""
        return self._known.high

    @property
    def time_ratio(self) -> float:
        """Seconds per inference, candidate over reference."""
        return self._known.time_ratio

    @property
    def power_ratio(self) -> float:
        """Mean power, candidate over reference."""
        return self._known.power_ratio

    @property
    def tokens_ratio(self) -> float | None:
        """Tokens per inference, candidate over reference; ``None`` where either is not counted."""
        return self._known.tokens_ratio

    def as_data(self) -> dict[str, Any]:
        """The comparison as builtin types."""
        ratios = self.ratios
        return {
            "name": self.name,
            "verdict": self.verdict,
            "pairs": self.pairs,
            "rejected_pairs": self.rejected_pairs,
            "source": self.source,
            "reason": self.reason,
            "ratio": None if ratios is None else ratios.ratio,
            "low": None if ratios is None else ratios.low,
            "high": None if ratios is None or math.isinf(ratios.high) else ratios.high,
            "time_ratio": None if ratios is None else ratios.time_ratio,
            "power_ratio": None if ratios is None else ratios.power_ratio,
            "tokens_ratio": None if ratios is None else ratios.tokens_ratio,
        }
