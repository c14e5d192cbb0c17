"""The entry point: one fresh run against the stored runs of the same measurement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from pytest_inferenergy.stats import screen as stored
from pytest_inferenergy.stats import student
from pytest_inferenergy.stats.comparability import (
    also_changed,
    changed_inputs,
    comparable,
    other_card,
)
from pytest_inferenergy.stats.finding import Finding, Pace, doubted, find
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.pace import PaceSplit
from pytest_inferenergy.stats.runs import Run, levels, sessions
from pytest_inferenergy.stats.series import mean
from pytest_inferenergy.stats.verdict import Verdict


def decide(
    new: Run,
    baseline: Sequence[Run],
    *,
    tolerance: float = 0.05,
    must_detect: float | None = None,
    estimated: bool = False,
    waits: bool = True,
    pace_counts: Pace = "gated",
) -> Verdict:
    """Compare a new run with stored ones.

    Margins are fractions; ``must_detect`` is twice the tolerance by default. ``estimated``: the
    energy is a model's, not a meter's, so it never is ``regressed``. ``waits``: whether the
    device can wait for its host; a processor is the host, and longer work is more work there.
    ``pace_counts``: what a change of pace counts for (see `finding.Pace`).
    Raises `ValueError` for figures that are not finite.
    """
    margins = Margins.of(tolerance, must_detect)
    for run in (new, *baseline):
        stored.check(run)
    if not baseline:
        return Verdict.of("new", "no stored run to compare with", margins)
    latest = max(baseline, key=lambda run: run.time)
    runs = comparable(new, baseline)
    if not runs:
        changes = ", ".join(changed_inputs(new, latest))
        blank = Verdict.of("inconclusive", f"inputs changed: {changes}", margins)
        return replace(blank, also_changed=also_changed(new, latest))
    found = find(new, runs, margins, waits=waits, pace_counts=pace_counts)
    found = doubted(found, other_card(new, runs[0]), estimated)
    return _verdict(new, runs, margins, found)


def _verdict(new: Run, runs: Sequence[Run], margins: Margins, found: Finding) -> Verdict:
    groups = sessions(runs)
    log_tokens = _log_tokens(new, runs)
    log_time = new.log_seconds - mean(levels(groups, lambda run: run.log_seconds))
    total = found.total
    whole = replace(
        Verdict.of(found.word, found.reason, margins),
        runs=len(runs),
        sessions=len(groups),
        baseline_joules=student.ratio(new.log_joules - total.log_ratio),
        change=student.fraction(total.log_ratio),
        low=student.fraction(total.low),
        high=student.fraction(total.high),
        time_ratio=student.ratio(log_time),
        power_ratio=student.ratio(total.log_ratio - log_time),
        tokens_ratio=None if log_tokens is None else student.ratio(log_tokens),
        time_per_token_ratio=None if log_tokens is None else student.ratio(log_time - log_tokens),
        smallest_detectable=student.fraction(total.smallest_detectable),
        confidence=None if found.word == "inconclusive" else found.decisive.confidence,
        decided_by="total" if found.decisive is total else "at_pace",
        flags=found.flags,
        also_changed=also_changed(new, max(runs, key=lambda run: run.time)),
    )
    return whole if found.parts is None else _with_pace(whole, found.parts)


def _log_tokens(new: Run, runs: Sequence[Run]) -> float | None:
    """ln of tokens per inference, new over stored; ``None`` where any run does not know them."""
    if any((run.tokens_per_inference or 0.0) <= 0 for run in (new, *runs)):
        return None

    def log_tokens(run: Run) -> float:
        return math.log(run.tokens_per_inference or 1.0)

    return log_tokens(new) - mean(levels(sessions(runs), log_tokens))


def _with_pace(verdict: Verdict, parts: PaceSplit) -> Verdict:
    return replace(
        verdict,
        energy_at_pace_change=student.fraction(parts.at_pace.log_ratio),
        energy_at_pace_low=student.fraction(parts.at_pace.low),
        energy_at_pace_high=student.fraction(parts.at_pace.high),
        energy_at_pace_smallest_detectable=student.fraction(parts.at_pace.smallest_detectable),
        pace_change=student.fraction(parts.pace.log_ratio),
        pace_low=student.fraction(parts.pace.low),
        pace_high=student.fraction(parts.pace.high),
        waiting_watts=parts.waiting_watts,
        waiting_share=parts.waiting_share,
    )
