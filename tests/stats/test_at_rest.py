"""Work that draws hardly more than the card at rest: a change of time alone is no regression."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.stats.budget import judge_budget
from pytest_inferenergy.stats.decide import decide
from pytest_inferenergy.stats.idle import pace_spread, waiting_at_rest
from pytest_inferenergy.stats.runs import Run
from pytest_inferenergy.stats.stored_levels import UNKNOWN_SPREAD, least_spread, mean_error
from tests.stats.examples import a_run

IDLE = 121.2


def single(seconds: float, watts: float, day: float = 0.0, **other: Any) -> Run:
    """One window, as it stands."""
    facts: dict[str, Any] = {
        "windows": 1,
        "stderr": 0.002,
        "window_sd": 0.002,
        "power_limit_watts": 700.0,
        "idle_watts": IDLE,
    }
    return a_run(seconds * watts, day, log_seconds=math.log(seconds), **{**facts, **other})


# Recorded on an NVIDIA H200, the same code in two processes one after the other.
SINGLES = {
    # joules and seconds per inference, relative standard error of the meter
    "prefill": ((0.5491, 0.004476, 0.00794), (0.9660, 0.007919, 0.00469)),
    "decode": ((82.04, 0.6680, 0.00106), (94.93, 0.7778, 0.00095)),
}
RECORDED = {
    # joules, seconds, stderr, window sd, windows, slope and its error
    "long answer": (
        (34.87, 0.2840, 0.00963, 0.0179, 9, 121.3, 1.364),
        (37.67, 0.3078, 0.01231, 0.0199, 9, 120.9, 0.437),
    ),
    "one sentence": (
        (0.1399, 0.001146, 0.01789, 0.0415, 17, 121.2, 0.639),
        (0.1523, 0.001251, 0.01928, 0.0362, 11, 119.8, 0.748),
    ),
    "per token": (
        (9.615, 0.07837, 0.00962, 0.0285, 16, 122.2, 0.307),
        (13.12, 0.1075, 0.07385, 0.1833, 22, 121.3, 0.073),
    ),
    "batch of 32": (
        (0.01187, 9.438e-5, 0.01169, 0.0356, 20, 121.7, 0.806),
        (0.01235, 9.843e-5, 0.01125, 0.0376, 22, 121.9, 0.647),
    ),
}


def recorded(row: tuple[float, ...], day: float, idle: float, *, slope: bool = True) -> Run:
    joules, seconds, stderr, sd, windows, watts, watts_error = row
    return a_run(
        joules,
        day,
        log_seconds=math.log(seconds),
        stderr=stderr,
        window_sd=sd,
        windows=int(windows),
        waiting_watts=watts if slope else None,
        waiting_watts_stderr=watts_error if slope else None,
        power_limit_watts=700.0,
        idle_watts=idle,
    )


def assert_only_the_pace_changed(new: Run, old: Run) -> None:
    """Nobody can tell whether the code or the host did that; the author may say that it counts for
    nothing."""
    assert decide(new, [old]).verdict == "inconclusive"
    found = decide(new, [old], pace_counts="ignored")
    far = found.time_ratio is not None and found.time_ratio > 1.5  # the slope's error counts
    assert found.verdict == ("inconclusive" if far else "passed")
    assert found.flags == ("pace_ignored",)
    assert found.decided_by == "at_pace"
    assert abs(found.energy_at_pace_change or 1.0) < 0.008
    assert found.waiting_share is not None
    assert found.waiting_share > 0.95


@pytest.mark.parametrize("name", SINGLES)
def test_recorded_single_windows_that_only_took_longer_pass(name: str) -> None:
    (joules, seconds, old_error), (joules2, seconds2, error) = SINGLES[name]
    old = single(
        seconds, joules / seconds, stderr=old_error, window_sd=old_error, idle_watts=121.07
    )
    new = single(seconds2, joules2 / seconds2, 1, stderr=error, window_sd=error, idle_watts=121.41)
    assert_only_the_pace_changed(new, old)


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("slope", [True, False])
def test_recorded_runs_of_the_same_code_pass_with_and_without_a_slope(
    name: str, slope: bool
) -> None:
    old, new = RECORDED[name]
    assert_only_the_pace_changed(
        recorded(new, 1, 121.41, slope=slope), recorded(old, 0, 121.07, slope=slope)
    )


@given(
    st.floats(1e-3, 10.0),
    st.floats(0.05, 20.0),
    st.floats(0.98, 1.05),
    st.floats(0.0, 0.18),
    st.integers(1, 6),
)
def test_a_change_of_time_alone_is_never_regressed_by_single_windows(
    seconds: float, slower: float, waiting: float, work: float, sessions: int
) -> None:
    def run(seconds_now: float, day: float) -> Run:
        joules = IDLE * (waiting * seconds_now + work * seconds)
        return single(seconds_now, joules / seconds_now, day)

    old = [run(seconds * 1.01**day, day) for day in range(sessions)]
    if sessions > 1:  # runs that agreed so well may say so of a change beyond all experience
        slower = min(slower, 2.5)
    assert decide(run(seconds * slower, 99), old).verdict != "regressed"


def test_slower_by_far_more_than_any_host_is_regressed_once_runs_are_known_to_agree() -> None:
    old = [single(0.01, 122, day) for day in range(10)]
    assert decide(single(0.1, 122, 99), old).verdict == "regressed"


@pytest.mark.parametrize("watts", [200, 400, 690])
def test_gpu_work_added_to_waiting_work_is_found_by_one_window_against_one(watts: float) -> None:
    old = single(0.1, 122)
    joules = 0.1 * 122 + 0.1 * watts  # a kernel as long as all the rest, after it
    found = decide(single(0.2, joules / 0.2, 1), [old])
    assert found.verdict == "regressed"
    assert found.reason.startswith("energy at the baseline's pace")


def test_gpu_bound_single_windows_are_decided_by_their_total() -> None:
    old = single(0.1, 500)
    assert mean_error(single(0.1, 500, 1), [old]) == UNKNOWN_SPREAD
    assert least_spread(single(0.1, 500, 1), [old]) == 0.0
    found = decide(single(0.2, 500, 1), [old])
    assert found.verdict == "regressed"
    assert found.energy_at_pace_change is None


def test_single_windows_that_may_mostly_wait_are_as_uncertain_as_that() -> None:
    old = single(0.1, 160)
    assert waiting_at_rest(old, [old]) is None
    assert least_spread(old, [old]) == pytest.approx(0.3 * IDLE / 160)
    assert decide(single(0.25, 160, 1), [old]).verdict == "inconclusive"


def test_calm_windows_of_waiting_work_do_not_promise_calm_runs() -> None:
    calm = single(0.1, 123, windows=10, window_sd=0.004)
    assert pace_spread(calm, [calm]) == 0.05
    slower = single(0.13, 123, 1, windows=10, window_sd=0.004)
    assert decide(slower, [calm]).verdict == "inconclusive"
    found = decide(slower, [calm], pace_counts="ignored")
    assert (found.verdict, found.flags) == ("passed", ("pace_ignored",))


def test_one_slow_window_does_not_blow_a_budget_but_a_wild_excess_does() -> None:
    assert judge_budget(single(0.2, 122), 0.1 * 122).word == "inconclusive"
    assert judge_budget(single(2.0, 122), 0.1 * 122).word == "blown"


@pytest.mark.parametrize(
    "other",
    [
        {"idle_watts": None},
        {"idle_watts": 0.0},
        {"idle_watts": math.inf, "power_limit_watts": None},
        {"power_limit_watts": 300.0},  # 121 W of 300 W: something ran while nothing should
        {"throttle_reasons": 0x40},
    ],
)
def test_no_power_at_rest_worth_the_name_leaves_the_total_to_decide(other: dict[str, Any]) -> None:
    old, new = single(0.1, 122, **other), single(0.2, 122, 1, **other)
    assert waiting_at_rest(new, [old]) is None
    assert least_spread(new, [old]) == 0.0


def test_the_new_run_tells_the_power_at_rest_where_no_stored_one_does() -> None:
    old = single(0.1, 122, idle_watts=None)
    waiting = waiting_at_rest(single(0.2, 122, 1), [old])
    assert waiting is not None
    assert waiting.watts == IDLE
    assert waiting_at_rest(single(0.2, 300, 1, idle_watts=200.0), [single(0.1, 122)]) is not None


def test_the_power_limit_is_that_of_all_cards() -> None:
    two = single(0.1, 490, device="one+two", idle_watts=400.0)
    assert waiting_at_rest(two, [two]) is not None
    assert waiting_at_rest(two, [replace(two, device="one")]) is None


def test_power_further_above_rest_makes_the_power_while_waiting_less_certain() -> None:
    errors = []
    for watts in (121.2, 130.0, 150.0):
        found = waiting_at_rest(single(0.2, 300, 1), [single(0.1, watts)])
        assert found is not None
        errors.append(found.stderr)
    assert errors[0] == pytest.approx(0.02 * IDLE)
    assert errors == sorted(errors)
    assert errors[-1] == pytest.approx(28.8 / math.sqrt(3), rel=0.02)


def test_runs_of_one_code_whose_time_wanders_by_a_third_raise_no_false_alarm() -> None:
    rng = np.random.default_rng(31)
    for sessions in (1, 2, 5):
        words = []
        for _ in range(300):
            runs = [
                single(
                    0.01 * math.exp(rng.normal(0, 0.35)),
                    IDLE * math.exp(rng.normal(0.01, 0.004)),
                    d,
                )
                for d in range(sessions + 1)
            ]
            assert decide(runs[-1], runs[:-1]).verdict != "regressed"
            words.append(decide(runs[-1], runs[:-1], pace_counts="ignored").verdict)
        assert "regressed" not in words
        assert words.count("passed") > 0.7 * len(words)
