"""The verdict of turns with another revision, in the same form as that of a stored baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pytest_inferenergy.stats.margins import Margins, mostly_rejected
from pytest_inferenergy.stats.sequential import SequentialTest
from pytest_inferenergy.stats.verdict import Verdict, VerdictWord


def turned(
    turns: SequentialTest,
    margins: Margins,
    *,
    log_joules: float,
    log_time: float,
    log_tokens: float | None = None,
    rejected: int,
    estimated: bool,
) -> Verdict:
    """What the pairs say, ``log_joules`` being the present level, ``log_time`` the pace ratio,
    ``log_tokens`` that of tokens per inference.

    ``estimated``: the energy is a model's, which can never say ``regressed``.
    """
    word, reason = _word(turns, rejected, estimated)
    margins = replace(margins, alpha=turns.alpha, beta=turns.beta)
    blank = Verdict.of(word, reason, margins)
    if estimated:
        blank = replace(blank, flags=("estimated",))
    if not turns.pairs.count:
        return blank
    mean = turns.pairs.mean
    reach = turns.pairs.half_width(turns.alpha) + turns.pairs.half_width(turns.beta)
    return replace(
        blank,
        baseline_joules=math.exp(log_joules - mean),
        change=math.expm1(mean),
        low=_fraction(turns.low),
        high=_fraction(turns.high),
        time_ratio=math.exp(log_time),
        power_ratio=math.exp(mean - log_time),
        tokens_ratio=None if log_tokens is None else math.exp(log_tokens),
        time_per_token_ratio=None if log_tokens is None else math.exp(log_time - log_tokens),
        smallest_detectable=_fraction(turns.log_tolerance + reach),
        decided_by="total",
        confidence=_confidence(turns),
    )


def held_against(verdict: Verdict, moved: Sequence[str] | None) -> Verdict:
    """A pass where stored runs call the same run regressed: something else than the code did that.

    ``moved``: what is known to differ in the environment, which both arms of a comparison share, so
    that they cannot see it; ``None`` where stored runs do not say ``regressed``. A pass with the
    flag ``level_moved`` joins no baseline.
    """
    if moved is None or verdict.verdict not in ("passed", "improved"):
        return verdict
    if not moved:
        return replace(verdict, flags=(*verdict.flags, "level_moved"))
    reason = (
        "stored runs say regressed, and both revisions ran in today's environment, which differs "
        f"from theirs: {', '.join(moved)}"
    )
    return replace(
        verdict,
        verdict="inconclusive",
        reason=reason,
        confidence=None,
        flags=(*verdict.flags, "level_moved"),
        also_changed=tuple(moved),
    )


def undecided(turns: SequentialTest, rejected: int) -> str | None:
    """Why turns give no verdict, ``None`` where they do; ``rejected``: pairs left out."""
    pairs = turns.pairs.count
    if mostly_rejected(rejected, pairs + rejected):
        return f"contended: another process worked in {rejected} of {pairs + rejected} pairs"
    return f"no answer within {pairs} pairs" if turns.word == "continue" else None


def _word(turns: SequentialTest, rejected: int, estimated: bool) -> tuple[VerdictWord, str]:
    reason = undecided(turns, rejected)
    if reason is not None or turns.word == "continue":
        return "inconclusive", reason or ""
    if estimated and turns.word == "regressed":
        return "inconclusive", "estimated, not measured: energy rose beyond the tolerance"
    if estimated and turns.word == "improved":
        return "passed", _REASONS["passed"]
    return turns.word, _REASONS[turns.word]


_REASONS = {
    "regressed": "energy rose beyond the tolerance",
    "improved": "energy fell by more than the tolerance",
    "passed": "energy rose by less than what must be detected",
}


def _fraction(log_ratio: float) -> float | None:
    """A log ratio as a fraction; ``None`` where there are too few pairs to bound it."""
    return math.expm1(log_ratio) if abs(log_ratio) < 700 else None


def _confidence(turns: SequentialTest) -> float | None:
    """1 − p of the test that decided: p = 1/(2E), valid whenever it is read."""
    limits = {
        "regressed": turns.log_tolerance,
        "passed": turns.log_must_detect,
        "improved": turns.log_improved,
    }
    limit = limits.get(turns.word)
    if limit is None:
        return None
    return 1 - min(1.0, 0.5 * math.exp(-turns.pairs.log_e(limit)))
