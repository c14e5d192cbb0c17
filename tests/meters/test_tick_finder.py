"""Finding the counter's ticks with few questions, on a simulated counter and clock."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.meters.nvml.tick_finder import FROZEN, TickFinder


@dataclass
class Simulation:
    """A counter with ticks at known instants, asked by a recorder with a clock of its own."""

    period: float = 0.1
    jitter: float = 0.0
    latency: float = 0.003
    stalls: float = 0.0
    """Most that a question comes late, seconds."""
    seconds: float = 20.0
    seed: int = 0
    calls: list[float] = field(default_factory=list)
    found: list[tuple[float, float]] = field(default_factory=list)
    """Instant told and the true one."""

    def run(self, *, every_tick: bool = False) -> Simulation:
        random = np.random.default_rng(self.seed)
        count = int(self.seconds / self.period) + 3
        ticks = self.period * np.arange(count) + random.uniform(-self.jitter, self.jitter, count)
        joules = 1000.0 + 30.0 * np.arange(count + 1)
        finder = TickFinder(float(joules[0]), 0.0)
        now = 0.0
        while now < self.seconds:
            start = max(now, finder.due) + random.uniform(0.0, self.stalls)
            end = start + self.latency
            number = bisect_right(ticks, 0.5 * (start + end))
            tick = finder.saw(start, end, float(joules[number]), every_tick=every_tick)
            self.calls.append(start)
            if tick is not None:
                assert tick.joules == joules[number]
                self.found.append((tick.instant, float(ticks[number - 1])))
            now = end
        return self

    def calls_per_second(self, since: float) -> float:
        return sum(call >= since for call in self.calls) / (self.seconds - since)

    def longest_without(self) -> float:
        return float(np.max(np.diff([instant for instant, _ in self.found])))

    def worst(self) -> float:
        return max(abs(told - true) for told, true in self.found)


def test_a_tick_is_told_to_half_the_distance_of_two_questions() -> None:
    done = Simulation().run()
    assert done.worst() <= 0.5 * 0.004 + 1e-9
    assert done.longest_without() == pytest.approx(0.5, abs=0.01)


def test_the_counter_is_left_alone_between_ticks() -> None:
    assert Simulation(jitter=0.003).run().calls_per_second(since=2.0) <= 12


def test_every_tick_is_caught_where_there_are_no_samples() -> None:
    done = Simulation(jitter=0.003).run(every_tick=True)
    assert len(done.found) >= 0.95 * 200
    assert done.calls_per_second(since=2.0) <= 60


@given(
    period=st.floats(0.02, 1.0),
    shake=st.floats(0.0, 0.04),
    latency=st.floats(1e-5, 0.004),
    stalls=st.floats(0.0, 0.005),
    seed=st.integers(0, 100),
)
def test_any_period_is_learnt(
    period: float, shake: float, latency: float, stalls: float, seed: int
) -> None:
    done = Simulation(period, shake * period, latency, stalls, 20 + 10 * period, seed).run()
    assert done.worst() <= (0.006 if stalls < 0.003 else 0.02)
    late = [told for told, _ in done.found if told > 5 * period]
    assert np.max(np.diff(late)) <= max(2.0, 3.5 * period)
    # the multiple of the period that is nearest to half a second
    assert np.median(np.diff(late)) <= max(0.65, 0.51 + 0.5 * period, 1.1 * period)
    assert done.calls_per_second(since=6 * period) <= 80


def test_a_recorder_that_is_held_up_still_gets_ticks_now_and_then() -> None:
    done = Simulation(stalls=0.08).run()
    assert done.longest_without() <= 4.0
    assert done.worst() <= 0.05


def ask(finder: TickFinder, at: float, joules: float) -> None:
    finder.saw(at, at + 0.003, joules, every_tick=False)


def test_a_counter_that_goes_back_is_refused() -> None:
    finder = TickFinder(1000.0, 0.0)
    ask(finder, 0.0, 1000.0)
    with pytest.raises(MeterError, match=r"went back from 1000.000 to 900.000 J") as caught:
        ask(finder, 0.1, 900.0)
    assert caught.value.flag == "counter_back"


def test_a_counter_that_stands_still_is_refused() -> None:
    finder = TickFinder(1000.0, 0.0)
    for at in np.arange(0.0, FROZEN - 0.01, 0.1):
        ask(finder, float(at), 1000.0)
    with pytest.raises(MeterError, match=r"not moved for 2\.") as caught:
        ask(finder, FROZEN + 0.01, 1000.0)
    assert caught.value.flag == "counter_frozen"


def test_a_pause_is_no_standstill_and_no_tick() -> None:
    finder = TickFinder(1000.0, 0.0)
    for at, joules in [(0.1, 1000.0), (0.104, 1030.0), (0.2, 1030.0), (0.204, 1060.0)]:
        ask(finder, at, joules)
    finder.resume(500.0)
    assert finder.due == 500.0
    assert finder.saw(500.0, 500.003, 99_000.0, every_tick=False) is None
    assert finder.watching
    tick = finder.saw(500.004, 500.007, 99_030.0, every_tick=False)
    assert tick is not None
    assert tick.instant == pytest.approx(500.0035)


def test_who_waits_gets_the_next_tick() -> None:
    done = Simulation(seconds=3.0)
    done.run()
    finder = TickFinder(0.0, 0.0)
    now, joules = 0.0, 0
    while now < 2.0:
        now = max(now, finder.due)
        joules = int((now + 0.0015) / 0.1)
        finder.saw(now, now + 0.003, float(joules), every_tick=False)
        now += 0.003
    finder.due = now + 0.45
    finder.hurry(now)
    assert finder.due <= now + 0.1
