"""Warm-up and calibration: until calls are level and a stretch fills a window."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_inferenergy.errors import MeterError
from pytest_inferenergy.measure.warmup import LIMIT_SECONDS, WINDOW_SECONDS, WarmUp, warm_up


class Calls:
    """Calls whose cost depends on how many were made before."""

    def __init__(self, cost: Callable[[int], float]) -> None:
        self.cost = cost
        self.made = 0
        self.seconds = 0.0
        self.call_spans: list[int] = []

    def run(self, count: int) -> float:
        took = sum(self.cost(self.made + i) for i in range(count))
        self.made += count
        self.seconds += took
        self.call_spans.append(count)
        return took


def warmed(calls: Calls, cycle: int = 1, limit: float = LIMIT_SECONDS) -> WarmUp:
    first = calls.run(cycle)
    calls.call_spans.clear()
    return warm_up(calls.run, cycle, first, limit)


@pytest.mark.parametrize("pace", [1e-5, 1e-3, 0.02, 0.3, 0.7, 5.0])
def test_even_calls_fill_a_window_soon(pace: float) -> None:
    calls = Calls(lambda number: pace)
    done = warmed(calls)
    assert done.levelled
    assert done.calls * pace >= WINDOW_SECONDS
    assert done.calls * pace <= max(2.2 * WINDOW_SECONDS, pace)
    assert calls.seconds <= max(3.0, 4 * pace)
    assert done.seconds_per_call == pytest.approx(pace)


def test_compilation_falls_outside() -> None:
    calls = Calls(lambda number: 20.0 if number < 1 else 0.01)
    done = warmed(calls)
    assert done.levelled
    assert done.seconds_per_call == pytest.approx(0.01)
    assert 0.5 <= done.calls * 0.01 <= 1.0


def test_calls_that_still_get_faster_are_waited_for() -> None:
    calls = Calls(lambda number: 0.01 * (1 + 5 * 0.995**number))
    done = warmed(calls)
    assert done.levelled
    assert calls.cost(calls.made) <= 1.1 * 0.01


def test_calls_that_never_level_end_at_the_limit() -> None:
    calls = Calls(lambda number: 30.0 * 0.9**number)
    done = warmed(calls, limit=120.0)
    assert not done.levelled
    assert calls.seconds <= 240.0


def test_the_length_doubles_at_most() -> None:
    calls = Calls(lambda number: 1e-3)
    warmed(calls)
    grown = zip(calls.call_spans, calls.call_spans[1:], strict=False)
    assert all(later <= 2 * sooner for sooner, later in grown)


@settings(deadline=None)
@given(
    cycle=st.integers(1, 50),
    pace=st.floats(1e-4, 2.0),
    noise=st.floats(0.0, 0.3),
    seed=st.integers(0, 99),
)
def test_a_deck_is_never_split(cycle: int, pace: float, noise: float, seed: int) -> None:
    chance = random.Random(seed)
    calls = Calls(lambda number: pace * (1 + noise * chance.random()))
    done = warmed(calls, cycle, limit=20.0)
    assert done.calls % cycle == 0
    assert all(count % cycle == 0 for count in calls.call_spans)
    if done.levelled:
        assert done.calls * pace * (1 + noise) >= WINDOW_SECONDS


def test_a_clock_that_stands_still_is_told() -> None:
    with pytest.raises(MeterError, match="stands still") as caught:
        warm_up(lambda calls: 0.0, 1, 0.0)
    assert caught.value.flag == "clock_stopped"
