"""The test by turns, against numerical integration and by simulation."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from pytest_inferenergy.stats.margins import Margins
from pytest_inferenergy.stats.sequential import PRIOR_SCALE, Pairs, SequentialTest

FINE = Margins(0.01, 0.03)


def pairs_of(values: list[float]) -> Pairs:
    found = Pairs()
    for value in values:
        found = found.add(value)
    return found


def play(turns: SequentialTest, values: np.ndarray) -> SequentialTest:
    for value in values:
        turns = turns.add(float(value))
        if turns.word != "continue":
            break
    return turns


@pytest.mark.parametrize("theta", [0.0, 0.3, -1.0])
@pytest.mark.parametrize("count", [3, 8, 20])
def test_evidence_is_the_mixture_of_noncentral_t_densities(count: int, theta: float) -> None:
    values = np.random.default_rng(count).normal(0.2, 0.5, count)
    t = (values.mean() - theta) / stats.sem(values)

    def weighted(effect: float) -> float:
        alternative = stats.nct.pdf(t, count - 1, effect * math.sqrt(count))
        return float(alternative * stats.norm.pdf(effect, 0, math.sqrt(PRIOR_SCALE)))

    mixture, _ = integrate.quad(weighted, -10, 10, points=[0.0], limit=200)
    expected = mixture / stats.t.pdf(t, count - 1)
    assert pairs_of(values.tolist()).log_e(theta) == pytest.approx(math.log(expected), abs=1e-5)


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=60), st.sampled_from([0.001, 0.01, 0.2]))
def test_the_interval_ends_where_the_evidence_reaches_its_threshold(
    values: list[float], error: float
) -> None:
    found = pairs_of(values)
    half = found.half_width(error)
    if math.isfinite(half) and half > 1e-6:
        for edge in (found.mean - half, found.mean + half):
            assert found.log_e(edge) == pytest.approx(-math.log(2 * error), abs=1e-6)
    elif math.isinf(half):
        assert found.log_e(1e9) < -math.log(2 * error) + 1e-6


@given(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=60))
def test_running_mean_and_spread_agree_with_numpy(values: list[float]) -> None:
    found = pairs_of(values)
    assert found.count == len(values)
    assert found.mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-6)
    assert found.squares == pytest.approx(np.var(values) * len(values), rel=1e-6, abs=1e-4)


@given(st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=30), st.floats(0.1, 10))
def test_evidence_does_not_depend_on_the_scale(values: list[float], scale: float) -> None:
    one, other = pairs_of(values), pairs_of([scale * value for value in values])
    if one.squares > 1e-9:
        assert other.log_e(0.01 * scale) == pytest.approx(one.log_e(0.01), rel=1e-6, abs=1e-6)


def test_no_verdict_from_two_pairs() -> None:
    turns = SequentialTest.between(FINE).add(1.0).add(1.0)
    assert turns.word == "continue"
    assert turns.low == -math.inf
    assert turns.high == math.inf


def test_a_recording_without_noise_is_decided_and_gives_numbers() -> None:
    turns = play(SequentialTest.between(FINE), np.full(30, 0.05))
    assert turns.word == "regressed"
    assert turns.low == turns.high == pytest.approx(0.05)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_pair_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        Pairs().add(bad)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_ratio_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="at_most"):
        SequentialTest.at_most(bad)


def rates(
    change: float, sd: float, repeats: int, *, limit: int = 100
) -> tuple[dict[str, float], float]:
    rng, found, used = np.random.default_rng(int(1e4 * change) + 11), Counter[str](), 0
    for _ in range(repeats):
        turns = play(SequentialTest.between(FINE), rng.normal(math.log1p(change), sd, limit))
        found[turns.word] += 1
        used += turns.pairs.count
    return {word: count / repeats for word, count in found.items()}, used / repeats


def test_three_percent_are_found_and_nothing_is_found_in_equal_code() -> None:
    worse, _ = rates(0.05, 0.015, 300)
    same, pairs = rates(0.0, 0.015, 1000)
    assert worse["regressed"] >= 0.99
    assert same.get("regressed", 0.0) == 0
    assert same["passed"] >= 0.99
    assert pairs < 25


def test_false_alarms_at_the_tolerance_keep_to_their_rate_at_every_look() -> None:
    found, _ = rates(0.01, 0.01, 4000)
    assert found.get("regressed", 0.0) <= 0.002


def test_misses_at_must_detect_keep_to_their_rate_at_every_look() -> None:
    found, _ = rates(0.03, 0.01, 3000)
    assert found.get("passed", 0.0) <= 0.012


def test_the_verdict_never_turns_except_from_passed_to_improved() -> None:
    turns = play(SequentialTest.between(FINE), np.random.default_rng(1).normal(-0.05, 0.02, 50))
    assert turns.word in ("passed", "improved")
    for value in np.random.default_rng(2).normal(-0.05, 0.02, 200):
        turns = turns.add(float(value))
    assert turns.word == "improved"
    for _ in range(300):
        turns = turns.add(0.5)
    assert turns.word == "improved"


@pytest.mark.parametrize(("true", "word"), [(0.4, "passed"), (0.6, "regressed")])
def test_a_ratio_can_be_settled_by_turns(true: float, word: str) -> None:
    values = np.random.default_rng(3).normal(math.log(true), 0.02, 40)
    assert play(SequentialTest.at_most(0.5), values).word == word
