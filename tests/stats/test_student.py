"""Student's t against scipy.stats."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from pytest_inferenergy.stats import student


@pytest.mark.parametrize("degrees", [1, 3, 4, 8, 23, 1000, math.inf])
@pytest.mark.parametrize("probability", [0.5, 0.99, 0.999, 0.99975])
def test_quantiles_agree_with_scipy_stats(probability: float, degrees: float) -> None:
    law = stats.norm if math.isinf(degrees) else stats.t(degrees)
    assert student.quantile(probability, degrees) == pytest.approx(law.ppf(probability))


@pytest.mark.parametrize("degrees", [1, 4, 23, math.inf])
@pytest.mark.parametrize("t", [-5.0, 0.0, 1.7, 40.0])
def test_probabilities_agree_with_scipy_stats(t: float, degrees: float) -> None:
    law = stats.norm if math.isinf(degrees) else stats.t(degrees)
    assert student.below(t, degrees) == pytest.approx(law.cdf(t))


def test_absurdly_wide_bounds_stay_finite() -> None:
    assert math.isfinite(student.ratio(1e9))
    assert math.isfinite(student.fraction(1e9))
    assert student.fraction(-1e9) == -1.0
