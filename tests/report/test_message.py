"""The short message of a test that fails or warns."""

from __future__ import annotations

import pytest

from pytest_inferenergy.report.message import message, percent
from tests.report.outcomes import budget, measured, unmeasured

TEST = "tests/test_film.py::test_sentiment"


def test_a_regression_says_all_that_a_reader_needs() -> None:
    outcome = measured(
        verdict="regressed", change=0.3, kwh_per_1k=0.0217, time_ratio=1.02, power_ratio=1.275
    )
    outcome["details"].update(low=0.25, high=0.34, confidence=1.0)
    assert message(outcome, ["regressed"]).splitlines() == [
        "energy regressed: 0.0217 kWh/1k [0.0166, 0.0168] (60.0 J/inference)",
        "  baseline 0.0165 kWh/1k (3 runs in 2 sessions)",
        "  energy +30.0 % [+25.0 %, +34.0 %], smallest detectable +8.0 %, tolerance 5 %",
        "  change = time +2.0 % x power +27.5 %",
        "  sure at 99.999 % (false alarms at most 0.1 % at the tolerance)",
        f"  to accept this level: pytest '{TEST}' --energy-accept",
    ]


def test_what_else_changed_and_flags_are_named() -> None:
    changed = ["driver 580.1 → 580.2", "torch 2.11 → 2.13"]
    outcome = measured(verdict="regressed", flags=["throttled"], also_changed=changed)
    text = message(outcome, ["regressed"])
    assert "  also changed: driver 580.1 → 580.2, torch 2.11 → 2.13" in text.splitlines()
    assert "  flags: throttled" in text.splitlines()


def test_host_bound_work_is_told_at_the_pace_of_its_baseline() -> None:
    """One quantity a line: its change, its interval, its smallest detectable change."""
    outcome = measured(verdict="regressed", change=0.3)
    outcome["details"] |= {
        "decided_by": "at_pace",
        "energy_at_pace_change": 0.12,
        "energy_at_pace_low": 0.06,
        "energy_at_pace_high": 0.15,
        "energy_at_pace_smallest_detectable": 0.11,
        "pace_change": 0.2,
        "pace_low": -0.1,
        "pace_high": 0.4,
    }
    lines = message(outcome, ["regressed"]).splitlines()
    assert lines[2] == (
        "  energy +30.0 % [-1.0 %, +3.0 %], smallest detectable +8.0 %, tolerance 5 %"
    )
    assert lines[3:5] == [
        "  energy at the baseline's pace +12.0 % [+6.0 %, +15.0 %], smallest detectable +11.0 %",
        "  pace +20.0 % [-10.0 %, +40.0 %]",
    ]
    assert lines[6].startswith("  sure of energy at the baseline's pace at 99.990 %")


def test_the_change_of_a_generator_is_told_by_its_tokens() -> None:
    outcome = measured(
        verdict="regressed",
        tokens_ratio=1.2,
        time_ratio=1.26,
        time_per_token_ratio=1.05,
        power_ratio=0.99,
    )
    text = message(outcome, ["regressed"])
    assert "  change = tokens +20.0 % x time per token +5.0 % x power -1.0 %" in text.splitlines()


def test_one_run_is_no_plural() -> None:
    text = message(measured(verdict="regressed", runs=1, sessions=1), ["regressed"])
    assert "(1 run in 1 session)" in text


def test_inconclusive_says_why_and_what_to_type() -> None:
    outcome = measured(verdict="inconclusive")
    outcome["details"]["reason"] = "inputs changed: other input data"
    outcome.update(change=None, baseline_kwh_per_1k=None)
    lines = message(outcome, ["inconclusive"]).splitlines()
    assert lines[0] == "energy inconclusive: inputs changed: other input data"
    assert not any("baseline" in line for line in lines)
    assert f"pytest '{TEST}' --energy-accept" in lines[-1]


@pytest.mark.parametrize(
    ("word", "cause", "text"),
    [
        ("blown", "budget_blown", "energy is over its budget of 10 Wh per 1000: 0.0167 kWh/1k *"),
        (
            "inconclusive",
            "budget_inconclusive",
            "energy is not clearly within its budget of 10 Wh*",
        ),
    ],
)
def test_budgets(word: str, cause: str, text: str) -> None:
    first, second, *_ = message(measured(budget=budget(word)), [cause]).splitlines()
    assert first.startswith(text.rstrip("*"))
    assert second.startswith("  +67.0 % against 0.0100 kWh/1k; lower bound 0.0162 kWh/1k")


def test_measurements_are_told_apart_by_name() -> None:
    text = message(measured(name="batch32", verdict="new"), ["new"])
    assert text.startswith(
        "energy of 'batch32' has no baseline on this machine (nvidia-h200-x1-700w-nvml): 0.0167"
    )
    assert text.endswith(f"to store it: pytest '{TEST}' --energy-update")


@pytest.mark.parametrize(
    ("outcome", "cause", "expected"),
    [
        (unmeasured(), "unmeasured", "energy was not measured: disabled by --energy-disable"),
        (
            unmeasured(broken_baseline="a.json: no JSON"),
            "broken_baseline",
            "energy was not gated: a.json: no JSON",
        ),
    ],
)
def test_where_there_are_no_figures(outcome: dict[str, object], cause: str, expected: str) -> None:
    assert message(outcome, [cause]) == expected


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0.0, "+0.0 %"), (-0.0312, "-3.1 %"), (0.995, "+99.5 %"), (1.5, "+150 %"), (None, "?")],
)
def test_percent(fraction: float | None, text: str) -> None:
    assert percent(fraction) == text
