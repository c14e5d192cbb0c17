"""The verdict on one measurement, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pytest_inferenergy.stats.margins import Margins

VerdictWord = Literal["passed", "improved", "regressed", "inconclusive", "new"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison with stored runs says, with its error rates. Unknown is ``None``.

    Changes are fractions of the baseline: 0.05 is 5 % more energy per inference.
    """

    verdict: VerdictWord
    reason: str
    """Why, in one sentence for people."""
    tolerance: float
    must_detect: float
    alpha: float
    """Rate of false alarms at a true change of ``tolerance``."""
    beta: float
    """Rate of misses at a true change of ``must_detect``."""
    runs: int = 0
    """Stored runs compared with."""
    sessions: int = 0
    """K: stored sessions, the replicates."""
    baseline_joules: float | None = None
    """Level of the stored sessions, joules per inference."""
    change: float | None = None
    """Change of energy per inference."""
    low: float | None = None
    """One-sided lower bound of ``change``, wrong at rate ``alpha``."""
    high: float | None = None
    """One-sided upper bound of ``change``, wrong at rate ``beta``."""
    time_ratio: float | None = None
    """Seconds per inference, new over baseline; energy ratio = time ratio × power ratio."""
    power_ratio: float | None = None
    """Mean power, new over baseline."""
    tokens_ratio: float | None = None
    """Tokens per inference, new over baseline; ``None`` where nobody counts them."""
    time_per_token_ratio: float | None = None
    """Seconds per token; energy ratio = tokens ratio × time per token ratio × power ratio."""
    energy_at_pace_change: float | None = None
    """Change of energy at the baseline's pace; ``None`` where the workload is not host-bound."""
    energy_at_pace_low: float | None = None
    energy_at_pace_high: float | None = None
    energy_at_pace_smallest_detectable: float | None = None
    pace_change: float | None = None
    """Change of seconds per inference; given, with bounds, for host-bound workloads."""
    pace_low: float | None = None
    pace_high: float | None = None
    waiting_watts: float | None = None
    """P0: power while waiting for the host, watts."""
    waiting_share: float | None = None
    """Share of the baseline's energy that is waiting, 0 to 1."""
    smallest_detectable: float | None = None
    """The smallest true change of energy per inference that would be called regressed at rate
    1 − ``beta``."""
    decided_by: Literal["total", "at_pace"] | None = None
    """Whether the total or energy at the baseline's pace decided; ``None``: nothing compared."""
    confidence: float | None = None
    """1 − p of the one-sided test that decided."""
    flags: tuple[str, ...] = ()
    """``pace_not_gated``, ``pace_ignored``, ``other_card``, ``estimated``."""
    also_changed: tuple[str, ...] = ()
    """Driver and libraries that differ from the latest stored run."""

    @classmethod
    def of(cls, word: VerdictWord, reason: str, margins: Margins) -> Verdict:
        """A word with its margins and error rates, and no figure yet."""
        return cls(
            verdict=word,
            reason=reason,
            tolerance=margins.tolerance,
            must_detect=margins.must_detect,
            alpha=margins.alpha,
            beta=margins.beta,
        )

    def as_dict(self) -> dict[str, Any]:
        """Flat, of builtin types only."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }


NOT_GATED = {
    "sensors_disagree": "the energy counter and the power samples of a device disagree, so that "
    "one of them does not measure this device",
    "power_limit_changed": "the power limit was changed during the run",
    "clocks_changed": "the clocks were set to another level during the run",
}
"""Flags of a figure that no verdict can rest on, and why."""


def not_gated(flags: Iterable[str]) -> str | None:
    """Why no verdict can rest on a figure with these flags; ``None`` where one can."""
    reasons = [NOT_GATED[flag] for flag in sorted(flags) if flag in NOT_GATED]
    return reasons[0] if reasons else None
