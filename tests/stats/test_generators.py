"""Generators: a change split by tokens, and a figure split into prefill and decode."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.stats.decide import decide
from pytest_inferenergy.stats.phases import split_phases
from tests.stats.examples import a_run, estimate, stored

factors = st.floats(0.5, 2.0)


@given(factors, factors, factors)
def test_a_change_is_tokens_times_time_per_token_times_power(
    tokens: float, per_token: float, power: float
) -> None:
    seconds = math.log(0.01 * tokens * per_token)
    new = a_run(
        5.0 * tokens * per_token * power, 9, log_seconds=seconds, tokens_per_inference=10 * tokens
    )
    verdict = decide(new, stored(3, tokens_per_inference=10.0))
    assert verdict.tokens_ratio == pytest.approx(tokens)
    assert verdict.time_per_token_ratio == pytest.approx(per_token)
    assert verdict.power_ratio == pytest.approx(power)
    assert verdict.time_ratio == pytest.approx(tokens * per_token)


@pytest.mark.parametrize(("before", "after"), [(None, 10.0), (10.0, None), (0.0, 10.0)])
def test_tokens_that_nobody_counted_are_unknown(before: float | None, after: float | None) -> None:
    new = a_run(day=9, tokens_per_inference=after)
    old = [*stored(2, tokens_per_inference=10.0), a_run(day=5, tokens_per_inference=before)]
    verdict = decide(new, old)
    assert verdict.time_ratio is not None
    assert verdict.tokens_ratio is verdict.time_per_token_ratio is None


def test_decode_is_what_prefill_leaves() -> None:
    whole = estimate([10.0, 10.4, 9.6, 10.0], [2.0] * 4)
    prefill = estimate([4.0, 4.2, 3.8, 4.0], [0.5] * 4)
    found = split_phases(whole, prefill, prompt_tokens=80, tokens=11)
    assert found["prefill"].joules_per_token == pytest.approx(4.0 / 80, rel=0.01)
    decode = found["decode"]
    assert decode.joules_per_inference == pytest.approx(6.0, rel=0.01)
    assert decode.seconds_per_inference == pytest.approx(1.5)
    assert decode.tokens_per_inference == 10
    expected = math.hypot(10.0 * whole.stderr, 4.0 * prefill.stderr)
    assert decode.stderr == pytest.approx(expected, rel=0.01)
    assert decode.stderr > found["prefill"].stderr


def test_where_whole_calls_take_no_more_than_prefill_there_is_no_decode() -> None:
    same = estimate([4.0, 4.2], [0.5, 0.5])
    found = split_phases(same, same, prompt_tokens=None, tokens=1)
    assert list(found) == ["prefill"]
    assert found["prefill"].joules_per_token is None


def test_one_token_leaves_none_for_decode() -> None:
    found = split_phases(
        estimate([5.0, 5.0], [0.5, 0.5]),
        estimate([4.0, 4.0], [0.4, 0.4]),
        prompt_tokens=None,
        tokens=1.0,
    )
    assert found["decode"].joules_per_token is None
