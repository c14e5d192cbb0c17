"""The error of a mean of windows, against theory and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from pytest_inferenergy.stats import series

values = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=80)


def ar1(rng: np.random.Generator, rho: float, count: int, repeats: int) -> np.ndarray:
    noise = rng.normal(size=(repeats, count + 100))
    return signal.lfilter([1], [1, -rho], noise, axis=1)[:, 100:]


@given(values, st.integers(1, 30))
def test_batches_keep_every_window_once_and_in_order(windows: list[float], count: int) -> None:
    count = min(count, len(windows))
    cut = series.batches(windows, count)
    assert [value for batch in cut for value in batch] == windows
    sizes = {len(batch) for batch in cut}
    assert len(cut) == count
    assert max(sizes) - min(sizes) <= 1


@given(values)
def test_error_of_the_mean_is_never_below_that_of_independent_windows(
    windows: list[float],
) -> None:
    error = series.mean_error(windows)
    independent = np.std(windows, ddof=1) / np.sqrt(len(windows))
    assert error.stderr >= independent * (1 - 1e-9)
    assert 1 <= error.degrees <= len(windows) - 1


def test_few_windows_count_as_independent() -> None:
    windows = [1.0, 3.0, 2.0, 5.0, 4.0]
    error = series.mean_error(windows)
    assert error.stderr == pytest.approx(stats.sem(windows))
    assert error.degrees == 4


@pytest.mark.parametrize("count", [8, 9, 12, 16, 25, 40, 64])
def test_at_least_four_batches(count: int) -> None:
    assert series.mean_error(list(range(count))).degrees >= 3


@pytest.mark.parametrize(("rho", "count", "tolerance"), [(0.0, 64, 0.12), (0.5, 400, 0.12)])
def test_batch_means_find_the_true_error_of_ar1_windows(
    rho: float, count: int, tolerance: float
) -> None:
    rows = ar1(np.random.default_rng(1), rho, count, 400)
    claimed = np.sqrt(np.mean([series.mean_error(row.tolist()).stderr ** 2 for row in rows]))
    truth = 1 / (1 - rho) / np.sqrt(count)  # asymptotic sd of the mean of an AR(1) series
    assert claimed == pytest.approx(truth, rel=tolerance)


@pytest.mark.parametrize("count", [8, 16, 32, 64])
@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_interval_covers_the_truth_although_neighbouring_windows_are_alike(
    rho: float, count: int
) -> None:
    rows = ar1(np.random.default_rng(2), rho, count, 1500)
    covered = 0
    for row in rows:
        stderr, degrees = series.mean_error(row.tolist())
        covered += abs(row.mean()) < stats.t.ppf(0.995, degrees) * stderr
    assert covered / len(rows) > 0.98


@given(values)
def test_spread_of_single_windows_is_their_standard_deviation(windows: list[float]) -> None:
    expected = np.std(windows, ddof=1)
    assert series.spread(windows, 1) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("count", "length"), [(8, 2), (20, 2), (24, 5)])
def test_spread_of_stretches_is_unbiased_for_independent_windows(count: int, length: int) -> None:
    rows = np.random.default_rng(3).normal(size=(3000, count))
    found = np.mean([series.spread(row.tolist(), length) ** 2 for row in rows])
    assert found == pytest.approx(1 / length, rel=0.06)


def test_what_one_window_misses_and_the_next_gets_back_is_no_spread() -> None:
    assert series.spread([1.0, -1.0] * 8, 2) == 0
    assert series.spread([1.0, -1.0, 1.0], 2) > 1  # too few for stretches
