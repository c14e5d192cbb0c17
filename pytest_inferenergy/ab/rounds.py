"""Two revisions whose models do not fit beside each other: whole processes take turns.

A round is one process of each revision in random order, started for it and gone after it, so that
only one model is in memory at any time. Each warms up and takes a few windows; their mean is one
side of the pair. Processes differ more than windows of one process do, and that is part of the
pairs' spread. The meters are this process's.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pytest_inferenergy.ab.arms import RemoteArm, assert_same_work
from pytest_inferenergy.ab.client import ReferenceClient
from pytest_inferenergy.ab.interleave import PairResult
from pytest_inferenergy.measure.recorder import is_contended
from pytest_inferenergy.measure.warmup import warm_up
from pytest_inferenergy.stats.comparability import Work
from pytest_inferenergy.stats.interleaved import held_against, turned
from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.sequential import SequentialTest
from pytest_inferenergy.stats.verdict import Verdict

if TYPE_CHECKING:
    from pytest_inferenergy.meters.meter_set import MeterSet

WINDOWS = 3
"""Windows of one process in a round."""
MOST_ROUNDS = 16

Start = Callable[[bool], ReferenceClient]
"""Starts a process of the present tests (``True``) or of the revision's; it has collected."""


@dataclass(frozen=True)
class DeferredComparison:
    """A measurement that is left to compare by rounds."""

    test: str
    name: str | None
    before: Sequence[tuple[str | None, Mapping[str, Any]]]
    """Measurements that come before it in the test, with the present side's figures."""
    margins: tuple[float, float]
    components: Sequence[str] | None
    max_seconds: float
    """For windows and warm-up; what it takes to start processes and load models is not counted."""
    seed: int
    moved: tuple[str, ...] | None = None
    """What differs in the environment where stored runs say ``regressed`` (`held_against`)."""


@dataclass(frozen=True)
class _Level:
    """What one process showed."""

    log_joules: float
    log_seconds: float
    contended: bool
    seconds: float
    work: Work


def take_rounds(due: DeferredComparison, start: Start, meters: MeterSet) -> PairResult:
    """Take rounds until the test has its answer, or time is up.

    Raises `ReferenceTestError` and `ReferenceLostError` where a process does not come that far.
    """
    turns = SequentialTest.between(Margins.of(*due.margins))
    order = random.Random(due.seed)
    log_times: list[float] = []
    spent, rejected = 0.0, 0
    for _ in range(MOST_ROUNDS):
        found = {
            present: _level(due, start, present, meters)
            for present in order.sample((True, False), 2)
        }
        ours, theirs = found[True], found[False]
        assert_same_work(ours.work, theirs.work, "the revision")
        spent += ours.seconds + theirs.seconds
        if ours.contended or theirs.contended:
            rejected += 1
        else:
            turns = turns.add(ours.log_joules - theirs.log_joules)
            log_times.append(ours.log_seconds - theirs.log_seconds)
        if turns.word != "continue" or spent >= due.max_seconds:
            break
    return PairResult(turns, fmean(log_times) if log_times else 0.0, rejected)


def judged(due: DeferredComparison, taken: PairResult, outcome: Mapping[str, Any]) -> Verdict:
    """The verdict of the rounds on what the test measured."""
    verdict = turned(
        taken.turns,
        Margins.of(*due.margins),
        log_joules=math.log(outcome["joules_per_inference"]),
        log_time=taken.log_time,
        rejected=taken.rejected,
        estimated=outcome["source"] == "estimated",
    )
    return held_against(verdict, due.moved)


def _level(due: DeferredComparison, start: Start, present: bool, meters: MeterSet) -> _Level:
    """One process from its start to its end."""
    partner = start(present)
    try:
        partner.start(due.test, None, 0.0)
        for name, figures in due.before:
            partner.at(name)
            partner.leave(dict(figures), 0.0)
        side = RemoteArm(partner, due.name, meters, due.components)
        first = side.begin()
        meters.attach(side.devices())
        warm = warm_up(lambda calls: side.run(calls).seconds, side.cycle, first)
        call_spans = [side.run(warm.calls) for _ in range(WINDOWS)]
        meters.wait_until_covered(call_spans[-1].spans[-1][1])
        windows = [side.window(call_span) for call_span in call_spans]
        partner.finish(0.0)
    finally:
        partner.close()
        meters.rest()
    return _Level(
        fmean(math.log(window.joules_per_inference) for window in windows),
        fmean(math.log(window.seconds_per_inference) for window in windows),
        any(map(is_contended, windows)),
        first + sum(window.seconds for window in windows),
        side.work,
    )
