"""What must be alike before anything is compared, and what is said of the rest."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pytest_inferenergy.stats.decide import decide
from tests.stats.examples import a_run, stored


def test_nothing_stored_is_new() -> None:
    found = decide(a_run(), [])
    assert found.verdict == "new"
    assert found.change is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"input_digest": "aa"}, {"input_digest": "bb"}, "other input data"),
        ({}, {"inferences_per_call": 32}, "inferences per call 1 → 32"),
        ({}, {"concurrency": 4}, "concurrency 1 → 4"),
        ({}, {"locked_clock_mhz": 1200}, "locked clock none → 1200 MHz"),
    ],
)
def test_other_inputs_are_not_compared(
    before: dict[str, Any], after: dict[str, Any], said: str
) -> None:
    found = decide(a_run(50, 99, **after), stored(5, **before))
    assert found.verdict == "inconclusive"
    assert found.reason == f"inputs changed: {said}"
    assert found.change is None


def test_stored_runs_with_the_same_inputs_are_used_where_there_are_any() -> None:
    old = [*stored(3, 9.0, input_digest="aa"), *stored(2, 5.0, input_digest="bb")]
    found = decide(a_run(5, 99, input_digest="bb"), old)
    assert (found.verdict, found.runs) == ("passed", 2)
    assert found.baseline_joules == pytest.approx(5)


def test_an_unknown_digest_does_not_count_as_another() -> None:
    assert decide(a_run(5, 99), stored(3, input_digest="aa")).verdict == "passed"


def test_another_card_neither_convicts_nor_acquits() -> None:
    worse = decide(a_run(9, 99, device="other"), stored(5))
    assert worse.verdict == "inconclusive"
    assert worse.reason.startswith("other card: ")
    for joules in (3, 5):  # a sensor that reads 5 % low would hide a rise of as much
        found = decide(a_run(joules, 99, device="other"), stored(5))
        assert found.verdict == "inconclusive"
        assert found.flags == ("other_card",)


def test_runs_of_the_same_card_are_preferred() -> None:
    old = [*stored(4, 9.0, device="other"), *stored(2, 5.0)]
    found = decide(a_run(9, 99), old)
    assert (found.verdict, found.runs, found.flags) == ("regressed", 2, ())


def test_an_estimate_never_regresses() -> None:
    found = decide(a_run(9, 99), stored(5), estimated=True)
    assert found.verdict == "inconclusive"
    assert found.reason.startswith("estimated, not measured: ")
    assert found.flags == ("estimated",)


def test_other_drivers_and_libraries_are_compared_and_named() -> None:
    new = a_run(9, 99, driver="590.2", libraries={"torch": "2.13.0", "flash-attn": "3.0"})
    old = stored(3, libraries={"torch": "2.11.0", "apex": "1.0"})
    found = decide(new, old)
    assert found.verdict == "regressed"
    assert found.also_changed == (
        "driver 580.1 → 590.2",
        "apex 1.0 is gone",
        "flash-attn 3.0 is new",
        "torch 2.11.0 → 2.13.0",
    )


def test_what_changed_is_told_against_the_latest_stored_run() -> None:
    old = [a_run(day=1, driver="590.2"), a_run(day=0, driver="570.0")]
    assert decide(a_run(day=9, driver="590.2"), old).also_changed == ()


def test_an_unknown_driver_says_nothing() -> None:
    assert decide(a_run(day=9, driver=None, libraries={}), stored(1)).also_changed == ()


def test_energy_is_split_into_time_and_power() -> None:
    new = a_run(6, 99, log_seconds=math.log(0.012))
    found = decide(new, stored(3))
    assert found.time_ratio == pytest.approx(1.2)
    assert found.power_ratio == pytest.approx(1.0)


def test_a_verdict_is_flat_plain_data() -> None:
    found = decide(a_run(6, 99, driver="590"), stored(3)).as_dict()
    assert found["also_changed"] == ["driver 580.1 → 590"]
    kinds = {type(value) for value in found.values()}
    assert kinds <= {str, int, float, list, type(None)}
