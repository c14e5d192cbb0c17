"""Calls that keep step with the power sensor, and the doubt that follows."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.measure.aliasing import aliasing_doubt, in_step
from pytest_inferenergy.measure.flags import flags_of
from pytest_inferenergy.measure.recorder import Recording
from pytest_inferenergy.measure.window import Window
from pytest_inferenergy.meters.base import DeviceState, Reading

EVERY = 0.02


def windows(period: float, count: int = 8, *, busy: float | None = 0.5) -> list[Window]:
    calls = max(1, round(0.6 / period))
    seconds = calls * period
    state = DeviceState(busy=busy, foreign_processes=())
    reading = Reading("gpu", "measured", 500.0 * seconds, 1.0, "a1", state, sampled_every=EVERY)
    return [
        Window(500.0 * seconds, 1.0, seconds, calls, calls, 0.0, readings=(reading,))
        for _ in range(count)
    ]


def told(period: float, width: float, seconds: float, phase: float) -> float:
    """Mean of what an instantaneous sensor sees of bursts of 1 W."""
    looks = round(seconds / EVERY)
    return fmean(((k * EVERY + phase) % period) < width for k in range(looks))


@pytest.mark.parametrize(("period", "duty"), [(0.02, 0.5), (0.04, 0.25), (0.02, 0.3)])
def test_the_doubt_covers_what_an_instantaneous_sensor_misses(period: float, duty: float) -> None:
    draw = random.Random(1)
    seen = [told(period, duty * period, 5.0, draw.uniform(0, period)) for _ in range(400)]
    spread = pstdev(seen) / duty
    doubt = aliasing_doubt(windows(period, busy=duty), idle_watts=0.0)
    assert min(1.0, spread) / 2 <= doubt <= 2 * spread


@pytest.mark.parametrize("period", [0.0173, 0.0213, 0.0447, 0.0303])
def test_calls_out_of_step_are_seen_at_every_moment(period: float) -> None:
    draw = random.Random(1)
    seen = [told(period, period / 2, 5.0, draw.uniform(0, period)) for _ in range(100)]
    assert pstdev(seen) < 0.05
    assert aliasing_doubt(windows(period), idle_watts=0.0) == 0.0


def test_a_device_that_works_all_the_time_hides_nothing() -> None:
    assert aliasing_doubt(windows(EVERY, busy=1.0), idle_watts=100.0) == 0.0


def test_a_device_that_does_not_say_counts_as_half_busy() -> None:
    unknown, half = windows(EVERY, busy=None), windows(EVERY, busy=0.5)
    assert aliasing_doubt(unknown, 100.0) == aliasing_doubt(half, 100.0) == pytest.approx(0.8)


def test_what_the_device_draws_at_rest_is_not_in_doubt() -> None:
    assert aliasing_doubt(windows(EVERY), 500.0) == 0.0
    assert aliasing_doubt(windows(EVERY), 400.0) < aliasing_doubt(windows(EVERY), None)


def test_without_a_sampling_sensor_there_is_nothing_to_keep_step_with() -> None:
    bare = [
        replace(w, readings=tuple(replace(r, sampled_every=None) for r in w.readings))
        for w in windows(EVERY)
    ]
    assert aliasing_doubt(bare, 0.0) == 0.0


def test_one_call_a_window_repeats_nothing() -> None:
    assert aliasing_doubt([replace(w, calls=1) for w in windows(EVERY)], 0.0) == 0.0


def test_the_flag_tells() -> None:
    def flags(period: float) -> tuple[str, ...]:
        recording = Recording(clean=windows(period), components=("gpu",))
        return flags_of(recording, host_bound=False)

    assert "aliased" in flags(EVERY)
    assert "aliased" not in flags(0.0173)


@given(
    st.floats(1e-4, 10.0), st.floats(1e-2, 1e3), st.floats(1e-3, 1.0)
)  # seconds, as a user might meet them
def test_step_is_a_share(period: float, seconds: float, every: float) -> None:
    assert 0.0 <= in_step(period, seconds, every) <= 1.0


@given(st.integers(1, 5))
def test_a_harmonic_in_step_counts_by_its_part_of_the_swing(n: int) -> None:
    assert in_step(n * EVERY, 5.0, EVERY) == pytest.approx(1.0 / n)


@given(st.floats(0.001, 0.5))
def test_longer_measuring_never_adds_doubt(off: float) -> None:
    period = EVERY * (1 + off)
    steps = [in_step(period, seconds, EVERY) for seconds in (0.5, 1.0, 2.0, 10.0)]
    assert all(a >= b or math.isclose(a, b) for a, b in pairwise(steps))
