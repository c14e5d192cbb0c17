"""The loop of a comparison: randomised AB/BA pairs of windows until the answer is clear.

Each pair is one window of the candidate and one of the reference, in random order, so that warming
and other drift fall on both alike; after each switch a short stretch is thrown away, since the
device still carries the heat and clocks of the other. The unit is the pair's log ratio.
"""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_inferenergy.comparing.comparison import Comparison, Ratios
from pytest_inferenergy.deciding.sequential import Turns
from pytest_inferenergy.measuring.measure import Measuring, is_contended
from pytest_inferenergy.measuring.warmup import WarmUp, warm_up
from pytest_inferenergy.measuring.window import Window
from pytest_inferenergy.measuring.workload import Stretch, Workload, run_stretch
from pytest_inferenergy.meters.meter_set import MeterSet

WASH_OUT = 0.2
"""Seconds thrown away after each switch."""
MOST_REJECTED = 0.2


@dataclass
class _Side:
    """One of the two: how it is called and measured."""

    workload: Workload
    measuring: Measuring
    warm: WarmUp | None = None

    def calls(self, share: float = 1.0) -> int:
        """Calls of a window, or of a share of one."""
        assert self.warm is not None
        deck = self.workload.deck
        return deck * max(1, round(share * self.warm.calls / deck))


class Comparing:
    """Candidate against reference on one set of meters."""

    def __init__(
        self,
        candidate: Workload,
        reference: Workload,
        meters: MeterSet,
        components: Sequence[str] | None,
        seed: int,
    ) -> None:
        self._meters = meters
        self._sides = tuple(
            _Side(workload, Measuring(workload, meters, components))
            for workload in (candidate, reference)
        )
        self._order = random.Random(seed)
        self._last: _Side | None = None
        self._log_times: list[float] = []
        self._rejected = 0

    def compare(self, name: str | None, turns: Turns, max_seconds: float) -> Comparison:
        """Take pairs until the test of ``turns`` has its answer, or time is up."""
        firsts = [side.measuring.first_call() for side in self._sides]
        self._meters.attach()
        for side, first in zip(self._sides, firsts, strict=True):
            side.warm = warm_up(side.measuring.run, side.workload.deck, first)
            self._last = side
        pending: deque[tuple[Stretch, Stretch]] = deque()
        start = time.perf_counter()
        while turns.word == "continue" and time.perf_counter() - start < max_seconds:
            pending.append(self._pair())
            while pending and turns.word == "continue" and self._is_known(pending[0]):
                turns = self._judge(turns, pending.popleft())
        while pending and turns.word == "continue":
            for stretch in pending[0]:
                self._meters.settle(stretch.spans[-1][1])
            turns = self._judge(turns, pending.popleft())
        return self._conclude(name, turns)

    def _pair(self) -> tuple[Stretch, Stretch]:
        """One window of each side in random order; returned as (candidate, reference)."""
        done: dict[int, Stretch] = {}
        for index in self._order.sample((0, 1), 2):
            side = self._sides[index]
            if side is not self._last:
                share = WASH_OUT / max(side.calls() * (side.warm or _COLD).seconds_per_call, 1e-9)
                run_stretch(side.workload, side.calls(share), self._meters, keep_first=False)
            self._last = side
            done[index] = run_stretch(side.workload, side.calls(), self._meters, keep_first=False)
        return done[0], done[1]

    def _is_known(self, pair: tuple[Stretch, Stretch]) -> bool:
        return all(self._meters.is_covered(stretch.spans[-1][1]) for stretch in pair)

    def _judge(self, turns: Turns, pair: tuple[Stretch, Stretch]) -> Turns:
        ours, theirs = (
            side.measuring.window(stretch) for side, stretch in zip(self._sides, pair, strict=True)
        )
        if is_contended(ours) or is_contended(theirs):
            self._rejected += 1
            return turns
        self._log_times.append(
            math.log(ours.seconds_per_inference) - math.log(theirs.seconds_per_inference)
        )
        return turns.add(_log_ratio(ours, theirs))

    def _conclude(self, name: str | None, turns: Turns) -> Comparison:
        pairs = turns.pairs.count
        taken = pairs + self._rejected
        reason = None
        verdict: str = turns.word
        if verdict == "continue":
            verdict, reason = "inconclusive", f"no answer within {pairs} pairs"
        if self._rejected > MOST_REJECTED * taken:
            verdict = "inconclusive"
            reason = f"contended: another process worked in {self._rejected} of {taken} pairs"
        if not pairs:
            return Comparison(name, reason=reason, verdict=verdict, rejected_pairs=self._rejected)
        return Comparison(
            name=name,
            ratios=Ratios(
                ratio=math.exp(turns.pairs.mean),
                low=math.exp(turns.low),
                high=math.exp(min(turns.high, 700.0)) if math.isfinite(turns.high) else math.inf,
                time_ratio=math.exp(math.fsum(self._log_times) / pairs),
            ),
            verdict=verdict,
            pairs=pairs,
            rejected_pairs=self._rejected,
            source=self._sides[0].measuring.recording.source,
            reason=reason,
        )


_COLD = WarmUp(1, 1.0, levelled=False)


def _log_ratio(ours: Window, theirs: Window) -> float:
    return math.log(ours.joules_per_inference) - math.log(theirs.joules_per_inference)
