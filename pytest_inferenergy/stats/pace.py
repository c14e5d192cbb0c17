"""Energy at the baseline's pace: the change without the waiting, and the change of the waiting.

Where the GPU waits for its host, energy per inference follows seconds per inference along the
line E = a + P0·t. Moving a run along that line to the baseline's t leaves what the code itself
changed, which is sharp; t is as noisy as the host.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_inferenergy.stats.change import Change
from pytest_inferenergy.stats.estimate import MOSTLY_WAITING
from pytest_inferenergy.stats.idle import pace_spread, waiting_at_rest
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.runs import Run, levels, sessions
from pytest_inferenergy.stats.screen import change_of
from pytest_inferenergy.stats.series import mean
from pytest_inferenergy.stats.stored_levels import StoredLevels
from pytest_inferenergy.stats.waiting import Waiting, pace_share, waiting_power


@dataclass(frozen=True, slots=True)
class PaceSplit:
    """The change of a host-bound workload, split in two; changes on the log scale."""

    at_pace: Change
    """Energy at the baseline's pace."""
    pace: Change
    """Seconds per inference."""
    waiting_watts: float
    """P0, watts."""
    waiting_share: float
    """P0·t/E at the baseline: the share of its energy spent waiting, 0 to 1."""


def split(
    new: Run, baseline: Sequence[Run], margins: Margins, *, baseline_alone: bool = False
) -> PaceSplit | None:
    """Split the change, or ``None`` where the baseline is not host-bound: the total decides.

    Host-bound by what windows tell of the waiting, or because work draws hardly more than the
    card at rest. ``baseline_alone``: the new run has no say in whether it is.
    """
    groups = sessions(baseline)
    log_seconds = mean(levels(groups, lambda run: run.log_seconds))
    log_joules = mean(levels(groups, lambda run: run.log_joules))
    mean_watts = math.exp(log_joules - log_seconds)
    known = baseline if baseline_alone else [new, *baseline]
    waiting = _waiting(known, baseline, mean_watts) or waiting_at_rest(known[0], baseline)
    if waiting is None:
        return None
    watts = min(waiting.watts, mean_watts)  # waiting is part of the whole
    pace_seconds = math.exp(log_seconds)
    if not all(_left(run, watts, pace_seconds) > 0 for run in (new, *baseline)):
        return None
    share = watts / mean_watts
    return PaceSplit(
        at_pace=_at_pace(new, baseline, replace(waiting, watts=watts), pace_seconds, margins),
        pace=_pace(new, baseline, share, margins),
        waiting_watts=watts,
        waiting_share=share,
    )


def _at_pace(
    new: Run, baseline: Sequence[Run], waiting: Waiting, pace_seconds: float, margins: Margins
) -> Change:
    """The change of energy, every run moved along the line to ``pace_seconds``.

    The error of the slope counts by how far the new run was moved.
    """

    def moved(run: Run) -> float:
        return math.log(_left(run, waiting.watts, pace_seconds))

    def error(run: Run) -> float:
        return run.stderr * _kept(run, waiting)

    away = abs(math.exp(new.log_seconds) - pace_seconds)
    of_slope = waiting.stderr * away / _left(new, waiting.watts, pace_seconds)
    stored = StoredLevels.of(baseline, moved, error)
    return change_of(moved(new), stored, math.hypot(error(new), of_slope), margins)


def _pace(new: Run, baseline: Sequence[Run], share: float, margins: Margins) -> Change:
    """The change of seconds per inference; what wanders is time, and ``share`` of it is energy."""

    def error(run: Run) -> float:
        return run.stderr / share

    least = pace_spread(new, baseline)
    stored = StoredLevels.of(baseline, lambda run: run.log_seconds, error, least)
    return change_of(new.log_seconds, stored, error(new), margins)


def _waiting(known: Sequence[Run], baseline: Sequence[Run], mean_watts: float) -> Waiting | None:
    """P0 by the stored runs; where they are too calm to show it, by all that are ``known``.

    Only a card whose stored energy is mostly waiting is host-bound. On a busy card the time of
    added work would else be taken for waiting and hide the work's energy, and a new run that made
    a busy card wait could talk its own regression away.
    """
    waiting = waiting_power(baseline) or waiting_power(known)
    return waiting if waiting and waiting.watts >= MOSTLY_WAITING * mean_watts else None


def _left(run: Run, watts: float, pace_seconds: float) -> float:
    """Joules of a run moved along the line to ``pace_seconds``."""
    return math.exp(run.log_joules) - watts * (math.exp(run.log_seconds) - pace_seconds)


def _kept(run: Run, waiting: Waiting) -> float:
    """Share of a run's wander that a move to another pace leaves.

    Without a line what is not waiting may wander as much as the whole; the error of one window is
    the meter's, and no pace explains it.
    """
    if not waiting.at_rest or run.windows == 1 or pace_share(run) > 0:
        return math.sqrt(1 - pace_share(run))
    return 1 - min(1.0, waiting.watts / math.exp(run.log_joules - run.log_seconds))
