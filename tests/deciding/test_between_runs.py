"""Sessions as replicates, and the prior of their variance."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_inferenergy.deciding.between import Between, prior_sd, window_spread
from pytest_inferenergy.deciding.sessions import levels, sessions
from tests.deciding.examples import a_run, stored


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30))
def test_sessions_share_out_the_runs_and_last_less_than_six_hours(hours: list[float]) -> None:
    groups = sessions([a_run(day=hour / 24) for hour in hours])
    assert sum(len(group) for group in groups) == len(hours)
    for group in groups:
        assert group[-1].time - group[0].time < 6 * 3600
    starts = [group[0].time for group in groups]
    assert all(b - a >= 6 * 3600 for a, b in pairwise(starts))


def test_five_runs_of_one_afternoon_count_once() -> None:
    runs = [a_run(5 + hour, hour / 24) for hour in range(5)]
    groups = sessions(runs)
    assert len(groups) == 1
    assert levels(groups, lambda run: run.time) == [pytest.approx(2 * 3600)]


def test_runs_every_hour_are_not_one_endless_session() -> None:
    assert len(sessions([a_run(day=hour / 24) for hour in range(48)])) == 8


def test_pooled_variance_is_that_of_the_conjugate_posterior() -> None:
    rng = np.random.default_rng(5)
    found = rng.normal(0, 0.02, 6)
    pooled = Between.pooled(found.tolist(), 0.01)
    assert pooled.degrees == 4 + 5
    assert pooled.sd**2 == pytest.approx((4 * 0.01**2 + 5 * found.var(ddof=1)) / 9)
    assert pooled.stderr(0.003) == pytest.approx(np.sqrt(pooled.sd**2 * (1 + 1 / 6) + 0.003**2))


def test_a_new_run_follows_the_predicted_student_law_where_the_prior_is_true() -> None:
    rng, found = np.random.default_rng(6), []
    for _ in range(4000):
        sd = 0.01 * np.sqrt(4 / rng.chisquare(4))  # the prior itself
        level, *old = rng.normal(0, sd, 6).tolist()
        pooled = Between.pooled(old, 0.01)
        found.append((level - pooled.level) / pooled.stderr(0.0))
    assert stats.kstest(found, stats.t(8).cdf).pvalue > 0.001


def test_prior_is_one_percent_or_what_windows_wander() -> None:
    assert window_spread(a_run(window_sd=0.003), stored(3)) == 0.01
    assert window_spread(a_run(window_sd=0.06), stored(3)) == 0.06
    assert window_spread(a_run(), stored(3, window_sd=0.05)) == pytest.approx(0.05)


def test_one_odd_stored_run_does_not_blow_the_prior_up() -> None:
    assert prior_sd(0.005, [(0.05, 10)] + [(0.005, 10)] * 24) == pytest.approx(0.0111, rel=0.02)


def test_single_windows_alone_leave_the_spread_unknown() -> None:
    lone = a_run(windows=1, window_sd=0.0001)
    assert window_spread(lone, [lone, lone]) == 0.05
    assert window_spread(lone, stored(2)) == 0.01
