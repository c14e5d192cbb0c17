"""The closing line."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_inferenergy.report.summary import summary_line
from tests.report.outcomes import budget, measured, unmeasured


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([measured()], "energy: 1 measured, 1 compared"),
        ([measured(verdict="new")], "energy: 1 measured, 0 compared, 1 new"),
        (
            [
                measured(),
                measured(verdict="regressed"),
                measured(verdict="inconclusive"),
                measured(verdict="improved"),
                measured(verdict="new"),
                measured(verdict="new"),
            ],
            "energy: 6 measured, 4 compared, 1 regressed, 1 inconclusive, 1 improved, 2 new",
        ),
        ([measured(budget=budget("blown"))], "energy: 1 measured, 1 compared, 1 over budget"),
        ([measured(source="estimated")], "energy: 1 measured, 1 compared, 1 estimated only"),
        ([measured(), unmeasured()], "energy: 1 measured, 1 compared, 1 not measured"),
        (
            [
                unmeasured("no GPU\nanswers"),
                unmeasured("no GPU\nanswers"),
                unmeasured("time is up"),
            ],
            "energy: 0 measured, 0 compared, 3 not measured; nothing was gated: no GPU",
        ),
    ],
)
def test_counts(outcomes: list[dict[str, Any]], expected: str) -> None:
    assert summary_line(outcomes, len(outcomes), disabled=False) == expected


def test_inputs_that_changed_are_not_compared() -> None:
    outcome = measured(verdict="inconclusive") | {"change": None}
    line = summary_line([outcome], 1, disabled=False)
    assert line == "energy: 1 measured, 0 compared, 1 inconclusive"


def test_tests_that_never_came_to_measure_are_counted() -> None:
    line = summary_line([measured()], 3, disabled=False, silent=2)
    assert line == "energy: 1 measured, 1 compared, 2 energy tests without a measurement"


def test_a_gate_that_did_not_run_says_so() -> None:
    assert summary_line([], 1, disabled=False, silent=1).endswith("; nothing was gated")
    assert summary_line([unmeasured()], 1, disabled=True) == (
        "energy: nothing was gated: disabled by --energy-disable (1 energy test ran unmeasured)"
    )
    assert "(2 energy tests ran unmeasured)" in summary_line([], 2, disabled=True)


def test_a_comparison_by_turns_is_a_measurement_of_its_own() -> None:
    line = summary_line([], 1, disabled=False, by_turns=1)
    assert line == "energy: 0 measured, 0 compared, 1 by turns"
