"""Student's t: the only special functions the verdicts need.

``scipy.special`` is imported at the first call, so that a session that measures nothing never
pays for it.
"""

from __future__ import annotations

import math


def quantile(probability: float, degrees: float) -> float:
    """The t with P(T ≤ t) = ``probability``; ``degrees`` may be infinite (the normal law)."""
    from scipy.special import ndtri, stdtrit

    if math.isinf(degrees):
        return float(ndtri(probability))
    return float(stdtrit(degrees, probability))


def below(t: float, degrees: float) -> float:
    """P(T ≤ t) with ``degrees`` degrees of freedom, which may be infinite."""
    from scipy.special import ndtr, stdtr

    if math.isinf(degrees):
        return float(ndtr(t))
    return float(stdtr(degrees, t))


def ratio(log: float) -> float:
    """exp(``log``), kept finite where an interval is absurdly wide."""
    return math.exp(max(-700.0, min(700.0, log)))


def fraction(log: float) -> float:
    """exp(``log``) − 1, kept finite: a change as a fraction, 0.05 for +5 %."""
    return math.expm1(max(-700.0, min(700.0, log)))
