"""The two markers: any arguments make a marker or an error of ours."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_inferenergy.errors import InferenergyError, MisuseError
from pytest_inferenergy.session.markers import energy, energy_budget, marker_lines

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text("a5 %", max_size=5),
    st.just("warn"),
    st.lists(st.integers(), max_size=2),
    st.sampled_from([10**400, -(10**400), b"x", (), {}]),
)
KEYWORDS = ("inferences", "name", "tolerance", "must_detect", "max_seconds", "gate", "task")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYWORDS, ANYTHING)))
def test_any_arguments_of_energy(given: dict[str, Any]) -> None:
    try:
        marker = energy(**given)
    except MisuseError:
        return
    assert marker.inferences >= 1
    for number in (marker.tolerance, marker.must_detect, marker.max_seconds):
        assert number is None or (number >= 0 and math.isfinite(number))
    assert marker.gate in (None, "fail", "warn", "off")
    assert marker.name != ""


@given(ANYTHING | st.just("2.3 Wh"), ANYTHING | st.integers(1, 10**6))
def test_any_arguments_of_a_budget(limit: Any, per: Any) -> None:
    try:
        budget = energy_budget(limit, per)
    except InferenergyError:
        return
    assert 0 < budget.joules_per_inference < math.inf


def test_a_budget_is_for_a_thousand_inferences_unless_it_says_otherwise() -> None:
    assert energy_budget("2.3 Wh").joules_per_inference == pytest.approx(8.28)
    assert energy_budget("2.3 Wh", per=1).joules_per_inference == pytest.approx(8280)
    assert energy_budget(" 2.3 Wh ", per=10).text == "2.3 Wh per 10"


def test_the_lines_for_pytest_have_a_signature_and_one_sentence() -> None:
    for line in marker_lines():
        signature, _, text = line.partition(": ")
        assert signature.endswith(")")
        assert text
        assert "\n" not in line
