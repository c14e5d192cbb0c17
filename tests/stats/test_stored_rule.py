"""The verdict against stored runs: its error rates, its detection and its shape."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.stats.decide import decide
from pytest_inferenergy.stats.margins import Margins
from tests.stats.examples import a_run, random_run, stored

WORDS = ["improved", "passed", "inconclusive", "regressed"]


def shares(
    change: float, *, sessions: int, between: float, windows: float, repeats: int
) -> dict[str, float]:
    """Shares of each verdict over simulated baselines and new runs."""
    rng, found = np.random.default_rng(int(1e4 * (change + between)) + sessions), Counter[str]()
    for _ in range(repeats):
        old = [
            random_run(rng, 0.0, day, between=between, windows=windows) for day in range(sessions)
        ]
        new = random_run(rng, math.log1p(change), 99, between=between, windows=windows)
        found[decide(new, old).verdict] += 1
    return {word: found[word] / repeats for word in WORDS}


@pytest.mark.parametrize("sessions", [1, 5])
def test_unchanged_code_passes_where_runs_differ_by_half_a_percent(sessions: int) -> None:
    found = shares(0.0, sessions=sessions, between=0.0043, windows=0.005, repeats=1500)
    assert found["passed"] >= 0.99
    assert found["regressed"] == 0


@pytest.mark.parametrize(("sessions", "change"), [(1, 0.30), (5, 0.15), (10, 0.12)])
def test_a_clear_regression_is_found(sessions: int, change: float) -> None:
    found = shares(change, sessions=sessions, between=0.0043, windows=0.005, repeats=1500)
    assert found["regressed"] >= 0.99


@pytest.mark.parametrize(
    ("between", "sessions", "change", "share"),
    [
        (0.0043, 1, 0.20, 0.003),
        (0.0043, 5, 0.10, 0.331),
        (0.0043, 5, 0.12, 0.912),
        (0.0043, 10, 0.10, 0.501),
        (0.01, 1, 0.20, 0.098),
        (0.01, 1, 0.30, 1.000),
        (0.01, 2, 0.20, 0.877),
        (0.01, 5, 0.12, 0.240),
        (0.01, 5, 0.15, 0.696),
        (0.02, 5, 0.15, 0.279),
        (0.02, 5, 0.20, 0.808),
        (0.02, 10, 0.15, 0.515),
    ],
)
def test_detection_is_that_of_an_independent_simulation(
    between: float, sessions: int, change: float, share: float
) -> None:
    """200,000 draws of the formulas alone, without this package."""
    found = shares(change, sessions=sessions, between=between, windows=0.0063, repeats=1200)
    assert found["regressed"] == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("sessions", [1, 5])
def test_noisy_runs_raise_no_false_alarm(sessions: int) -> None:
    found = shares(0.0, sessions=sessions, between=0.032, windows=0.05, repeats=3000)
    assert found["regressed"] == 0


def test_false_alarms_at_the_tolerance_keep_to_their_rate() -> None:
    found = shares(0.05, sessions=5, between=0.01, windows=0.01, repeats=6000)
    assert found["regressed"] <= 0.0025


def test_misses_at_must_detect_keep_to_their_rate() -> None:
    found = shares(0.10, sessions=5, between=0.01, windows=0.01, repeats=3000)
    assert found["passed"] <= 0.016


joules = st.floats(0.5, 50.0)


@given(joules, st.floats(1.0, 2.0), st.integers(1, 8))
def test_more_energy_never_makes_a_better_verdict(
    level: float, factor: float, sessions: int
) -> None:
    old = stored(sessions)
    words = [decide(a_run(level * f, 99), old).verdict for f in (1.0, factor)]
    assert WORDS.index(words[0]) <= WORDS.index(words[1])


@given(joules, st.floats(1e-3, 1e3))
def test_the_unit_of_energy_does_not_matter(level: float, scale: float) -> None:
    one = decide(a_run(level, 99), stored(3))
    other = decide(a_run(level * scale, 99), stored(3, 5.0 * scale))
    assert one.verdict == other.verdict
    assert one.change == pytest.approx(other.change)


@given(
    st.floats(-600, 600),
    st.floats(0, 5),
    st.floats(0, 5),
    st.lists(st.floats(-600, 600), min_size=1, max_size=6),
)
def test_no_figure_is_ever_nan_or_infinite(
    level: float, stderr: float, sd: float, old: list[float]
) -> None:
    new = a_run(math.exp(level), 99, stderr=stderr, window_sd=sd)
    found = decide(new, [a_run(math.exp(y), day) for day, y in enumerate(old)]).as_dict()
    assert all(math.isfinite(value) for value in found.values() if isinstance(value, float))


@given(st.integers(1, 20), st.floats(0.8, 1.3))
def test_interval_change_and_verdict_belong_together(sessions: int, factor: float) -> None:
    found = decide(a_run(5 * factor, 99), stored(sessions))
    assert found.change is not None
    assert found.change == pytest.approx(factor - 1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < factor - 1 < found.high
    assert (found.verdict == "regressed") == (found.low > 0.05 and found.change > 0.10)
    assert (found.verdict == "improved") == (found.high < 1 / 1.05 - 1)
    if found.verdict == "passed":
        assert found.high < 0.10
        assert math.log(factor) < 0.3 * math.log(1.10)


def test_more_sessions_detect_smaller_changes() -> None:
    smallest = [decide(a_run(day=99), stored(k)).smallest_detectable for k in (1, 2, 5, 20)]
    assert smallest == sorted(smallest, key=lambda value: -(value or 0))
    assert smallest[0] == pytest.approx(0.32, abs=0.02)


def test_the_smallest_detectable_change_is_found_as_often_as_promised() -> None:
    """Where the stored runs differ by as much as they will."""
    between, sessions, rng = 0.008, 10, np.random.default_rng(41)
    levels = rng.normal(0, between, sessions)
    levels *= between / np.std(levels, ddof=1)
    old = [a_run(math.exp(y - levels.mean()), day) for day, y in enumerate(levels)]
    promised = decide(a_run(1.0, 99), old).smallest_detectable
    assert promised is not None
    new = [a_run((1 + promised) * math.exp(rng.normal(0, between)), 99) for _ in range(800)]
    found = sum(decide(run, old).verdict == "regressed" for run in new) / len(new)
    assert found >= 0.99


def test_how_sure_is_at_least_what_the_error_rates_ask() -> None:
    worse, same = decide(a_run(7, 99), stored(5)), decide(a_run(5, 99), stored(5))
    assert worse.confidence is not None
    assert worse.confidence >= 0.999
    assert same.confidence is not None
    assert same.confidence >= 0.99
    assert decide(a_run(5.4, 99), stored(1)).confidence is None


@pytest.mark.parametrize("figure", ["log_joules", "log_seconds", "stderr", "window_sd", "time"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_run_that_is_not_finite_is_refused(figure: str, bad: float) -> None:
    changed: dict[str, Any] = {figure: bad}
    broken = replace(a_run(), **changed)
    with pytest.raises(ValueError, match="must be finite"):
        decide(broken, stored(2))
    with pytest.raises(ValueError, match="must be finite"):
        decide(a_run(), [broken])


@pytest.mark.parametrize(("tolerance", "must_detect"), [(-0.1, None), (0.05, 0.05), (0.0, None)])
def test_margins_that_make_no_sense_are_refused(
    tolerance: float, must_detect: float | None
) -> None:
    with pytest.raises(ValueError, match="tolerance"):
        decide(a_run(), stored(1), tolerance=tolerance, must_detect=must_detect)


def test_error_rates_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="error rates"):
        Margins(alpha=0.1, beta=0.01)


@pytest.mark.parametrize(("tolerance", "must_detect"), [(1.5, 1.51), (0.3, 0.6), (0.2, 1.0)])
def test_wide_margins_pass_what_is_far_below_them(tolerance: float, must_detect: float) -> None:
    """The guard bands are distances there: what they guard against does not grow with a margin."""
    below, above = (tolerance / 2, 1.3 * (1 + must_detect) - 1)
    found = [
        decide(a_run(5 * (1 + change), 99), stored(5), tolerance=tolerance, must_detect=must_detect)
        for change in (below, above)
    ]
    assert [one.verdict for one in found] == ["passed", "regressed"]
