"""The loop of a comparison: randomised AB/BA pairs of windows until the answer is clear.

Each pair is one window of the candidate and one of the reference, in random order, so that warming
and other drift fall on both alike; before each window a short stretch is thrown away, since the
device still carries the heat and clocks of the other. The unit is the pair's log ratio.
"""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pytest_inferenergy.ab.arms import Arm, LocalArm
from pytest_inferenergy.ab.comparison import Comparison, Ratios
from pytest_inferenergy.clock import time
from pytest_inferenergy.measure.call_span import CallSpan
from pytest_inferenergy.measure.leftover import outlasts
from pytest_inferenergy.measure.recorder import WindowRecorder, is_contended
from pytest_inferenergy.measure.warmup import LEAD_INTERVALS, WarmUp, warm_up
from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.measure.workload import Workload
from pytest_inferenergy.meters.meter_set import MeterSet
from pytest_inferenergy.stats.interleaved import undecided
from pytest_inferenergy.stats.sequential import SequentialTest
from pytest_inferenergy.stats.verdict import not_gated

WASH_OUT = 0.2
"""Seconds thrown away before each window, and nothing between them and it.

A window that began after a pause would not be like one that did not: on an NVIDIA H200 the side in
the other process, reached by a message, otherwise drew 1 % less."""
Tell = Callable[[SequentialTest, float], None]
"""Hears after each pair how the test stands, and the seconds until the limit."""


@dataclass(frozen=True)
class PairResult:
    """The pairs that were taken."""

    turns: SequentialTest
    log_time: float
    """Mean log ratio of seconds per inference; 0 without pairs."""
    rejected: int
    """Pairs left out because another process worked on the device."""
    log_tokens: float | None = None
    """Mean log ratio of tokens per inference; ``None`` where one side does not count them."""


class Interleaver:
    """Candidate against reference on one set of meters."""

    def __init__(
        self,
        candidate: Arm,
        reference: Arm,
        meters: MeterSet,
        seed: int,
        tell: Tell = lambda _turns, _left: None,
    ) -> None:
        self._tell = tell
        self._meters = meters
        self._sides = (candidate, reference)
        self._warm: list[WarmUp] = []
        self._order = random.Random(seed)
        self._log_times: list[float] = []
        self._log_tokens: list[float] = []
        self._rejected = 0

    def take(self, turns: SequentialTest, max_seconds: float) -> PairResult:
        """Take pairs until the test of ``turns`` has its answer, or time is up."""
        firsts = [side.begin() for side in self._sides]
        self._meters.attach(self._sides[0].devices() | self._sides[1].devices())
        for side, first in zip(self._sides, firsts, strict=True):

            def run(calls: int, side: Arm = side) -> float:
                return side.run(calls).seconds

            self._warm.append(
                warm_up(run, side.cycle, first, sampling_interval=self._meters.sampling_interval)
            )
        pending: deque[tuple[CallSpan, CallSpan]] = deque()
        start = time.perf_counter()
        while turns.word == "continue" and time.perf_counter() - start < max_seconds:
            pending.append(self._pair())
            while pending and turns.word == "continue" and self._is_known(pending[0]):
                turns = self._judge(turns, pending.popleft())
            self._tell(turns, start + max_seconds - time.perf_counter())
        while pending and turns.word == "continue":
            for call_span in pending[0]:
                self._meters.wait_until_covered(call_span.spans[-1][1])
            turns = self._judge(turns, pending.popleft())
        pairs = len(self._log_times)
        pace = math.fsum(self._log_times) / max(1, pairs)
        counted = pairs > 0 and len(self._log_tokens) == pairs
        tokens = math.fsum(self._log_tokens) / pairs if counted else None
        return PairResult(turns, pace, self._rejected, tokens)

    def _pair(self) -> tuple[CallSpan, CallSpan]:
        """One window of each side in random order; returned as (candidate, reference)."""
        done: dict[int, CallSpan] = {}
        for index in self._order.sample((0, 1), 2):
            side, warm = self._sides[index], self._warm[index]
            wash_out = max(WASH_OUT, LEAD_INTERVALS * self._meters.sampling_interval)
            share = wash_out / max(warm.calls * warm.seconds_per_call, 1e-9)
            done[index] = side.run(_calls(side, warm), before=_calls(side, warm, share))
        return done[0], done[1]

    def _is_known(self, pair: tuple[CallSpan, CallSpan]) -> bool:
        return all(self._meters.is_covered(call_span.spans[-1][1]) for call_span in pair)

    def _judge(self, turns: SequentialTest, pair: tuple[CallSpan, CallSpan]) -> SequentialTest:
        ours, theirs = (
            side.window(call_span) for side, call_span in zip(self._sides, pair, strict=True)
        )
        if is_contended(ours) or is_contended(theirs):
            self._rejected += 1
            return turns
        self._log_times.append(
            math.log(ours.seconds_per_inference) - math.log(theirs.seconds_per_inference)
        )
        if ours.tokens and theirs.tokens:
            self._log_tokens.append(
                math.log(ours.tokens / ours.inferences)
                - math.log(theirs.tokens / theirs.inferences)
            )
        return turns.add(_log_ratio(ours, theirs))


def compare_callables(
    candidate: Workload,
    reference: Workload,
    meters: MeterSet,
    components: Sequence[str] | None,
    *,
    turns: SequentialTest,
    max_seconds: float,
    name: str | None = None,
    seed: int = 0,
    tell: Tell = lambda _turns, _left: None,
) -> Comparison:
    """Two callables of this process, until the test of ``turns`` has its answer or time is up."""
    ours, theirs = (
        WindowRecorder(workload, meters, components) for workload in (candidate, reference)
    )
    comparing = Interleaver(LocalArm(ours), LocalArm(theirs), meters, seed, tell)
    taken = comparing.take(turns, max_seconds)
    seen = frozenset[str]().union(
        *(w.flags for side in (ours, theirs) for w in side.recording.windows)
    )
    doubt = not_gated(seen) or _left_running(ours, theirs)
    return _concluded(name, taken, ours.recording.source, doubt)


def _left_running(ours: WindowRecorder, theirs: WindowRecorder) -> str | None:
    """Why the ratio is in doubt where calls leave work behind: the other one may have paid."""
    running = outlasts()
    found = [
        name
        for name, side in (("candidate", ours), ("reference", theirs))
        if side.recording.left_running
    ]
    if not found and not running:
        return None
    whose = " and of the ".join(found) or "candidate or the reference"
    return f"work of the {whose} went on after its call had returned: wait for it in the call"


def _concluded(name: str | None, taken: PairResult, source: str, doubt: str | None) -> Comparison:
    turns, rejected = taken.turns, taken.rejected
    pairs = turns.pairs.count
    reason = doubt or undecided(turns, rejected)
    verdict = turns.word if reason is None else "inconclusive"
    if not pairs:
        return Comparison(name, reason=reason, verdict=verdict, rejected_pairs=rejected)
    return Comparison(
        name=name,
        ratios=Ratios(
            ratio=math.exp(turns.pairs.mean),
            low=math.exp(turns.low),
            high=math.exp(min(turns.high, 700.0)) if math.isfinite(turns.high) else math.inf,
            time_ratio=math.exp(taken.log_time),
            tokens_ratio=None if taken.log_tokens is None else math.exp(taken.log_tokens),
        ),
        verdict=verdict,
        pairs=pairs,
        rejected_pairs=rejected,
        source=source,
        reason=reason,
    )


def _calls(side: Arm, warm: WarmUp, share: float = 1.0) -> int:
    """Calls of a window, or of a share of one."""
    return side.cycle * max(1, round(share * warm.calls / side.cycle))


def _log_ratio(ours: Window, theirs: Window) -> float:
    return math.log(ours.joules_per_inference) - math.log(theirs.joules_per_inference)
