"""Sessions as replicates, the two components of variance, and the priors."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_inferenergy.stats.runs import Run, levels, sessions
from pytest_inferenergy.stats.stored_levels import Prior, StoredLevels, mean_error, stored_levels
from tests.stats.examples import a_run, stored


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


def total(runs: list[Run]) -> StoredLevels:
    return StoredLevels.of(runs, lambda run: run.log_joules, lambda run: run.stderr)


def test_the_variance_between_sessions_is_that_of_the_conjugate_posterior() -> None:
    found = np.random.default_rng(5).normal(0, 0.02, 6)
    runs = [a_run(math.exp(y), day, stderr=0.002) for day, y in enumerate(found)]
    stderr, degrees = total(runs).spread(Prior(4.0, 0.01), 0.003)
    variance = (4 * 0.01**2 + 5 * found.var(ddof=1)) / 9
    assert degrees == 4 + 5
    assert stderr**2 == pytest.approx(variance * (1 + 1 / 6) + 0.003**2 - 0.002**2)


def test_runs_of_a_session_have_a_variance_of_their_own() -> None:
    days = [[0.0, 0.04], [0.01, 0.01], [-0.01, 0.03]]
    runs = [
        a_run(math.exp(y), day + 0.01 * k) for day, ys in enumerate(days) for k, y in enumerate(ys)
    ]
    found = total(runs)
    assert (found.sessions, found.more, found.harmonic) == (3, 3, 0.5)
    assert found.level == pytest.approx(np.mean([np.mean(ys) for ys in days]))
    between = np.var([np.mean(ys) for ys in days], ddof=1)
    within = sum(np.var(ys, ddof=1) for ys in days) / 3
    stderr, degrees = found.spread(Prior(0.0, 0.0), 0.0)
    assert degrees == 2
    assert stderr**2 == pytest.approx((1 + 1 / 3) * between + 0.5 * within)


def test_a_new_run_follows_the_predicted_student_law_where_the_prior_is_true() -> None:
    rng, found = np.random.default_rng(6), []
    for _ in range(4000):
        sd = 0.01 * np.sqrt(4 / rng.chisquare(4))  # the prior itself
        level, *old = rng.normal(0, sd, 6).tolist()
        known = total([a_run(math.exp(y), day, stderr=0.0) for day, y in enumerate(old)])
        found.append((level - known.level) / known.spread(Prior(4.0, 0.01), 0.0).stderr)
    assert stats.kstest(found, stats.t(8).cdf).pvalue > 0.001


def test_without_a_prior_one_session_tells_no_spread() -> None:
    assert math.isinf(total(stored(1)).spread(Prior(0.0, 0.0), 0.01).stderr)


def test_what_wanders_within_a_run_counts_by_what_it_leaves_in_the_mean() -> None:
    wild = stored(3, stderr=0.02, window_sd=0.10)
    assert stored_levels(a_run(), wild).stored_error == pytest.approx(0.02)
    assert total(wild).spread(Prior(4.0, 0.01), 0.0).stderr > 0.02


def test_the_new_run_cannot_widen_what_is_known_of_the_stored_ones() -> None:
    calm, wild = a_run(window_sd=0.004), a_run(window_sd=0.3)
    assert stored_levels(calm, stored(3)) == stored_levels(wild, stored(3))
    assert mean_error(replace(wild, stderr=0.1), stored(3)) == 0.1


def test_a_single_window_wanders_as_the_stored_ones_do() -> None:
    lone = a_run(windows=1, window_sd=0.0001, stderr=0.0001)
    assert mean_error(lone, [lone, lone]) == 0.05
    assert mean_error(lone, stored(2, window_sd=0.02)) == pytest.approx(0.02)
