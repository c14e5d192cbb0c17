"""Prefill and decode of a generator, from whole calls and from those that end with a first token.

Prefill is what the latter take; decode is what whole calls take beyond it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pytest_inferenergy.stats.estimate import Estimate


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of every inference: of a generator, ``prefill`` or ``decode``."""

    joules_per_inference: float
    stderr: float
    """Standard error of ``joules_per_inference`` within this run, joules."""
    seconds_per_inference: float
    tokens_per_inference: float | None = None
    """Tokens read by prefill, written by decode."""

    @property
    def joules_per_token(self) -> float | None:
        """Joules per token of this phase, ``None`` where nobody counts them."""
        tokens = self.tokens_per_inference
        return None if not tokens else self.joules_per_inference / tokens


def split_phases(
    whole: Estimate,
    prefill: Estimate,
    *,
    prompt_tokens: float | None,
    tokens: float | None,
) -> dict[str, Phase]:
    """Prefill, and decode as the difference; their standard errors add in quadrature.

    ``prompt_tokens`` and ``tokens``: read and written by one inference. Prefill writes the first
    token, so decode writes one less. Where whole calls do not take more than those that end with
    the first token, there is no decode to tell.
    """
    error = prefill.joules_per_inference * prefill.stderr
    found = {
        "prefill": Phase(
            joules_per_inference=prefill.joules_per_inference,
            stderr=error,
            seconds_per_inference=prefill.seconds_per_inference,
            tokens_per_inference=prompt_tokens,
        )
    }
    joules = whole.joules_per_inference - prefill.joules_per_inference
    seconds = whole.seconds_per_inference - prefill.seconds_per_inference
    if joules > 0 and seconds > 0:
        found["decode"] = Phase(
            joules_per_inference=joules,
            stderr=math.hypot(whole.joules_per_inference * whole.stderr, error),
            seconds_per_inference=seconds,
            tokens_per_inference=tokens - 1 if tokens is not None and tokens > 1 else None,
        )
    return found
