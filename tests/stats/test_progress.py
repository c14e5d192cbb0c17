"""When a run has windows enough."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.stats.estimate import Estimate
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.stopping import Progress, progress
from tests.stats.examples import estimate, stored


def windows(count: int, sd: float, seed: int = 7) -> Estimate:
    """Windows whose sd is exact."""
    noise = np.random.default_rng(seed).normal(size=count)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    return estimate((5 * np.exp(sd * noise)).tolist(), [0.01] * count)


def judged(found: Estimate, baseline: list[Run] | None = None, **other: Any) -> Progress:
    return progress(
        found, found.to_run(9e9, device="card"), baseline or [], **{"seconds": 1.0, **other}
    )


@pytest.mark.parametrize("count", [1, 3, 7])
def test_eight_windows_at_least(count: int) -> None:
    assert not judged(windows(8, 0.001)).reason.startswith("7 of 8")
    found = estimate([5.0] * count, [0.01] * count)
    assert judged(found) == Progress(False, f"{count} of 8 windows")
    assert not judged(found, stored(5)).enough


def test_calm_windows_suffice_and_wild_ones_do_not() -> None:
    assert judged(windows(8, 0.001)).enough
    assert not judged(windows(8, 0.05)).enough
    assert judged(windows(8, 0.001), stored(5)).enough


def test_wandering_windows_stop_against_a_baseline_once_more_cannot_matter() -> None:
    wild = stored(1, window_sd=0.10, stderr=0.015)
    assert judged(windows(100, 0.10), wild).enough
    assert not judged(windows(100, 0.10)).enough  # alone, ±1 % is still far


def test_without_a_baseline_ten_seconds_are_the_limit() -> None:
    wild = windows(8, 0.05)
    assert judged(wild, seconds=10.0).enough
    assert not judged(wild, seconds=9.9).enough
    assert not judged(windows(8, 0.05), stored(5), seconds=10.0).enough


def test_time_is_up_even_where_windows_still_matter() -> None:
    assert judged(windows(8, 0.05), stored(5), seconds=30.0) == Progress(True, "30 s are spent")
    assert judged(windows(8, 0.05), stored(5), seconds=6.0, max_seconds=5.0).enough


def test_a_call_longer_than_the_limit_runs_three_times() -> None:
    assert not judged(estimate([5.0] * 2, [50.0] * 2), seconds=100.0).enough
    assert judged(estimate([5.0] * 3, [33.0] * 3), seconds=100.0).enough


def test_a_budget_stops_where_more_windows_cannot_matter_to_it() -> None:
    assert judged(windows(9, 0.004), budget=True).enough
    assert not judged(windows(9, 0.02), budget=True).enough
    assert judged(windows(9, 0.004), stored(5), budget=True, seconds=2.0).enough


@given(st.floats(1e-3, 1e3))
def test_the_level_measured_does_not_decide_when_to_stop(scale: float) -> None:
    rng = np.random.default_rng(8)
    joules = 5 * np.exp(rng.normal(0, 0.012, 12))
    one = estimate(joules.tolist(), [0.01] * 12)
    other = estimate((scale * joules).tolist(), [0.01] * 12)
    assert judged(one, stored(3)) == judged(other, stored(3))


def test_stopping_by_precision_keeps_the_interval_honest() -> None:
    rng, covered, repeats = np.random.default_rng(9), 0, 300
    for _ in range(repeats):
        noise = rng.normal(0, 0.008, 60)
        for count in range(8, 61):
            found = estimate((5 * np.exp(noise[:count])).tolist(), [0.01] * count)
            if judged(found).enough:
                break
        covered += abs(found.log_joules - math.log(5)) < found.half_width(0.99)
    assert covered / repeats > 0.96
