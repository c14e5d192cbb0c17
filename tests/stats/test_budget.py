"""Absolute limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_inferenergy.stats.budget import judge_budget
from tests.stats.examples import a_run, stored


@pytest.mark.parametrize(
    ("limit", "word"), [(5.1, "passed"), (4.9, "inconclusive"), (4.0, "blown")]
)
def test_a_budget_is_kept_blown_or_too_close_to_call(limit: float, word: str) -> None:
    assert judge_budget(a_run(5.0), limit).word == word


def test_the_bound_is_the_prior_predictive_of_one_run() -> None:
    found = judge_budget(a_run(5.0, stderr=0.004), 5.0)
    half = stats.t.ppf(0.999, 4) * math.hypot(0.015, 0.004)
    assert found.low == pytest.approx(5 * math.exp(-half))


def test_stored_runs_sharpen_the_bound() -> None:
    alone, with_past = judge_budget(a_run(), 4.8), judge_budget(a_run(day=99), 4.8, stored(10))
    assert (alone.word, with_past.word) == ("inconclusive", "blown")


def test_a_single_window_blows_a_budget_only_by_far() -> None:
    lone = a_run(5.0, windows=1, window_sd=0.001)
    assert judge_budget(lone, 4.0).word == "inconclusive"
    assert judge_budget(lone, 3.0).word == "blown"


@given(st.floats(0.1, 100.0), st.floats(0.1, 100.0))
def test_a_blown_budget_is_exceeded_by_estimate_and_bound(joules: float, limit: float) -> None:
    found = judge_budget(a_run(joules), limit)
    assert (found.word == "passed") == (found.estimate <= limit)
    assert judge_budget(a_run(joules), limit, high=limit * 1.001).word != "passed"
    assert (found.word == "blown") == (found.low > limit)
    assert found.excess == pytest.approx(joules / limit - 1)


@pytest.mark.parametrize("limit", [0.0, -1.0, math.nan, math.inf])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="budget must be finite and positive"):
        judge_budget(a_run(), limit)
