"""Which of the changes decides, and what the verdict is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pytest_inferenergy.stats import pace
from pytest_inferenergy.stats import screen as stored
from pytest_inferenergy.stats.change import Change, Word
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.runs import Run

AT_PACE_SHARE = 0.75
"""Share of α that tests energy at the baseline's pace; the total has the rest."""

Pace = Literal["gated", "shared", "ignored"]
"""What a change of pace counts for: as it is; nothing where other test workers slow the host, so
that it can neither convict nor acquit; nothing where the author says so, so that energy at the
baseline's pace decides."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict with the changes it rests on."""

    word: Word
    reason: str
    total: Change
    """Of energy per inference."""
    parts: pace.PaceSplit | None
    """``None``: not host-bound, the total decides alone."""
    decisive: Change
    """The change whose bounds decided."""
    flags: tuple[str, ...] = ()


def find(
    new: Run,
    runs: Sequence[Run],
    margins: Margins,
    *,
    waits: bool = True,
    pace_counts: Pace = "gated",
) -> Finding:
    """The total passes; the total, or energy at a host-bound baseline's pace, regresses.

    Two quantities can say ``regressed`` of host-bound work, so they share α (weighted Bonferroni):
    most of it goes to the sharp one. Only the total can pass: energy at the pace explains a change,
    and what makes the pace wander would else excuse the energy that it costs. Where pace is
    ``ignored``, energy at the baseline's pace decides alone, of work that the stored runs show to
    be host-bound. What does not wait (``waits``) has no pace to explain its energy by.
    """
    if pace_counts == "ignored" and waits:
        parts = pace.split(new, runs, margins, baseline_alone=True)
        if parts is not None:
            total = stored.total_change(new, runs, margins)
            at_pace = parts.at_pace
            reason = _reason("energy at the baseline's pace", at_pace)
            return Finding(at_pace.word, reason, total, parts, at_pace, ("pace_ignored",))
    at_pace_margins = replace(margins, alpha=AT_PACE_SHARE * margins.alpha)
    parts = pace.split(new, runs, at_pace_margins) if waits else None
    if parts is not None:
        margins = replace(margins, alpha=(1 - AT_PACE_SHARE) * margins.alpha)
    total = stored.total_change(new, runs, margins)
    slowed = pace_counts == "shared" and (parts is not None or not waits)
    if total.word == "regressed" and not slowed:
        return Finding("regressed", _reason("energy", total), total, parts, total)
    if parts is not None and parts.at_pace.word == "regressed":
        reason = _reason("energy at the baseline's pace", parts.at_pace)
        return Finding("regressed", reason, total, parts, parts.at_pace)
    if total.word == "regressed":
        reason = "energy rose, beside other test workers on the same host: measure without -n"
        return Finding("inconclusive", reason, total, parts, total, ("pace_not_gated",))
    return Finding(total.word, _reason("energy", total), total, parts, total)


def doubted(found: Finding, card: bool, estimated: bool) -> Finding:
    """Take back what another card, or an estimate, cannot say.

    Sensors of two cards of one model differ by 5 % and more, so another card can neither convict
    nor acquit.
    """
    flags = found.flags + ("other_card",) * card + ("estimated",) * estimated
    found = replace(found, flags=flags)
    if card:
        return replace(found, word="inconclusive", reason=f"other card: {found.reason}")
    if estimated and found.word == "regressed":
        reason = f"estimated, not measured: {found.reason}"
        return replace(found, word="inconclusive", reason=reason)
    return replace(found, word="passed") if estimated and found.word == "improved" else found


_PHRASES: dict[Word, str] = {
    "regressed": "rose beyond the tolerance",
    "improved": "fell by more than the tolerance",
    "passed": "rose by less than what must be detected",
}


def _reason(what: str, change: Change) -> str:
    if change.word != "inconclusive":
        return f"{what} {_PHRASES[change.word]}"
    if change.low > change.margins.log_tolerance:
        return f"{what} rose, by less than stored runs alone can convict"
    if change.high < change.margins.log_must_detect:
        return f"{what} rose, by more than stored runs alone can acquit"
    return f"{what} could have risen by less than the tolerance or by more than must be detected"
