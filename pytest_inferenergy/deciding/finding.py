"""Which of the changes decides, and what the verdict is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_inferenergy.deciding import pace, stored
from pytest_inferenergy.deciding.change import Change, Word
from pytest_inferenergy.deciding.margins import Margins
from pytest_inferenergy.deciding.run import Run

AT_PACE_SHARE = 0.75
"""Share of α that tests energy at the baseline's pace; the total has the rest."""


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
    pace_gated: bool = True,
) -> Finding:
    """The total decides; with a host-bound baseline, energy at its pace and the pace do.

    There, either of two quantities can say ``regressed``, so they share α (weighted Bonferroni):
    most of it goes to the sharp one. Where the pace is not gated, that one decides alone: the total
    follows the pace. What does not wait (``waits``) has no pace to explain its energy by: there
    the work of others leaves a rise untold.
    """
    at_pace_margins = replace(margins, alpha=AT_PACE_SHARE * margins.alpha)
    parts = pace.split(new, runs, at_pace_margins) if waits else None
    if parts is None:
        return _by_total(stored.total_change(new, runs, margins), alone=waits or pace_gated)
    rest = replace(margins, alpha=(1 - AT_PACE_SHARE) * margins.alpha)
    total = stored.total_change(new, runs, rest)
    if pace_gated and total.word == "regressed":
        return Finding("regressed", _reason("energy", total), total, parts, total)
    at_pace, speed = parts.at_pace, parts.pace
    if not pace_gated or at_pace.word in ("regressed", "inconclusive"):
        reason = _reason("energy at the baseline's pace", at_pace)
        flags = () if pace_gated else ("pace_not_gated",)
        return Finding(at_pace.word, reason, total, parts, at_pace, flags)
    if speed.word == "regressed":
        return Finding("inconclusive", "slower, but not clearly more energy", total, parts, speed)
    if speed.word == "inconclusive":
        reason = "energy at the baseline's pace passed; the pace is too noisy to tell"
        return Finding("passed", reason, total, parts, at_pace, ("pace_not_gated",))
    better = "improved" in (at_pace.word, total.word)
    decisive = total if total.word == "improved" else at_pace
    reason = _reason("energy at the baseline's pace" if decisive is at_pace else "energy", decisive)
    return Finding("improved" if better else "passed", reason, total, parts, decisive)


def _by_total(total: Change, *, alone: bool) -> Finding:
    """The total decides; of a processor that was not ``alone`` it cannot say that it rose."""
    if total.word == "regressed" and not alone:
        reason = "energy rose, beside other work on the same processor"
        return Finding("inconclusive", reason, total, None, total, ("pace_not_gated",))
    return Finding(total.word, _reason("energy", total), total, None, total)


def doubted(found: Finding, card: bool, estimated: bool) -> Finding:
    """Take back what another card, or an estimate, cannot say."""
    flags = found.flags + ("other_card",) * card + ("estimated",) * estimated
    found = replace(found, flags=flags)
    if not (card or estimated):
        return found
    if found.word == "regressed":
        cause = "other card" if card else "estimated, not measured"
        return replace(found, word="inconclusive", reason=f"{cause}: {found.reason}")
    return replace(found, word="passed") if found.word == "improved" else found


_PHRASES: dict[Word, str] = {
    "regressed": "rose beyond the tolerance",
    "improved": "fell by more than the tolerance",
    "passed": "rose by less than what must be detected",
    "inconclusive": "may or may not have risen too far",
}


def _reason(what: str, change: Change) -> str:
    return f"{what} {_PHRASES[change.word]}"
