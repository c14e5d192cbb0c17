"""From windows to an estimate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pytest_inferenergy.stats.estimate import Estimate
from tests.stats.examples import estimate

positive = st.floats(1e-6, 1e6)
windows = st.lists(st.tuples(positive, positive), min_size=1, max_size=30)


def host_bound_windows(count: int = 20) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(3)
    seconds = 0.045 * np.exp(rng.normal(0, 0.1, count))
    joules = (0.36 + 132 * seconds) * np.exp(rng.normal(0, 0.005, count))
    return joules.tolist(), seconds.tolist()


@given(windows)
def test_every_figure_is_a_finite_number_or_none(pairs: list[tuple[float, float]]) -> None:
    found = estimate([joules for joules, _ in pairs], [seconds for _, seconds in pairs])
    for name in Estimate.__slots__:
        value = getattr(found, name)
        assert value is None or math.isfinite(value) or name == "degrees"
        assert value is None or not math.isnan(value)
    low, high = found.interval()
    assert 0 < low <= found.joules_per_inference * (1 + 1e-12)
    assert high >= found.joules_per_inference * (1 - 1e-12)


@given(windows, st.floats(1e-3, 1e3))
def test_another_unit_of_energy_shifts_the_level_and_nothing_else(
    pairs: list[tuple[float, float]], scale: float
) -> None:
    joules, seconds = [e for e, _ in pairs], [t for _, t in pairs]
    one, other = estimate(joules, seconds), estimate([e * scale for e in joules], seconds)
    assert other.log_joules == pytest.approx(one.log_joules + math.log(scale), abs=1e-9)
    assert other.stderr == pytest.approx(one.stderr, rel=1e-6, abs=1e-9)


def test_one_window_knows_only_the_error_of_its_meter() -> None:
    found = estimate([5.0], [0.01], meter=0.02)
    assert found.stderr == 0.02
    assert found.window_sd is None
    half = stats.norm.ppf(0.995) * 0.02
    assert found.interval() == pytest.approx((5 * math.exp(-half), 5 * math.exp(half)))


def test_error_is_never_below_that_of_the_meter() -> None:
    assert estimate([5.0] * 9, [0.01] * 9, meter=0.03).stderr == pytest.approx(0.01)


def test_interval_is_student_t_on_the_log_scale() -> None:
    joules = [5.0, 5.1, 4.9, 5.2]
    found = estimate(joules, [0.01] * 4)
    logs = np.log(joules)
    expected = stats.t.interval(0.99, 3, logs.mean(), stats.sem(logs))
    assert found.interval(0.99) == pytest.approx(tuple(np.exp(expected)))


def test_spread_is_that_of_stretches_of_a_second() -> None:
    joules = [5.1, 4.9] * 8
    half = Estimate.from_windows(joules, [0.01] * 16, [0.5] * 16, [0.001] * 16)
    whole = Estimate.from_windows(joules, [0.01] * 16, [0.95] * 16, [0.001] * 16)
    assert half.window_sd == pytest.approx(0, abs=1e-9)
    assert whole.window_sd == pytest.approx(np.std(np.log(joules), ddof=1))


def test_power_while_waiting_is_the_slope_across_windows() -> None:
    joules, seconds = host_bound_windows()
    found, expected = estimate(joules, seconds), stats.linregress(seconds, joules)
    assert found.waiting_watts == pytest.approx(expected.slope)
    assert found.waiting_watts_stderr == pytest.approx(expected.stderr)
    assert found.pace_share == pytest.approx(expected.rvalue**2)
    assert found.waiting_watts == pytest.approx(132, rel=0.05)


def test_windows_that_wander_with_the_pace_are_host_bound() -> None:
    assert estimate(*host_bound_windows()).host_bound


def test_calm_windows_are_not_host_bound() -> None:
    rng = np.random.default_rng(4)
    found = estimate((5 * np.exp(rng.normal(0, 0.005, 20))).tolist(), [0.01] * 20)
    assert not found.host_bound


def test_few_windows_or_a_steady_pace_tell_no_slope() -> None:
    joules, seconds = host_bound_windows()
    assert estimate(joules[:5], seconds[:5]).waiting_watts is None
    assert estimate(joules, [0.045] * 20).waiting_watts is None
    steady = [0.045 * (1 + 1e-4 * (n % 3)) for n in range(20)]
    assert estimate(joules, steady).waiting_watts is None


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_windows_without_positive_finite_figures_are_refused(bad: float, place: int) -> None:
    columns = [[5.0, 5.0], [0.01, 0.01], [1.0, 1.0], [0.001, 0.001]]
    columns[place][1] = bad
    with pytest.raises(ValueError, match="must be finite and positive"):
        Estimate.from_windows(*columns)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_a_meter_error_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="meter error"):
        Estimate.from_windows([5.0], [0.01], [1.0], [bad])


def test_no_windows_or_ragged_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one window"):
        Estimate.from_windows([], [], [], [])
    with pytest.raises(ValueError, match="differ in number"):
        Estimate.from_windows([5.0], [0.01], [1.0, 1.0], [0.001])


def test_a_run_carries_the_estimate_and_the_facts() -> None:
    found = estimate(*host_bound_windows())
    run = found.to_run(7.0, device="card", inferences_per_call=32)
    assert (run.log_joules, run.stderr, run.windows) == (found.log_joules, found.stderr, 20)
    assert (run.waiting_watts, run.time, run.device) == (found.waiting_watts, 7.0, "card")
    assert run.inferences_per_call == 32
    assert estimate([5.0], [0.01], meter=0.02).to_run(0.0).window_sd == 0.02


def test_what_all_windows_may_be_off_by_alike_does_not_lessen_with_their_number() -> None:
    few, many = (
        Estimate.from_windows([5.0] * n, [0.01] * n, [1.0] * n, [0.001] * n, shared_stderr=0.1)
        for n in (2, 200)
    )
    assert few.stderr == pytest.approx(many.stderr, rel=1e-3)
    assert many.stderr == pytest.approx(0.1, rel=1e-3)
